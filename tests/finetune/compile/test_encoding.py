"""What is encoded again and what is not, counted at the tokenizer; and that kept rows are those encoded afresh."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer, TokenizerSettings
from lfine.finetune.compile import encoding
from lfine.finetune.compile.encoding import asked_prompts, cut_rows, encoded_rows, rows_key
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.lengths import encode, shortened
from lfine.finetune.data.pairs import Example
from tests.finetune.compile.bench import Bench, make_rows, write_csv
from tests.finetune.compile.conftest import MakeRenderer


@dataclass
class Counter:
    """Texts that went through the tokenizer in batches: the rows, and nothing that a renderer tries out."""

    texts: list[str] = field(default_factory=list)

    def taken(self) -> int:
        found = len(self.texts)
        self.texts.clear()
        return found


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    counted, plain = Counter(), Tokenizer.encode_batch

    def encode_batch(self: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
        counted.texts += texts
        return plain(self, texts)

    monkeypatch.setattr(Tokenizer, "encode_batch", encode_batch)
    return counted


@pytest.fixture
def kept(bench: Bench, counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench whose task has been compiled once, with a cache of its own."""
    monkeypatch.setattr("lfine.finetune.compile.encoding_cache.cache_folder", lambda: bench.folder / "cache")
    bench.compile()
    assert counter.taken() > 40 + 6
    return bench


def replaced(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def in_task(before: str, after: str) -> Callable[[Bench], None]:
    return lambda bench: replaced(bench.folder / "task.yaml", before, after)


def another_column(bench: Bench) -> None:
    write_csv(bench.folder / "rows.csv", [{"id": str(at), **row} for at, row in enumerate(make_rows())])


def another_file(bench: Bench) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in make_rows())
    (bench.folder / "other.jsonl").write_text(lines, encoding="utf-8")
    replaced(bench.folder / "task.yaml", "rows.csv", "other.jsonl")


def other_test_rows(bench: Bench) -> None:
    rows = make_rows()
    write_csv(bench.folder / "rows.csv", [*rows[:-1], {**rows[-1], "question": "another question"}])


def rows_between(bench: Bench) -> None:
    """Test rows come first: every training row has another id, and the rows themselves are in the same order."""
    rows = make_rows()
    write_csv(bench.folder / "rows.csv", [*rows[46:], *rows[:46]])


def same_model_elsewhere(bench: Bench) -> None:
    shutil.copytree(bench.model, bench.folder / "copy")
    replaced(bench.folder / "task.yaml", str(bench.model), str(bench.folder / "copy"))


FREE: dict[str, Callable[[Bench], None]] = {
    "nothing": lambda _: None,
    "a comment": in_task("prompt:", "# hello\nprompt:"),
    "the order of keys": in_task("base_model", "output_feature: label\nbase_model"),
    "training": in_task("output_feature", "trainer: {epochs: 7, learning_rate: 1e-5, seed: 3}\noutput_feature"),
    "the adapter": in_task("output_feature", "adapter: {type: lora, r: 4}\noutput_feature"),
    "a column that no prompt shows": another_column,
    "the same rows in another format": another_file,
    "rows that are only scored": other_test_rows,
    "other row ids": rows_between,
    "the same model in another folder": same_model_elsewhere,
}


@pytest.mark.parametrize("change", FREE)
def test_what_costs_nothing(change: str, kept: Bench, counter: Counter) -> None:
    if change == "the order of keys":
        replaced(kept.folder / "task.yaml", "output_feature: label\n", "")
    FREE[change](kept)
    compiled = kept.compile()
    assert counter.texts == []
    shutil.rmtree(kept.folder / "cache")
    assert kept.compile().rows == compiled.rows
    assert counter.taken() > 0


def in_rows(place: int, column: str, value: str) -> Callable[[Bench], None]:
    def change(bench: Bench) -> None:
        rows = make_rows()
        rows[place][column] = value
        write_csv(bench.folder / "rows.csv", rows)

    return change


def other_order(bench: Bench) -> None:
    rows = make_rows()
    write_csv(bench.folder / "rows.csv", [*reversed(rows[:40]), *rows[40:]])


