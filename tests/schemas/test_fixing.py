"""`--fix`: each sure cure, what is left alone, and that a file is never made worse."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.schemas.errors import MachineError
from lfine.schemas.fixing import fix_file, fix_text, with_fixes
from lfine.schemas.loading import check_text
from lfine.schemas.problems import Edit

TASK = """\
# reviews
base_model: smollm2-135m-instruct
dataset: {path: reviews.csv}
prompt:
  template: "Review: {review}"  # asks
output_feature: label
"""
Fix = Callable[..., str]
# what is added to TASK: (before, after, what is said, lines of TASK not counted)
MENDED: dict[str, tuple[str, str, list[str]]] = {
    "misspelt key": (
        "trainer: {learning_rte: 1}\n",
        "trainer: {learning_rate: 1}\n",
        ["1: learning_rte -> learning_rate"],
    ),
    "other case": ("Adapter: {R: 4}\n", "adapter: {r: 4}\n", ["1: Adapter -> adapter", "1: R -> r"]),
    "hyphens": (
        "trainer:\n  batch-size: 8  # b\n",
        "trainer:\n  batch_size: 8  # b\n",
        ["2: batch-size -> batch_size"],
    ),
    "quoted number": ("adapter: {r: '16'}\n", "adapter: {r: 16}\n", ["1: '16' -> 16"]),
    "quoted word": ("adapter: {use_dora: 'true'}\n", "adapter: {use_dora: true}\n", ["1: 'true' -> true"]),
    "yes": ("adapter: {use_dora: yes}\n", "adapter: {use_dora: true}\n", ["1: yes -> true"]),
    "misspelt value": ("trainer: {device: cdua}\n", "trainer: {device: cuda}\n", ["1: cdua -> cuda"]),
    "foreign value": ("trainer: {dtype: bf16}\n", "trainer: {dtype: bfloat16}\n", ["1: bf16 -> bfloat16"]),
    "foreign key at its place": ("trainer: {lr: 1}\n", "trainer: {learning_rate: 1}\n", ["1: lr -> learning_rate"]),
    "foreign key elsewhere": (
        "lora_r: 16\nadapter:\n  alpha: 32\n",
        "adapter:\n  r: 16\n  alpha: 32\n",
        ["1: lora_r -> adapter.r"],
    ),
    "wrong nesting": (
        "epochs: 3  # three\n",
        "trainer:\n  epochs: 3  # three\n",
        ["1: epochs -> trainer.epochs"],
    ),
    "word for a list": ("evaluation: {metrics: rouge}\n", "evaluation: {metrics: [rouge]}\n", ["1: rouge -> [rouge]"]),
    "bare word for a mapping": ("adapter: lora\n", "adapter: {type: lora}\n", ["1: lora -> {type: lora}"]),
    "tab": (
        "trainer:\n\tseed: 1\n\tepochs: 2\n",
        "trainer:\n  seed: 1\n  epochs: 2\n",
        ["2: tab -> spaces", "3: tab -> spaces"],
    ),
    "tab among spaces": (
        "trainer:\n    seed: 1\n\tepochs: 2\n",
        "trainer:\n    seed: 1\n    epochs: 2\n",
        ["3: tab -> spaces"],
    ),
    "no space": ("trainer:\n  seed:1\n  epochs: 2\n", "trainer:\n  seed: 1\n  epochs: 2\n", ["2: seed:1 -> seed: 1"]),
    "no space, alone": ("trainer:\n  seed:1\n", "trainer:\n  seed: 1\n", ["2: seed:1 -> seed: 1"]),
    "no space, all lines": (
        "trainer:\n  seed:1  # s\n",
        "trainer:\n  seed: 1  # s\n",
        ["2: seed:1 -> seed: 1"],
    ),
    "no space in braces": (
        "trainer: {seed:1, epochs: 2}\n",
        "trainer: {seed: 1, epochs: 2}\n",
        ["1: seed:1 -> seed: 1"],
    ),
    "equal duplicate": (
        "trainer:\n  seed: 1\n  seed: 1\n  epochs: 2\n",
        "trainer:\n  seed: 1\n  epochs: 2\n",
        ["3: seed: 1 -> nothing: the key stands above already"],
    ),
    "equal duplicate in braces": (
        "trainer: {seed: 1, seed: 1}\n",
        "trainer: {seed: 1}\n",
        ["1: seed: 1 -> nothing: the key stands above already"],
    ),
    "number for a key": (
        "adapter: {rank_pattern: {7: 4}}\n",
        'adapter: {rank_pattern: {"7": 4}}\n',
        ['1: 7 -> "7"'],
    ),
    "a key and its value": ("trainer: {epocs: '3'}\n", "trainer: {epochs: 3}\n", ["1: epocs -> epochs", "1: '3' -> 3"]),
    "a mapping and what is in it": (
        "trainr: {epocs: 3, lerning_rate: '1'}\n",
        "trainer: {epochs: 3, learning_rate: 1}\n",
        ["1: trainr -> trainer", "1: epocs -> epochs", "1: lerning_rate -> learning_rate", "1: '1' -> 1"],
    ),
    "metric": (
        "evaluation:\n  metrics:\n    - {name: f1, averge: makro}\n",
        "evaluation:\n  metrics:\n    - {name: f1, average: macro}\n",
        ["3: averge -> average", "3: makro -> macro"],
    ),
    "windows": (
        "trainer:\r\n  Seed: 1\r\nepochs: 3\r\n",
        "trainer:\r\n  epochs: 3\r\n  seed: 1\r\n",
        ["2: Seed -> seed", "3: epochs -> trainer.epochs"],
    ),
}
LEFT = {
    "two candidates": "quantization: {bits: 4, bnb_4bit_quant_type: np4}\n",
    "two homes": "trainer: {epochs: 3}\nseed: 1\n",
    "different duplicate": "trainer: {seed: 1, seed: 2}\n",
    "equal duplicate with a comment": "trainer:\n  seed: 1\n  seed: 1  # again\n",
    "number out of range": "trainer: {epochs: -1}\n",
    "word that nobody knows": "trainer: {epochs: many}\n",
    "key that nobody knows": "zzzzzz: 1\n",
    "key whose number counts otherwise": "per_device_train_batch_size: 4\n",
    "key that is to be removed": "gradient_accumulation_steps: 4\n",
    "near key that is given already": "trainer: {epochs: 1, epocs: 2}\n",
    "near key with a value that is wrong too": "trainer: {epocs: many}\n",
    "home that is null": "adapter: null\nlora_r: 4\n",
}


@pytest.mark.parametrize("name", MENDED)
def test_sure_cures(name: str) -> None:
    before, after, said = MENDED[name]
    fixed = fix_text(TASK + before, "t.yaml")
    assert fixed.text == TASK + after
    above = TASK.count("\n")
    assert [f"{change.line - above}: {change.old} -> {change.new}" for change in fixed.changes] == said
    assert [problem.text() for problem in check_text(fixed.text, "t.yaml")[1] if problem.severity == "error"] == []


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_sure_is_left(name: str) -> None:
    fixed = fix_text(TASK + LEFT[name], "t.yaml")
    assert fixed.text == TASK + LEFT[name]
    assert fixed.changes == ()
    assert check_text(fixed.text, "t.yaml")[1]


def test_a_required_key_misspelt_is_one_change_for_two_problems() -> None:
    fixed = fix_text(TASK.replace("base_model", "base_modl"), "t.yaml")
    assert fixed.text == TASK
    assert [change.text() for change in fixed.changes] == ["t.yaml:2: base_modl -> base_model"]


def test_what_remains_is_what_could_not_be_mended() -> None:
    fixed = fix_text(TASK + "trainer: {epocs: 3, zzz: 1}\nadapter: {r: '8', alpha: x}\n", "t.yaml")
    assert fixed.text == TASK + "trainer: {epochs: 3, zzz: 1}\nadapter: {r: 8, alpha: x}\n"
    assert [problem.path for problem in check_text(fixed.text, "t.yaml")[1]] == ["trainer.zzz", "adapter.alpha"]


def test_changes_name_the_lines_of_the_file_as_it_was() -> None:
    text = TASK + "epochs: 3\nlr: 1\nadapter: {r: '8'}\nquantization: {bits: '4'}\n"
    assert [change.line for change in fix_text(text, "t.yaml").changes] == [7, 8, 9, 10]


def test_a_good_file_stays() -> None:
    assert fix_text(TASK, "t.yaml") == fix_text(TASK, "other.yaml")
    assert fix_text(TASK, "t.yaml").text == TASK


@pytest.mark.parametrize("text", ["", "# x\n", "- a\n", "a: [\n", "base_model\n", "\x07", "a: 1\n---\nb: 2\n"])
def test_texts_that_are_no_task(text: str) -> None:
    assert fix_text(text, "t.yaml").text == text


def test_a_file_is_mended_in_place(tmp_path: Path) -> None:
    file, link = tmp_path / "t.yaml", tmp_path / "link.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (TASK + "adapter: {r: '8'}\n").encode())
    file.chmod(0o640)
    link.symlink_to(file)
    (change,) = fix_file(link)
    assert change.text() == f"{link}:7: '8' -> 8"
    assert file.read_bytes() == b"\xef\xbb\xbf" + (TASK + "adapter: {r: 8}\n").encode()
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    before = file.stat().st_mtime_ns
    assert fix_file(link) == ()
    assert file.stat().st_mtime_ns == before, "a file in order is not written"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(TASK + "adapter: {r: '8'}\n", encoding="utf-8")
    file.chmod(0o400)
    with pytest.raises(MachineError, match="the mended file cannot be written") as caught:
        fix_file(file)
    assert caught.value.problems[0].code == "LF405"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert fix_file(tmp_path / "no.yaml") == ()


def test_only_the_named_file_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    base, task = Path("_base.yaml"), Path("task.yaml")
    base.write_text("adapter: {r: '8'}\n", encoding="utf-8")
    task.write_text("extends: _base.yaml\n" + TASK + "trainer: {epocs: 3}\n", encoding="utf-8")
    assert [change.text() for change in fix_file(task, ["adapter.alpha='9'"])] == ["task.yaml:8: epocs -> epochs"]
    assert base.read_text(encoding="utf-8") == "adapter: {r: '8'}\n"
    assert [change.text() for change in fix_file(base)] == ["_base.yaml:1: '8' -> 8"]


def test_fixes_for_other_programs() -> None:
    text = TASK + "trainer: {epocs: 3, seed: x}\n"
    problems = with_fixes(check_text(text, "t.yaml")[1], text, "t.yaml")
    near, wrong = problems
    assert near.fix is not None
    assert near.fix.edits == (Edit(7, 11, 7, 16, "epochs"),)
    assert wrong.fix is None
    assert problems == check_text(text, "t.yaml")[1], "a fix does not make it another problem"
    assert "fix" not in near.record()


PIECES = st.sampled_from(["'", '"', ":", " ", "\t", "\n", "-", "_", "x", "#", "{", "}", "[", ",", "lr: 1\n", "  "])


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(st.integers(0, 400), st.integers(0, 3), PIECES)
def test_no_file_is_made_worse(start: int, length: int, piece: str) -> None:
    text = TASK + "trainer:\n  epochs: 3\n  optimizer: {betas: [0.9, 0.95]}\nadapter: {type: lora, r: 16}  # small\n"
    damaged = text[:start] + piece + text[start + length :]
    fixed = fix_text(damaged, "t.yaml")
    before, after = (len(check_text(each, "t.yaml")[1]) for each in (damaged, fixed.text))
    assert (fixed.text == damaged) == (not fixed.changes)
    readable = "LF107" not in {problem.code for problem in check_text(damaged, "t.yaml")[1]}
    assert after < before if fixed.changes and readable else True
    assert fixed.text.count("#") == damaged.count("#")
