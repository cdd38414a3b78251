"""Columns made from the data: order, names, and everything that does not fit, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lfine.finetune.data.columns import preparation_problems, prepare_columns, prepared_columns
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem
from lfine.schemas.task import Column

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]

ROWS: list[dict[str, object]] = [
    {"label": 1, "choices": {"text": ["dry", "wet"]}, "key": "B", "n": "1.0"},
    {"label": 0, "choices": {"text": ["hot", "cold", "mild"]}, "key": "A", "n": ""},
]
BARE = Column(
    from_=None,
    template=None,
    json=None,
    entities=None,
    pick=None,
    values=None,
    letters=False,
    join=None,
    cast=None,
)


def column(**given: Any) -> Column:
    return replace(BARE, **given)


def values(table: Table, name: str) -> list[object]:
    return [row[name] for row in table.rows]


def test_steps_are_taken_in_their_order(table: MakeTable) -> None:
    made = {
        "options": column(from_="choices", json="text", letters=True, join="\n"),
        "answer": column(from_="choices", json="text", pick="key", values={"wet": "W", "hot": 3}, cast="text"),
        "sentiment": column(from_="label", values={"0": "negative", "1": "positive"}),
        "n": column(cast="integer"),
        "both": column(template="{key}: {label}"),
    }
    found = prepare_columns(table(ROWS), made)
    assert found.columns == ("label", "choices", "key", "n", "options", "answer", "sentiment", "both")
    assert values(found, "options") == ["A. dry\nB. wet", "A. hot\nB. cold\nC. mild"]
    assert values(found, "answer") == ["W", "3"]
    assert values(found, "sentiment") == ["positive", "negative"]
    assert values(found, "n") == [1, ""]
    assert values(found, "both") == ["B: 1", "A: 0"]
    assert found.rows[0]["choices"] == ROWS[0]["choices"]


def test_entities_from_tags_that_were_numbers(table: MakeTable) -> None:
    rows = table([{"tokens": ["EU", "rejects", "German", "call"], "tags": [3, 0, 7, 0]}])
    made = {
        "entities": column(from_="tokens", entities="names"),
        "names": column(from_="tags", values={"0": "O", "3": "B-ORG", "7": "B-MISC"}),
    }
    assert values(prepare_columns(rows, made), "entities") == [{"ORG": ["EU"], "MISC": ["German"]}]


def test_no_columns_leave_the_table_itself(table: MakeTable) -> None:
    rows = table(ROWS)
    assert prepare_columns(rows, {}) is rows


def test_names_mean_the_data_as_read(table: MakeTable) -> None:
    """`label` is replaced, and what is made from it sees the old one, wherever it stands in the file."""
    made = {
        "label": column(values={"0": "no", "1": "yes"}),
        "raw": column(from_="label"),
        "last": column(from_="first", letters=True),
        "first": column(from_="label"),
    }
    for order in (made, dict(reversed(made.items()))):
        found = prepare_columns(table(ROWS), order)
        assert [values(found, name) for name in ("label", "raw", "last")] == [["yes", "no"], [1, 0], ["B", "A"]]


@pytest.mark.parametrize("empty", [None, "", "  ", float("nan")])
@pytest.mark.parametrize(
    "steps",
    [
        {"json": "a.b"},
        {"pick": 0},
        {"pick": "key"},
        {"letters": True},
        {"join": ","},
        {"decimal": ","},
        {"cast": "number"},
        {"entities": "t"},
    ],
)
def test_an_empty_cell_stays_empty(table: MakeTable, empty: object, steps: dict[str, Any]) -> None:
    rows = table([{"c": empty, "key": None, "t": None}])
    (found,) = values(prepare_columns(rows, {"c": column(**steps)}), "c")
    assert found is empty


def test_an_empty_cell_must_be_named_among_values(table: MakeTable, problems: Problems) -> None:
    rows = table([{"c": None}, {"c": "a"}])
    assert values(prepare_columns(rows, {"c": column(values={"": "none", "a": "A"})}), "c") == ["none", "A"]
    (problem,) = problems(lambda: prepare_columns(rows, {"c": column(values={"a": "A"})}))
    assert problem.message == "column 'c' has values that `values` does not name: '' (1 row: 0)"


def test_all_rows_and_columns_come_together(table: MakeTable, problems: Problems) -> None:
    rows = table(
        [
            {"label": 2, "list": ["a"], "at": 0, "text": "{'a'", "tags": [7]},
            {"label": 1, "list": ["a"], "at": 1, "text": '{"a": 1}', "tags": [0, 8]},
            {"label": 2, "list": "a", "at": -1, "text": '{"b": 1}', "tags": [7, 7]},
            {"label": 3, "list": ["a"], "at": 0, "text": "[", "tags": [0]},
        ]
    )
    made = {
        "label": column(values={"1": "one"}),
        "picked": column(from_="list", pick="at"),
        "field": column(from_="text", json="a"),
        "tags": column(values={"0": "O"}, join=" "),
        "list": column(join=", "),
        "after": column(from_="field", join=", "),
    }
    found = problems(lambda: prepare_columns(rows, made))
    assert [(problem.code, problem.path) for problem in found] == [
        ("LF320", "dataset.columns.label.values"),
        ("LF321", "dataset.columns.field.json"),
        ("LF320", "dataset.columns.tags.values"),
        ("LF321", "dataset.columns.picked.pick"),
        ("LF321", "dataset.columns.after.join"),
        ("LF321", "dataset.columns.list.join"),
    ]
    by_path = {problem.path.removeprefix("dataset.columns."): problem.message for problem in found}
    assert by_path["label.values"].endswith("does not name: '2' (2 rows: 0, 2), '3' (1 row: 3)")
    assert by_path["tags.values"].endswith("does not name: '7' (2 rows: 0, 2), '8' (1 row: 1)")
    assert by_path["field.json"] == (
        "column 'field', step json: a text that is no JSON (2 rows: 0, 3), a mapping without 'a' (1 row: 2); "
        "the first is \"{'a'\""
    )
    assert "a list without that item (1 row: 1)" in by_path["picked.pick"]
    assert "a cell that names no item (1 row: 2)" in by_path["picked.pick"]
    assert "no list (1 row: 1); the first is '1'" in by_path["after.join"]  # the rows that `field` failed are not there


@pytest.mark.parametrize(
    ("given", "code", "path", "words"),
    [
        ({"from_": "lable"}, "LF201", "made.from", "did you mean `label`?"),
        ({}, "LF201", "made", "name the column to make it from: `from`; use one of `label`, `key`"),
        ({"from_": "made"}, "LF201", "made.from", "use one of"),
        ({"from_": "label", "pick": "kye"}, "LF201", "made.pick", "did you mean `key`?"),
        ({"from_": "label", "entities": "tags"}, "LF201", "made.entities", "use one of"),
        ({"template": "{label} {kez}"}, "LF201", "made.template", "did you mean `key`?"),
        ({"template": "{label"}, "LF203", "made.template", "double a brace"),
        ({"template": "{label}", "from_": "label"}, "LF206", "made.template", "keep one of them"),
    ],
)
def test_what_the_header_alone_shows(given: dict[str, Any], code: str, path: str, words: str) -> None:
    (problem,) = preparation_problems(("label", "key"), {"made": column(**given)})
    assert (problem.code, problem.path) == (code, f"dataset.columns.{path}")
    assert words in problem.cure


def test_columns_made_from_one_another_in_a_circle(table: MakeTable, problems: Problems) -> None:
    made = {"a": column(from_="b"), "b": column(from_="c"), "c": column(from_="a"), "d": column(from_="label")}
    (problem,) = preparation_problems(("label",), made)
    assert (problem.code, problem.path) == ("LF201", "dataset.columns.a")
    assert problem.message == "columns are made from one another in a circle: 'a', 'b', 'c'"
    assert problems(lambda: prepare_columns(table(ROWS), made)) == [problem]


def test_a_good_preparation_has_no_problem_and_its_columns() -> None:
    made = {"b": column(from_="new"), "new": column(from_="label"), "label": column(cast="text")}
    assert preparation_problems(("label", "a"), made) == []
    assert prepared_columns(("label", "a"), made) == ("label", "a", "b", "new")
    assert prepared_columns(("a",), {}) == ("a",)


def test_problems_point_into_the_task_file(
    table: MakeTable, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (problem,) = problems(lambda: prepare_columns(table(ROWS), {"a": column(from_="b")}, place=placed))
    assert problem.line == 7
    (problem,) = problems(lambda: prepare_columns(table(ROWS), {"label": column(join=",")}, place=placed))
    assert (problem.line, problem.path) == (7, "dataset.columns.label.join")


def test_decimals_are_read_before_they_are_cast(table: MakeTable, problems: Problems) -> None:
    rows = table([{"c": "1.234,00"}, {"c": ""}, {"c": "7,00"}])
    assert values(prepare_columns(rows, {"c": column(decimal=",", cast="integer")}), "c") == [1234, "", 7]
    (problem,) = problems(lambda: prepare_columns(table([{"c": "12.5"}]), {"c": column(decimal=",")}))
    assert (problem.code, problem.path) == ("LF321", "dataset.columns.c.decimal")
    assert "step decimal: no number with the decimal sign ',' (1 row: 0); the first is '12.5'" in problem.message
