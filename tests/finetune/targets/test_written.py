"""Micro-batches, comments and the texts of files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml

from lfine.finetune.targets.written import Source, Written, jsonl, micro_batch, sentences, without_bos, yaml_text
from tests.finetune.targets.conftest import TOKENS, with_micro_batch


@pytest.mark.parametrize(
    ("batch", "micro", "expected"),
    [(16, 16, (16, 1)), (16, 4, (4, 4)), (16, 5, (4, 4)), (7, 3, (1, 7)), (4, 9, (4, 1)), (1, 1, (1, 1))],
)
def test_a_micro_batch_divides_the_batch(source: Source, batch: int, micro: int, expected: tuple[int, int]) -> None:
    assert micro_batch(with_micro_batch(source, batch, micro).plan) == expected


def test_yaml_begins_with_what_is_lost_and_reads_back() -> None:
    written = Written({}, main="a.yaml", command="run it", lacks=("one thing", "another"), notes=("note",))
    text = yaml_text(written, "title", {"a": (1, 2), "rate": 1e-5, "text": "yes", "null": None})
    assert text.startswith("# title\n#\n#   run it\n# note\n#\n# What this system cannot express:\n# - one thing\n")
    assert yaml.safe_load(text) == {"a": [1, 2], "rate": 1e-5, "text": "yes", "null": None}


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="inf"):
        yaml_text(Written({}, "a", "", ()), "t", {"a": [float("inf")]})


def test_jsonl_keeps_every_character() -> None:
    rows = [{"prompt": 'a\n"ü"\u2028', "completion": "b"}]
    text = jsonl(rows)
    assert text.count("\n") == 1
    assert json.loads(text) == rows[0]


def test_the_bos_token_is_left_to_a_tokenizer_that_writes_it() -> None:
    assert without_bos("<s>a <s>", TOKENS) == "<s>a <s>"
    assert without_bos("<s>a <s>", replace(TOKENS, adds_bos=True)) == "a <s>"
    assert without_bos("a", replace(TOKENS, adds_bos=True)) == "a"


def test_sentences_stand_once() -> None:
    assert sentences(["a", "b"], ["b", "c"]) == ("a", "b", "c")
