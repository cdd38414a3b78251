"""Answers that a JSON Schema allows, token by token; against the jsonschema library on random walks."""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from lfine.finetune.generate.json_grammar import JsonGrammar
from lfine.schemas.errors import MachineError, TaskError

pytest.importorskip("llguidance", reason="the extra `structured` is not installed: pip install 'lfine[structured]'")

SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["card", "fee"]},
        "count": {"type": "integer", "minimum": 0, "maximum": 99},
        "tags": {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
    },
    "required": ["kind", "count"],
    "additionalProperties": False,
}
END = 2


@pytest.fixture(scope="module")
def tokenizer(tiny_model_folder: Path) -> Tokenizer:
    return read_tokenizer(tiny_model_folder)


def grammar(folder: Path, schema: object = SCHEMA, lead: str = " ") -> JsonGrammar:
    return JsonGrammar(json.dumps(schema), folder / "tokenizer.json", end_id=END, lead=lead)


def accepts(made: JsonGrammar, tokens: list[int]) -> bool:
    walk = made.begin()
    for token in [*tokens, END]:
        if token not in walk.allowed():
            return False
        walk.advance(token)
    return True


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (' {"kind": "card", "count": 7}', True),
        ('{"kind":"fee","count":0,"tags":[true,false]}', True),
        (' {"kind": "loan", "count": 7}', False),
        (' {"kind": "card"}', False),
        (' {"kind": "card", "count": 7} indeed', False),
        ('Sure: {"kind": "card", "count": 7}', False),
        (' {"kind": "card", "count": 7.5}', False),
    ],
)
def test_what_can_be_answered(tokenizer: Tokenizer, tiny_model_folder: Path, text: str, allowed: bool) -> None:
    assert accepts(grammar(tiny_model_folder), tokenizer.encode(text)) is allowed


def test_the_leading_space_is_that_of_the_format(tokenizer: Tokenizer, tiny_model_folder: Path) -> None:
    text = ' {"kind": "card", "count": 7}'
    assert not accepts(grammar(tiny_model_folder, lead=""), tokenizer.encode(text))
    assert accepts(grammar(tiny_model_folder, lead=""), tokenizer.encode(text.strip()))


def test_random_walks_end_in_answers_that_satisfy_the_schema(tokenizer: Tokenizer, tiny_model_folder: Path) -> None:
    made, rng, found = grammar(tiny_model_folder), random.Random(4), set()
    for _ in range(40):
        walk, tokens = made.begin(), list[int]()
        while tokens[-1:] != [END] and len(tokens) < 200:
            allowed = list(walk.allowed())
            assert allowed == sorted(allowed)
            tokens.append(END if END in allowed else rng.choice(allowed))
            walk.advance(tokens[-1])
        if tokens[-1] == END:
            text = tokenizer.decode(tokens[:-1])
            Draft202012Validator(SCHEMA).validate(json.loads(text))
            found.add(text)
    assert len(found) > 10


def test_a_whole_answer_leaves_the_end_token_only(tokenizer: Tokenizer, tiny_model_folder: Path) -> None:
    walk = grammar(tiny_model_folder, {"const": "ab"}, lead="").begin()
    assert walk.only_way() is None
    for token in tokenizer.encode('"ab"'):
        assert token in walk.allowed()
        walk.advance(token)
    assert list(walk.allowed()) == [END]


def test_a_schema_that_cannot_be_followed_is_refused(tiny_model_folder: Path) -> None:
    with pytest.raises(TaskError) as caught:
        grammar(tiny_model_folder, {"type": "object", "properties": {"a": {"type": "number", "multipleOf": "x"}}})
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF104", "generation.constrain")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tiny_model_folder: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MachineError) as caught:
        grammar(tiny_model_folder)
    (problem,) = caught.value.problems
    assert (problem.code, problem.cure) == ("LF401", "pip install 'lfine[structured]'")
