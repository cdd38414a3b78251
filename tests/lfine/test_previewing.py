"""What a preview holds: tokens, the parts of a prompt, what is lost of a row, and the lengths of all."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.finetune.catalogue.tokens import read_tokenizer
from lfine.previewing import BINS, Preview, PreviewRow, histogram, preview, token_texts
from tests.lfine.projects import Project

SHORT = ("preprocessing.max_sequence_length=30",)


def parts_of(row: PreviewRow) -> list[tuple[str, str]]:
    """Return role and text of each part; that of an example with a star."""
    begins = (0, *(part.end for part in row.parts))
    assert begins[-1] == len(row.tokens)
    return [
        (part.role + "*" * part.example, "".join(row.tokens[begin : part.end]))
        for part, begin in zip(row.parts, begins, strict=False)
    ]


def shown(project: Project, *overrides: str, row_ids: Sequence[int] | None = None, rows: int = 3) -> Preview:
    return preview(project.task, overrides, row_ids=row_ids, rows=rows)


def test_a_row_in_parts(project: Project) -> None:
    row = shown(project, "prompt.system=Be brief.", "preprocessing.max_sequence_length=p100").rows[0]
    assert row.state == "whole"
    assert row.lost is None
    assert parts_of(row) == [
        ("system", "<|im_start|>system\nBe brief.<|im_end|>\n"),
        ("user", "<|im_start|>user\nClassify the question: my card was lost, number 0<|im_end|>\n"),
        ("assistant", "<|im_start|>assistant\ncard<|im_end|>"),
    ]
    learned = "".join(text for text, yes in zip(row.tokens, row.learned, strict=True) if yes)
    assert learned == "".join(row.completion) == "card<|im_end|>"


def test_few_shot_examples_are_marked(project: Project) -> None:
    found = shown(project, "prompt.examples={count: 2, row_ids: [3, 1]}", "preprocessing.max_sequence_length=p100")
    assert found.examples == (3, 1)
    assert [row.row_id for row in found.rows] == [0, 2, 4]
    roles = [role for role, _ in parts_of(found.rows[0])]
    assert roles == ["user*", "assistant*", "user*", "assistant*", "user", "assistant"]
    assert parts_of(found.rows[0])[1][1] == "<|im_start|>assistant\ncard<|im_end|>\n"


def test_without_a_chat_template_examples_are_blocks(project: Project) -> None:
    wanted = ("prompt.chat=none", "prompt.examples={count: 1, row_ids: [3]}", "preprocessing.max_sequence_length=p100")
    assert parts_of(shown(project, *wanted).rows[0]) == [
        ("example*", "Classify the question: the card is stolen, number 3 card\n\n"),
        ("prompt", "Classify the question: my card was lost, number 0"),
        ("answer", " card<|im_end|>"),
    ]


def test_what_a_cut_row_loses(project: Project) -> None:
    found = shown(project, *SHORT)
    (row,) = [each for each in (*found.rows, *found.shortened) if each.row_id == 0]
    assert row.state == "cut"
    assert row.lost is not None
    begin, end = row.lost
    kept = "".join((*row.tokens[:begin], *row.tokens[end:]))
    seen = "".join((*row.prompt, *row.completion))
    assert row.cut == len(row.prompt) + len(row.completion) <= 30 < len(row.tokens)
    assert kept.startswith("<|im_start|>user\nClassify the question: ")
    assert kept.endswith("<|im_end|>\n<|im_start|>assistant\ncard<|im_end|>")
    # a piece of a word may be written with other tokens where the text was cut
    assert seen.startswith("".join(row.tokens[:begin]))
    assert seen.endswith("".join(row.tokens[end:]))
    assert "number 0" in "".join(row.tokens[begin:end])


def test_rows_that_lose_text_are_shown_beside_those_asked_for(project: Project) -> None:
    found = shown(project, *SHORT, row_ids=[1])
    assert [row.row_id for row in found.rows] == [1]
    assert [row.row_id for row in found.shortened] == [0, 2, 3]
    assert {row.state for row in found.shortened} == {"cut"}
    none = shown(project, "preprocessing.max_sequence_length=p100")
    assert (none.shortened, none.cut, none.left_out) == ((), 0, 0)


def test_a_row_that_is_left_out_is_lost_whole(project: Project) -> None:
    wanted = ("preprocessing.truncation=drop", "preprocessing.max_sequence_length=p50")
    found = shown(project, *wanted)
    assert found.left_out > 0
    row = found.shortened[0]
    assert (row.state, row.lost, row.cut) == ("left out", (0, len(row.tokens)), None)
    again = shown(project, *wanted, row_ids=[row.row_id])
    assert again.rows == (row,)


CHAT = """\
base_model: {model}
dataset: {{path: chat.jsonl}}
prompt: {{messages: talk}}
evaluation: {{sample_size: 1}}
preprocessing: {{max_sequence_length: {limit}}}
"""


def chat(folder: Path, model: Path, limit: str = "p100") -> Path:
    said = [("the dog", "yes", 1), ("one two three four", "no", 0), ("seven", "no", 1)]
    turns = [
        turn
        for q, a, weight in said
        for turn in ({"role": "user", "content": q}, {"role": "assistant", "content": a, "weight": weight})
    ]
    rows = [{"talk": turns[: 2 * (1 + number % 3)], "split": "train"} for number in (0, 2, 2)]
    rows.append({"talk": turns, "split": "test"})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "chat.jsonl").write_text(text, encoding="utf-8")
    path = folder / "chat.yaml"
    path.write_text(CHAT.format(model=model, limit=limit), encoding="utf-8")
    return path


def test_a_conversation(tmp_path: Path, tiny_model_folder: Path) -> None:
    row = preview(chat(tmp_path, tiny_model_folder)).rows[1]
    assert [role for role, _ in parts_of(row)] == ["user", "assistant"] * 3
    assert parts_of(row)[3][1] == "<|im_start|>assistant\nno<|im_end|>\n"
    learned = "".join(text for text, yes in zip(row.tokens, row.learned, strict=True) if yes)
    assert learned == "yes<|im_end|>no<|im_end|>"
    assert row.learned_tokens == sum(row.learned) == sum(row.completion_learned)
    assert (*row.prompt, *row.completion) == row.tokens


def test_the_turns_that_a_conversation_loses(tmp_path: Path, tiny_model_folder: Path) -> None:
    whole = preview(chat(tmp_path, tiny_model_folder)).rows[1]
    row = preview(chat(tmp_path, tiny_model_folder, str(len(whole.tokens) - 1))).rows[1]
    assert row.tokens == whole.tokens
    assert row.lost == (row.cut, len(row.tokens))
    assert "".join(row.completion) == "yes<|im_end|>"


def test_control_tokens_are_those_of_these_rows(project: Project) -> None:
    found = shown(project)
    assert found.control == ("<|im_end|>", "<|im_start|>")
    assert json.loads(json.dumps(found.record()))["control"] == list(found.control)


# --- texts and bars --------------------------------------------------------------------------------------------------


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.lists(st.sampled_from(("dog", " the", "é", "🙂", "日本", "\n", "<|im_end|>", "\ufffd", "x"))).map("".join))
def test_token_texts_make_up_the_text(tiny_model_folder: Path, text: str) -> None:
    tokenizer = read_tokenizer(tiny_model_folder)
    ids = tokenizer.encode(text)
    texts = list(token_texts(tokenizer, ids))
    assert len(texts) == len(ids)
    assert "".join(texts) == text


def test_half_a_character_is_shown_as_one(tiny_model_folder: Path) -> None:
    tokenizer = read_tokenizer(tiny_model_folder)
    ids = tokenizer.encode("🙂")
    assert len(ids) == 4
    assert list(token_texts(tokenizer, ids)) == ["🙂", "", "", ""]
    assert "".join(token_texts(tokenizer, ids[:2])) == "\ufffd"


@settings(max_examples=80, derandomize=True, deadline=None, database=None)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=50))
def test_every_row_is_in_one_bar(lengths: list[int]) -> None:
    bins = histogram(lengths)
    assert len(bins) <= BINS
    assert [each.rows for each in bins] == [sum(each.low <= n <= each.high for n in lengths) for each in bins]
    assert sum(each.rows for each in bins) == len(lengths)
    assert all(second.low == first.high + 1 for first, second in itertools.pairwise(bins))
    assert len({each.high - each.low for each in bins}) == 1


@pytest.mark.parametrize("lengths", [[], [7]])
def test_bars_of_few_rows(lengths: list[int]) -> None:
    assert [(each.low, each.high, each.rows) for each in histogram(lengths)] == [(n, n, 1) for n in lengths]
