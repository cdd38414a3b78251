"""Rules between keys: each with an input that breaks it, at its place, and one that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.schemas.document import Document, Span
from lfine.schemas.problems import Problem
from lfine.schemas.sense import template_span
from lfine.schemas.yaml_text import compose

One = Callable[..., Problem]
Check = Callable[..., list[Problem]]

# Added to the valid task: (text, code, line, column, path, part of the message)
BROKEN: dict[str, tuple[str, str, int, int, str, str]] = {
    "epochs and steps": (
        "trainer:\n  epochs: 3\n  train_steps: 100\n",
        "LF206",
        8,
        16,
        "trainer.train_steps",
        "trainer.epochs and trainer.train_steps both say when to stop",
    ),
    "quantized weights without an adapter": (
        "adapter: null\nquantization: {bits: 8}\n",
        "LF205",
        7,
        15,
        "quantization",
        "quantized weights cannot be trained, and adapter is null",
    ),
    "4-bit format with 8 bits": (
        "quantization: {bits: 8, bnb_4bit_quant_type: nf4}\n",
        "LF206",
        6,
        46,
        "quantization.bnb_4bit_quant_type",
        "is not looked at where bits is 8",
    ),
    "column of a hash split": (
        "preprocessing:\n  split: {type: hash, column: fold}\n",
        "LF206",
        7,
        31,
        "preprocessing.split.column",
        "split.column is not looked at where split.type is hash",
    ),
    "shares of a fixed split": (
        "preprocessing:\n  split: {type: fixed, probabilities: [0.8, 0.1, 0.1]}\n",
        "LF206",
        7,
        39,
        "preprocessing.split.probabilities",
        "where a column says the split",
    ),
    "shares beside a column": (
        "preprocessing:\n  split: {column: fold, probabilities: [0.8, 0.1, 0.1]}\n",
        "LF206",
        7,
        40,
        "preprocessing.split.probabilities",
        "where a column says the split",
    ),
    "shares that do not add up": (
        "preprocessing:\n  split: {probabilities: [0.8, 0.1, 0.2]}\n",
        "LF105",
        7,
        26,
        "preprocessing.split.probabilities",
        "must add up to 1, got 1.1",
    ),
}
SENSIBLE = {
    "epochs": "trainer: {epochs: 0.5}\n",
    "steps": "trainer: {train_steps: 10, epochs: null}\n",
    "full fine-tuning": "adapter: null\n",
    "full fine-tuning, weights as they are": "adapter: null\nquantization: null\n",
    "quantized with the default adapter": "quantization: {bits: 8}\n",
    "fixed": "preprocessing: {split: {type: fixed, column: fold, seed: 3}}\n",
    "column only": "preprocessing: {split: {column: fold}}\n",
    "hash": "preprocessing: {split: {type: hash, probabilities: [0.7, 0.1, 0.2], seed: 3}}\n",
    "thirds": "preprocessing: {split: {probabilities: [0.3333333, 0.3333333, 0.3333334]}}\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_flags(name: str, one: One, valid: str) -> None:
    text, code, line, column, path, message = BROKEN[name]
    problem = one(valid + text)
    assert (problem.code, problem.line, problem.column, problem.path) == (code, line, column, path), problem.text()
    assert message in problem.message
    assert problem.cure


@pytest.mark.parametrize("name", SENSIBLE)
def test_each_rule_lets_pass(name: str, check: Check, valid: str) -> None:
    assert check(valid + SENSIBLE[name]) == []


@pytest.mark.parametrize(
    ("dataset", "code", "column", "message", "cure"),
    [
        ("{}", "LF101", 1, "dataset has none of `path`, `hub` and `train`", "add `path:` with a data file"),
        ("{test: t.csv}", "LF101", 1, "dataset has none of", "add `path:`"),
        ("{path: null}", "LF101", 17, "dataset has none of", "add `path:`"),
        ("{path: a.csv, hub: x/y}", "LF206", 29, "dataset.path and dataset.hub exclude each other", "keep one"),
        ("{train: a.csv, path: b.csv}", "LF206", 18, "dataset.path and dataset.train exclude each other", "keep one"),
        (
            "{path: a.csv, test: t.csv}",
            "LF206",
            30,
            "beside dataset.path, which holds all rows",
            "rename `path` to `train`",
        ),
        ("{hub: x/y, test: t.csv}", "LF206", 27, "beside dataset.hub, which holds all rows", "remove it"),
        ("{path: a.csv, name: x}", "LF206", 30, "dataset.name says something about `dataset.hub`", "`hub`"),
        ("{path: a.csv, revision: v1}", "LF206", 34, "dataset.revision says something about `dataset.hub`", "`hub`"),
    ],
)
def test_one_source_of_rows(
    one: One, valid: str, dataset: str, code: str, column: int, message: str, cure: str
) -> None:
    problem = one(valid.replace("{path: reviews.csv}", dataset))
    assert (problem.code, problem.line, problem.column) == (code, 2, column), problem.text()
    assert message in problem.message
    assert cure in problem.cure


@pytest.mark.parametrize(
    "dataset", ["{hub: x/y}", "{hub: x/y, name: en, revision: v1}", "{train: a.csv, validation: b.csv, test: c.csv}"]
)
def test_sources_that_are_one(check: Check, valid: str, dataset: str) -> None:
    assert check(valid.replace("{path: reviews.csv}", dataset)) == []


def test_separate_files_and_a_split(one: One, valid: str) -> None:
    text = valid.replace("{path: reviews.csv}", "{train: a.csv}")
    problem = one(text + "preprocessing:\n  split: {type: hash}\n")
    assert (problem.code, problem.line, problem.column, problem.path) == ("LF206", 7, 10, "preprocessing.split")


def test_an_empty_split_beside_separate_files(check: Check, valid: str) -> None:
    text = valid.replace("{path: reviews.csv}", "{train: a.csv}")
    assert check(text + "preprocessing: {split: {}}\n") == []


def with_prompt(valid: str, prompt: str) -> str:
    return valid.replace('prompt:\n  template: "Review: {review}"\n', prompt)


def test_a_system_text_without_a_chat(one: One, check: Check, valid: str) -> None:
    text = with_prompt(valid, 'prompt:\n  template: "{review}"\n  system: Be brief.\n  chat: none\n')
    problem = one(text)
    assert (problem.code, problem.line, problem.column) == ("LF207", 5, 11)
    assert check(text.replace("chat: none", "chat: auto")) == []
    assert check(text.replace("system: Be brief.", "system: null")) == []


def test_labels_of_a_text(one: One, check: Check, valid: str) -> None:
    text = valid.replace("output_feature: label", "output_feature: {name: y, type: text, labels: [a, b]}")
    problem = one(text)
    assert (problem.code, problem.line, problem.column) == ("LF206", 5, 47)
    assert check(text.replace("type: text", "type: category")) == []


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ('  template: "Review: {review"\n', 4, 22),
        ("  template: 'it''s {review'\n", 4, 20),
        ("  template: Review {review\n", 4, 20),
        ('  template: "\\t{{x}} {y}\\n}"\n', 4, 27),
        ("  template: >-\n    one {a}\n    two\n\n    three }\n", 8, 11),
        ("  template: |  # not this {\n      one {a}\n      {\n", 6, 7),
        ('  template: "one {a}\n    two }"\n', 5, 9),
        ("  template: one {a}\n    two }\n", 5, 9),
    ],
)
def test_a_stray_brace_is_pointed_at(one: One, valid: str, written: str, line: int, column: int) -> None:
    problem = one(with_prompt(valid, "prompt:\n" + written))
    assert (problem.code, problem.line, problem.column) == ("LF203", line, column), problem.text()
    assert problem.excerpt is not None
    assert problem.excerpt.text[column - 1] in "{}"
    assert problem.excerpt.width == 1


def test_a_brace_made_by_an_escape_is_not_searched_for(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, 'prompt:\n  template: "{a} \\x7b"\n'))
    assert (problem.code, problem.line, problem.column) == ("LF203", 4, 13), "the value itself"


def test_a_template_of_an_override_has_no_place() -> None:
    document = compose("prompt: {template: [x]}\n", "t.yaml").document
    assert isinstance(document, Document)
    assert template_span(document, 0, 1) is None


def test_where_a_placeholder_stands() -> None:
    document = compose("prompt:\n  template: >-\n    a {b}\n    and {c d}\n", "t.yaml").document
    assert isinstance(document, Document)
    assert template_span(document, len("a {b} and "), len("{c d}")) == Span(4, 9, 5)


def test_json_in_a_template(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, "prompt:\n  template: '{\"a\": 1} {review}'\n"))
    assert problem.message == "prompt.template holds a `{` that opens no placeholder: no column's name holds a quote"
    assert problem.cure == "double a brace that is meant as text: `{{` and `}}`"


def test_a_template_without_a_column(one: One, valid: str) -> None:
    problem = one(with_prompt(valid, "prompt: {template: 'Answer {{now}}.'}\n"))
    assert (problem.code, problem.line, problem.column) == ("LF208", 3, 20)
    assert problem.cure == "add a `{column}`"


@pytest.mark.parametrize("output", ["label", "{name: label, type: category}"])
def test_the_answer_in_the_prompt(one: One, valid: str, output: str) -> None:
    text = with_prompt(valid, "prompt:\n  template: >-\n    {review}\n    Label: {label} {label}\n")
    problem = one(text.replace("output_feature: label", f"output_feature: {output}"))
    assert (problem.code, problem.line, problem.column) == ("LF202", 6, 12)
    assert problem.excerpt is not None
    assert problem.excerpt.width == len("{label}")


def test_a_column_that_only_contains_the_name(check: Check, valid: str) -> None:
    assert check(with_prompt(valid, "prompt: {template: '{label_text} {{label}} {Label}'}\n")) == []


def test_a_value_can_be_wrong_in_itself_and_beside_another(check: Check, valid: str) -> None:
    problems = check(valid + "trainer: {epochs: 1, train_steps: -1}\n")
    assert sorted(problem.code for problem in problems) == ["LF105", "LF206"]


def test_wrong_shapes_are_not_reported_twice(check: Check, valid: str) -> None:
    text = valid.replace("{path: reviews.csv}", "[1]").replace('"Review: {review}"', "5")
    problems = check(text + "preprocessing: {split: {probabilities: [1, 2, x]}}\nquantization: []\nadapter: null\n")
    assert sorted(problem.path for problem in problems) == [
        "dataset",
        "preprocessing.split.probabilities[1]",
        "preprocessing.split.probabilities[2]",
        "prompt.template",
        "quantization",
    ]
