"""The cleaned copy: the original untouched, every change in the log, the split that the data had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfine.checking import Asked, task_subject
from lfine.cleaning import LOG_SUFFIX, Cleaned, Wanted, chosen_repairs, clean, cleaned_text
from lfine.finetune.data.check.fixing import REPAIRS
from lfine.finetune.data.formats.registry import read_rows
from lfine.schemas.errors import LfineError
from tests.lfine.projects import Project, lfine

DIRTY = """\
question,answer,split
hello there,Yes,train
 hello there ,yes,test
a\x01b,Yes,train
empty one here, ,train
another row now,No,train
another row now,no ,train
"""
LEFT = [("hello there", "Yes", "test"), ("ab", "Yes", "train"), ("another row now", "No", "train")]


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    path = tmp_path / "dirty.csv"
    path.write_text(DIRTY, encoding="utf-8")
    return path


def rows_of(path: Path) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in read_rows(path).rows]


def log_of(path: Path) -> list[dict[str, Any]]:
    lines = path.with_name(path.name + LOG_SUFFIX).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def refused(path: Path, out: Path, **asked: Any) -> list[str]:
    with pytest.raises(LfineError) as caught:
        clean(path, Asked(**asked), Wanted(out))
    assert not out.with_name(out.name + LOG_SUFFIX).exists()
    return [problem.code for problem in caught.value.problems]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".jsonl.gz", ".parquet", ".xlsx"])
def test_the_copy_in_every_format(dirty: Path, suffix: str) -> None:
    if suffix in (".parquet", ".xlsx"):
        pytest.importorskip("pyarrow")
        pytest.importorskip("xlsxwriter")
        pytest.importorskip("python_calamine")
    out = dirty.with_name(f"clean{suffix}")
    cleaned = clean(dirty, Asked(), Wanted(out))
    assert dirty.read_text(encoding="utf-8") == DIRTY
    assert rows_of(out) == LEFT
    assert (cleaned.rows, cleaned.kept, cleaned.moved) == (6, 3, 0)
    assert cleaned.repairs == {
        "control-characters": 1,
        "whitespace": 3,
        "labels": 2,
        "empty-answers": 1,
        "duplicates": 2,
    }
    assert [(line["row"], line["repair"]) for line in log_of(out)[-3:]] == [
        (3, "empty-answers"),
        (0, "duplicates"),
        (5, "duplicates"),
    ]


def test_the_log_holds_a_removed_row_as_it_was_read(dirty: Path) -> None:
    out = dirty.with_name("clean.csv")
    clean(dirty, Asked(), Wanted(out))
    assert log_of(out)[-1] == {
        "row": 5,
        "repair": "duplicates",
        "column": None,
        "before": {"question": "another row now", "answer": "no ", "split": "train"},
        "after": None,
        "twin": 4,
    }


def test_what_is_clean_stays_and_is_copied(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.jsonl", tmp_path / "clean.jsonl"
    text = '{"question": "one and two", "answer": "yes", "n": 1.5}\n{"question": "three", "answer": null, "n": null}\n'
    path.write_text(text, encoding="utf-8")
    cleaned = clean(path, Asked(), Wanted(out, repairs=("whitespace", "duplicates")))
    assert out.read_text(encoding="utf-8") == text
    assert log_of(out) == []
    assert cleaned.repairs == {}
    assert "nothing was to be mended" in cleaned_text(cleaned)
    again = clean(out, Asked(), Wanted(tmp_path / "again.jsonl"))
    assert again.repairs == {"empty-answers": 1}


def test_nothing_is_written_over(dirty: Path) -> None:
    out = dirty.with_name("clean.csv")
    out.write_text("mine", encoding="utf-8")
    assert refused(dirty, out) == ["LF132"]
    assert out.read_text(encoding="utf-8") == "mine"
    clean(dirty, Asked(), Wanted(out, force=True))
    assert rows_of(out) == LEFT


def test_a_log_that_exists_is_not_written_over(dirty: Path) -> None:
    out = dirty.with_name("clean.csv")
    log = out.with_name(out.name + LOG_SUFFIX)
    log.write_text("mine", encoding="utf-8")
    with pytest.raises(LfineError, match="LF132"):
        clean(dirty, Asked(), Wanted(out))
    assert log.read_text(encoding="utf-8") == "mine"
    assert not out.exists()


def test_the_original_is_not_written_over_even_by_force(dirty: Path) -> None:
    link = dirty.with_name("link.csv")
    link.symlink_to(dirty)
    for out in (dirty, link):
        with pytest.raises(LfineError, match="the original is never changed"):
            clean(dirty, Asked(), Wanted(out, force=True))
    assert dirty.read_text(encoding="utf-8") == DIRTY


def test_separate_files_become_one_with_their_split(tmp_path: Path) -> None:
    for name, text in (("train", "one,a\ntwo words,b\n"), ("test", " one,a\nthree,b\n")):
        (tmp_path / f"{name}.csv").write_text(f"question,answer\n{text}", encoding="utf-8")
    out = tmp_path / "clean.csv"
    cleaned = clean(tmp_path / "train.csv", Asked(test=str(tmp_path / "test.csv")), Wanted(out))
    assert rows_of(out) == [("two words", "b", "train"), ("one", "a", "test"), ("three", "b", "test")]
    assert cleaned.notes == ("the column 'split' says what the separate files said",)
    assert log_of(out)[-1]["twin"] == 2


def test_separate_files_with_a_column_split_are_not_made_one(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text(f"question,answer,split\n{name},a,x\n", encoding="utf-8")
    out = tmp_path / "clean.csv"
    with pytest.raises(LfineError, match="needs a column 'split', which is taken"):
        clean(tmp_path / "train.csv", Asked(test=str(tmp_path / "test.csv")), Wanted(out))
    assert not out.exists()


def test_separate_files_of_conversations_keep_their_splits(tmp_path: Path) -> None:
    def chat(asked: str, said: str) -> str:
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        return json.dumps({"messages": turns}) + "\n"

    (tmp_path / "train.jsonl").write_text(chat("hi", " ") + chat("who", "me"), encoding="utf-8")
    (tmp_path / "test.jsonl").write_text(chat("what", "that") + chat("why", "so"), encoding="utf-8")
    out = tmp_path / "clean.jsonl"
    clean(tmp_path / "train.jsonl", Asked(test=str(tmp_path / "test.jsonl")), Wanted(out))
    assert [row["split"] for row in read_rows(out).rows] == ["train", "test", "test"]


def test_conversations_are_written_as_they_stood(tmp_path: Path) -> None:
    path, out = tmp_path / "chats.jsonl", tmp_path / "clean.jsonl"

    def chat(asked: str, said: str) -> dict[str, object]:
        turns = [{"from": "human", "value": asked}, {"from": "gpt", "value": said}]
        return {"id": asked, "conversations": turns}

    rows = [chat("hi", " hello "), chat("who", ""), chat("what", "this\x00")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    clean(path, Asked(), Wanted(out))
    assert [dict(row) for row in read_rows(out).rows] == [chat("hi", "hello"), chat("what", "this")]
    assert [line["column"] for line in log_of(out)] == ["conversations[1].value"] * 2 + [None]


def test_a_line_of_the_log_is_strict_json(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    path, out = tmp_path / "rows.parquet", tmp_path / "clean.parquet"
    rows = [{"question": "one", "answer": "a", "n": float("nan")}] * 2
    pandas.write_table(arrow.Table.from_pylist(rows), path)
    clean(path, Asked(), Wanted(out))
    assert "NaN" not in out.with_name(out.name + LOG_SUFFIX).read_text(encoding="utf-8")
    assert log_of(out)[0]["before"] == {"question": "one", "answer": "a", "n": None}


def test_lines_that_are_no_rows_are_left_out_only_when_asked_and_said(tmp_path: Path) -> None:
    path, out = tmp_path / "rows.csv", tmp_path / "clean.csv"
    path.write_text("question,answer\none,a\nbroken\ntwo words,b\n", encoding="utf-8")
    assert refused(path, out) == ["LF302"]
    cleaned = clean(path, Asked(skip_bad_rows=1), Wanted(out))
    assert rows_of(out) == [("one", "a"), ("two words", "b")]
    assert cleaned.notes == (f"{path}: 1 line of it no rows, and left out: 3",)


def test_a_tasks_rows(project: Project) -> None:
    data = project.task.with_name("rows.csv")
    before = data.read_text(encoding="utf-8")
    lines = before.splitlines()
    data.write_text("\n".join([*lines, lines[1], f"{lines[2]} "]) + "\n", encoding="utf-8")
    out = project.task.with_name("clean.csv")
    cleaned = clean(project.task, Asked(), Wanted(out))
    assert cleaned.rows == len(lines) + 1
    assert cleaned.repairs["duplicates"] >= 2
    kept, read = rows_of(out), rows_of(data)
    assert len(kept) == len(set(kept)) == cleaned.kept
    assert set(kept) <= {tuple(str(cell).strip() for cell in row) for row in read}


def test_a_split_by_hash_is_that_of_the_mended_rows(project: Project) -> None:
    """What the task divides by what rows hold, it divides anew: no training row of the copy has an input to score."""
    data = project.task.with_name("rows.csv")
    lines = data.read_text(encoding="utf-8").splitlines()
    data.write_text("\n".join([*lines, *(f"{line} " for line in lines[1:])]) + "\n", encoding="utf-8")
    out, byhash = project.task.with_name("clean.csv"), ["preprocessing.split.type=hash", "preprocessing.split.seed=3"]
    cleaned = clean(project.task, Asked(), Wanted(out, repairs=("whitespace",)), overrides=byhash)
    mended = cleaned.repairs["whitespace"]
    assert mended == len(lines) - 1
    assert 0 < cleaned.moved < mended
    both = clean(project.task, Asked(), Wanted(out, force=True), overrides=byhash)
    before = task_subject(project.task, Asked(), [*byhash, f"dataset.path={out}"])
    held = {text for text, split in zip(before.inputs, before.splits, strict=True) if split != "train"}
    assert both.kept == len(before.inputs)
    assert held
    assert not held & {text for text, split in zip(before.inputs, before.splits, strict=True) if split == "train"}


def test_rows_that_moved_are_counted() -> None:
    cleaned = Cleaned("c.csv", "c.csv.changes.log", 10, 9, {"whitespace": 2, "duplicates": 1}, 1, ("a note",))
    assert cleaned_text(cleaned).split("\n") == [
        "wrote c.csv: 9 of 10 rows",
        "   whitespace: 2 rows mended",
        "   duplicates: 1 row removed",
        "   1 row in another split than before: it follows from what the rows hold",
        "   a note",
        "   each change: c.csv.changes.log",
    ]


@pytest.mark.parametrize(
    ("only", "skip", "left"),
    [
        ((), (), REPAIRS),
        (("labels", "whitespace"), (), ("whitespace", "labels")),
        ((), ("duplicates", "mojibake"), ("control-characters", "whitespace", "labels", "empty-answers")),
        (("labels",), ("labels",), ()),
    ],
)
def test_repairs_by_name(only: tuple[str, ...], skip: tuple[str, ...], left: tuple[str, ...]) -> None:
    assert chosen_repairs(only, skip) == left


def test_names_that_are_none() -> None:
    with pytest.raises(LfineError) as caught:
        chosen_repairs(("label",), ("typos",))
    assert [problem.code for problem in caught.value.problems] == ["LF115", "LF115"]
    assert "`labels`" in caught.value.problems[0].cure


def test_the_command_line(dirty: Path) -> None:
    out, html = dirty.with_name("clean.jsonl"), dirty.with_name("page.html")
    ended = lfine("data", "check", dirty, "--fix", out, "--html", html, "--skip", "labels")
    assert ended.code == 0
    assert f"wrote {out}: 4 of 6 rows" in ended.out
    assert "labels: " not in ended.out.partition("wrote")[2]
    assert ended.err == f"wrote {html}\n"
    assert "leaked-inputs" in html.read_text(encoding="utf-8") or "near-leaks" in html.read_text(encoding="utf-8")
    found = lfine("data", "check", dirty, "--fix", dirty.with_name("b.csv"), "--format", "json").json()
    assert found["fix"]["kept"] == 3
    assert found["findings"]
    assert "--fix OUT_FILE writes a copy" in lfine("data", "check", dirty).out


@pytest.mark.parametrize(
    "words",
    [
        ("--only", "labels"),
        ("--skip", "labels"),
        ("--force",),
        ("--html", "rows.csv"),
        ("--fix", "c.txt"),
        ("--fix", "c.csv", "--difference", "0"),
        ("--fix", "c.csv", "--set", "a=1"),
        ("--fix", "c.csv", "--output", "colour"),
    ],
)
def test_options_that_make_no_sense(dirty: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(dirty.parent)
    ended = lfine("data", "check", dirty, *words, "--format", "json")
    assert ended.code in (1, 2)
    assert ended.problem()["code"] in ("LF115", "LF302")
    assert sorted(path.name for path in dirty.parent.iterdir()) == ["dirty.csv"]