def other_model(change: Callable[[Path], None]) -> Callable[[Bench], None]:
    def changed(bench: Bench) -> None:
        same_model_elsewhere(bench)
        change(bench.folder / "copy")

    return changed


DEAR: dict[str, Callable[[Bench], None]] = {
    "a word of a row": in_rows(7, "question", "the card was lost"),
    "an answer": in_rows(8, "label", "no "[:2] + "pe"),
    "a word of the template": in_task("Classify", "Sort"),
    "a blank of the template": in_task("(note:", "(note: "),
    "the system text": in_task("prompt:\n", "prompt:\n  system: Be brief.\n"),
    "the chat": in_task("prompt:\n", "prompt:\n  chat: none\n"),
    "few-shot examples": in_task("prompt:\n", "prompt:\n  examples: {count: 1}\n"),
    "the order of the rows": other_order,
    "the chat template": other_model(lambda model: replaced(model / "chat_template.jinja", "assistant", "helper")),
    "the tokenizer": other_model(lambda model: replaced(model / "tokenizer.json", '"version"', ' "version"')),
}


@pytest.mark.parametrize("change", DEAR)
def test_what_is_encoded_again(change: str, kept: Bench, counter: Counter) -> None:
    DEAR[change](kept)
    first = kept.compile()
    assert counter.taken() >= 40
    assert kept.compile().rows == first.rows
    assert counter.texts == []


def test_validation_rows_have_an_entry_of_their_own(kept: Bench, counter: Counter) -> None:
    in_rows(41, "question", "another question")(kept)
    kept.compile()
    assert 0 < counter.taken() < 40


@pytest.mark.parametrize("truncation", ["end", "start"])
def test_another_limit_costs_only_what_is_cut(truncation: str, kept: Bench, counter: Counter) -> None:
    asked = ["preprocessing.max_sequence_length=60", f"preprocessing.truncation={truncation}"]
    first = kept.compile(asked)
    assert first.rows.fitted.cut
    rows = [row for row in make_rows() if row["split"] == "train"]
    uncut = [row["question"] for at, row in enumerate(rows) if at not in first.rows.fitted.cut]
    assert counter.texts
    assert not [text for text in counter.texts if any(f" {question} (" in text for question in uncut)]
    counter.taken()
    assert kept.compile(asked).rows == first.rows
    assert counter.texts == []


def test_each_limit_and_side_has_rows_of_its_own(kept: Bench) -> None:
    found = {
        (limit, side): kept.compile(
            [f"preprocessing.max_sequence_length={limit}", f"preprocessing.truncation={side}"]
        ).rows.train
        for limit in (55, 60)
        for side in ("end", "start")
    }
    for (limit, _), rows in found.items():
        assert max(row.length for row in rows) <= limit
    assert len({tuple(rows) for rows in found.values()}) == 4


def test_damage_is_said_with_the_other_warnings(kept: Bench, counter: Counter) -> None:
    (entry,) = [path for path in (kept.folder / "cache" / "encoded").glob("*/rows.arrow") if path.stat().st_size > 5000]
    entry.write_bytes(entry.read_bytes()[:-1])
    compiled = kept.compile()
    assert counter.taken() >= 40
    assert [warning.code for warning in compiled.warnings if warning.code.startswith("LF40")] == ["LF406"]
    assert "LF406" not in [warning.code for warning in kept.compile().warnings]


# --- conversations ---------------------------------------------------------------------------------------------------

TALKS = """\
base_model: {model}
dataset: {{path: rows.jsonl}}
prompt: {{messages: talk}}
"""


