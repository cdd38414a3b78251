"""Required keys, mappings with names of the user's own, fragments, and mistakes by the thousand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfine.schemas.document import Document
from lfine.schemas.problems import Problem
from lfine.schemas.validation import MAX_PROBLEMS, accepts, validate_document
from lfine.schemas.yaml_text import compose

Check = Callable[..., list[Problem]]
One = Callable[..., Problem]


@pytest.mark.parametrize(
    ("replaced", "by", "message", "cure"),
    [
        (
            "output_feature: label",
            "output_feature: 5",
            "output_feature must be the name of a column, a mapping or null, got 5 (number)",
            'put it in quotes: `"5"`',
        ),
        (
            "output_feature: label",
            "output_feature: [label]",
            "output_feature must be the name of a column, a mapping or null, got a list of one item",
            "write `label` without the brackets",
        ),
        (
            "dataset: {path: reviews.csv}",
            "dataset: reviews.csv",
            "dataset must be a mapping, got reviews.csv (text)",
            "write `dataset: {path: reviews.csv}`",
        ),
        (
            'template: "Review: {review}"',
            "template: {review}",
            "prompt.template must be a text that is not empty or null, got a mapping",
            "put the text in quotes, or write it after `>-` on the next line: `{` begins a mapping in YAML",
        ),
        (
            'template: "Review: {review}"',
            'template: ""',
            'prompt.template must be a text that is not empty or null, got "" (text)',
            'write for instance `"Question: {question}"`',
        ),
        (
            "base_model: smollm2-135m-instruct",
            "base_model: 7",
            "base_model must be a text on one line without white space around it or a mapping, got 7 (number)",
            'put it in quotes: `"7"`',
        ),
        (
            "base_model: smollm2-135m-instruct",
            "base_model: [a, b]",
            "base_model must be a text on one line without white space around it or a mapping, got a list",
            "write for instance `mistralai/Mistral-7B-v0.1`",
        ),
    ],
)
def test_wrong_values_of_required_keys(one: One, valid: str, replaced: str, by: str, message: str, cure: str) -> None:
    problem = one(valid.replace(replaced, by))
    assert problem.message == message
    assert problem.cure == cure


COLUMNS = """\
base_model: smollm2-135m-instruct
prompt:
  template: "Review: {review}"
output_feature: label
dataset:
  path: reviews.csv
  columns:
    label:
      values: {"0": negative, "1": [x]}
      cast: integr
      valus: {}
    "a.b": {pick: [1, 2]}
    other: integer
"""


def test_columns_of_the_users_own_names(check: Check) -> None:
    problems = check(COLUMNS)
    assert [(each.path, each.code, each.line, each.column, each.cure) for each in problems] == [
        ("dataset.columns.label.values.1", "LF102", 9, 36, "write `x` without the brackets"),
        ("dataset.columns.label.cast", "LF104", 10, 13, "did you mean `integer`?"),
        ("dataset.columns.label.valus", "LF103", 11, 7, "did you mean `values`?"),
        ('dataset.columns["a.b"].pick', "LF102", 12, 19, "write for instance `0`"),
        ("dataset.columns.other", "LF102", 13, 12, "write for instance `{cast: integer}`"),
    ]
    assert problems[3].message.startswith(
        'dataset.columns["a.b"].pick must be an integer, the name of a column or null'
    )


def test_a_key_that_is_no_text(check: Check, valid: str) -> None:
    columns = "{path: reviews.csv, columns: {label: {values: {0: negative}}}}"
    problems = check(valid.replace("{path: reviews.csv}", columns))
    assert [(each.code, each.cure) for each in problems] == [("LF102", 'put it in quotes: `"0"`')]


def test_what_is_refused_is_not_judged_further(check: Check, valid: str) -> None:
    assert [problem.code for problem in check(valid + "trainer: {learning_rate: .nan}\n")] == ["LF105"]


def test_a_thousand_mistakes_are_counted_and_not_all_shown(check: Check, valid: str) -> None:
    numbers = ", ".join(str(number) for number in range(1000))
    problems = check(valid.replace("output_feature: label", f"output_feature: {{name: y, labels: [{numbers}]}}"))
    assert len(problems) == MAX_PROBLEMS + 1
    (rest,) = [problem for problem in problems if problem.line is None]
    assert (rest.message, rest.code) == ("900 more problems of the same file are not shown", "LF102")


@pytest.mark.parametrize(
    ("items", "repeated"),
    [
        ("[a, b, a]", True),
        ("[1, true]", False),
        ("[1, 1.0]", True),
        ("[[1], [1]]", True),
        ("[{a: 1, b: 2}, {b: 2, a: 1}]", True),
        ("[{a: 1}, {a: 2}]", False),
        ("[null, a]", False),
        ("['1', 1]", False),
    ],
)
def test_repeated_items_of_any_kind(items: str, *, repeated: bool) -> None:
    document = compose(f"labels: {items}\n", "t.yaml").document
    assert isinstance(document, Document)
    assert accepts({"type": "array", "uniqueItems": True}, document.at(("labels",))) != repeated


def test_a_fragment_lacks_keys_and_nothing_else() -> None:
    text = "quantization: {bnb_4bit_quant_type: fp5}\nadapter: null\ntrainer: {epochs: 1, train_steps: 2}\n"
    document = compose(text, "_t.yaml").document
    assert isinstance(document, Document)
    assert [problem.code for problem in validate_document(document, fragment=True)] == ["LF104"]
    whole = validate_document(document)
    assert {"LF101", "LF104", "LF206"} <= {problem.code for problem in whole}