@pytest.fixture
def talks(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("lfine.finetune.compile.encoding_cache.cache_folder", lambda: bench.folder / "cache")
    bench.write(text=TALKS)
    with (bench.folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for number, split in enumerate(["train"] * 5 + ["validation"] * 2 + ["test"] * 2):
            turns = [{"role": ("user", "assistant")[at % 2], "content": f"{number} {at}"} for at in range(4)]
            file.write(json.dumps({"talk": turns, "split": split}) + "\n")
    return bench


def test_conversations_are_kept_too(talks: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, last = talks.compile(), talks.compile(["prompt.loss_on=last"])
    assert first.rows.train != last.rows.train
    assert any(row.learned is not None for row in first.rows.train)

    def refuse(*_: object) -> None:
        raise AssertionError("encoded again")

    monkeypatch.setattr("lfine.finetune.catalogue.dialogues.Dialogues.encode", refuse)
    monkeypatch.setattr("lfine.finetune.catalogue.dialogues.Dialogues.prompt_ids", refuse)
    assert talks.compile().rows == first.rows
    assert talks.compile(["prompt.loss_on=last"]).rows == last.rows
    replaced(talks.folder / "rows.jsonl", '"0 1"', '"0 one"')
    with pytest.raises(AssertionError, match="encoded again"):
        talks.compile()


# --- the functions ---------------------------------------------------------------------------------------------------

ROWS = [
    Example(number, {"q": "the dog " * (number % 7 + 1), "n": str(number)}, ("yes", "no")[number % 2])
    for number in range(23)
]


@pytest.mark.parametrize("chunk", [1, 5, 100])
@pytest.mark.parametrize("chat", ["auto", "none"])
def test_rows_are_those_of_encode(
    chunk: int, chat: str, make_renderer: MakeRenderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "CHUNK", chunk)
    renderer = make_renderer("Sort {q} by {n}", chat)  # type: ignore[arg-type]
    cache, key = EncodingCache(tmp_path), rows_key(ROWS, renderer)
    assert encoded_rows(ROWS, renderer, cache, key=key) == encode(ROWS, renderer)
    assert asked_prompts(ROWS, renderer, cache) == [row.prompt_ids for row in encode(ROWS, renderer)]
    found = cut_rows(ROWS, renderer, cache, key=key, limit=40, truncation="end")
    plain = shortened(ROWS, renderer, limit=40, truncation="end")
    assert list(found.rows) == [row for row in plain if row is not None]
    assert list(found.numbers) == [at for at, row in enumerate(plain) if row is not None]


def test_prompts_to_answer_are_kept_too(make_renderer: MakeRenderer, tmp_path: Path, counter: Counter) -> None:
    renderer = make_renderer("Sort {q} by {n}", "auto")
    first = asked_prompts(ROWS, renderer, EncodingCache(tmp_path))
    assert counter.taken() == len(ROWS)
    assert asked_prompts(ROWS, renderer, EncodingCache(tmp_path)) == first
    assert counter.texts == []


def test_values_are_told_apart_in_the_key(make_renderer: MakeRenderer) -> None:
    renderer = make_renderer("Sort {q} by {n}", "auto")
    rows = [
        [Example(0, {"q": "ab", "n": "c"}, "x")],
        [Example(0, {"q": "a", "n": "bc"}, "x")],
        [Example(0, {"q": "c", "n": "ab"}, "x")],
        [Example(0, {"q": "ab", "n": "cx"}, "")],
        [Example(0, {"q": "ab", "n": "c"}, "x")] * 2,
        [Example(0, {"q": "\ud800", "n": "c"}, "x")],
        [],
    ]
    keys = [rows_key(each, renderer) for each in rows]
    assert len({*keys}) == len(rows)
    assert rows_key([Example(9, {"n": "c", "q": "ab"}, "x")], renderer) == keys[0]


def test_a_token_that_a_chat_template_may_write_is_in_the_key(tiny_model_folder: Path) -> None:
    text = (tiny_model_folder / "tokenizer.json").read_text(encoding="utf-8")
    keys = set()
    for begin in ("<|im_start|>", "<|endoftext|>"):
        settings = TokenizerSettings({"bos_token": begin, "eos_token": "<|im_end|>"}, (), None)
        renderer = Renderer(template="{q}", system=None, chat="none", tokenizer=Tokenizer(text, settings))
        keys.add(rows_key(ROWS, renderer))
    assert len(keys) == 2


def test_an_error_in_a_chunk_is_raised(
    make_renderer: MakeRenderer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    renderer = make_renderer("Sort {q} by {n}", "auto")
    monkeypatch.setattr(Tokenizer, "encode_batch", fail)
    with pytest.raises(RuntimeError, match="broken"):
        encoded_rows(ROWS, renderer, EncodingCache(tmp_path), key="k")
    assert list((tmp_path / "k").iterdir()) == []
