"""Answers that must be numbers or JSON, and the schema they must satisfy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.answers import AnswerSchema, answer_problems, is_json, read_answer_schema
from lfine.schemas.problems import Problem
from lfine.schemas.task import OutputFeature, OutputType

Problems = Callable[[Callable[[], object]], list[Problem]]

SCHEMA = '{"type": "object", "required": ["label"], "properties": {"label": {"enum": ["a", "b"]}}}'


def check(kind: OutputType, *answers: str, schema: str | None = None) -> list[Problem]:
    """Check training answers in rows 0, 1, … and the last of them once more as row 90 of the test."""
    given = None if schema is None else AnswerSchema("s.json", schema)
    return answer_problems(kind, "y", {"train": dict(enumerate(answers)), "test": {90: answers[-1]}}, given)


def feature(schema: str | None) -> OutputFeature:
    return OutputFeature("y", "json", None, schema)


@pytest.mark.parametrize("answer", ["5", "-5", "+0.25", ".5", "5.", "1e-4", "2E10", "007"])
def test_numbers(answer: str) -> None:
    assert check("number", answer) == []


def test_answers_that_are_no_numbers_are_counted() -> None:
    (problem,) = check("number", "5", "1,000", "five", "nan", "1_000", "true", "", "1,000")
    assert (problem.code, problem.path) == ("LF325", "output_feature.type")
    assert problem.message == (
        "answers in column 'y' that are no number: '1,000' (3 rows: 1, 7, 90), '1_000' (1 row: 4), "
        "'five' (1 row: 2), 'nan' (1 row: 3), 'true' (1 row: 5)"
    )


def test_decimal_commas_have_a_cure_of_their_own() -> None:
    (problem,) = check("number", "955,40", "1.433,05")
    reads = "dataset.columns: {y: {decimal: ','}} reads them"
    assert problem.cure.startswith(f"these are written with a decimal comma: {reads}")
    (mixed,) = check("number", "955,40", "five")
    assert mixed.cure.startswith("write plain digits (1000, 0.5, 1e-4)")


@pytest.mark.parametrize("text", ['{"a": [1, null]}', "5", '"x"', "[]", " true "])
def test_json(text: str) -> None:
    assert is_json(text)
    assert check("json", text) == []


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": NaN}', "Infinity", "{", '{"a": 1} x', "", "[" * 100_000])
def test_no_json(text: str) -> None:
    assert not is_json(text)


def test_answers_that_are_no_json_are_counted_and_shown_short() -> None:
    (problem,) = check("json", "{}", "{'a': 1}", "x" * 300)
    assert (problem.code, problem.path) == ("LF325", "output_feature.type")
    assert "(2 rows: 2, 90), \"{'a': 1}\" (1 row: 1)" in problem.message
    assert len(problem.message) < 200


def test_answers_against_the_schema_are_counted_by_reason() -> None:
    (problem,) = check("json", '{"label": "a"}', '{"label": "c"}', "[]", "{}", "{}", schema=SCHEMA)
    assert (problem.code, problem.path) == ("LF326", "output_feature.schema")
    assert problem.message == (
        "answers in column 'y' against the schema 's.json': $: 'label' is a required property (3 rows: 3, 4, 90), "
        "$.label: 'c' is not one of ['a', 'b'] (1 row: 1), $: [] is not of type 'object' (1 row: 2)"
    )


def test_both_mistakes_come_together() -> None:
    found = check("json", "{", "{}", schema=SCHEMA)
    assert [problem.code for problem in found] == ["LF325", "LF326"]


@pytest.mark.parametrize("kind", ["text", "category", "sql"])
def test_other_types_take_any_text(kind: OutputType) -> None:
    assert check(kind, "x", "{", "1") == []


def test_a_schema_is_found_as_data_files_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s.json").write_text(SCHEMA, encoding="utf-8")
    compact = SCHEMA.replace(": ", ":").replace(", ", ",")
    assert read_answer_schema(feature("s.json"), tmp_path) == AnswerSchema("s.json", compact)
    monkeypatch.setenv("LFINE_DATA", str(tmp_path))
    assert read_answer_schema(feature("s.json"), tmp_path / "elsewhere") == AnswerSchema("s.json", compact)
    assert read_answer_schema(feature(None), tmp_path) is None
    assert read_answer_schema(None, tmp_path) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Expecting"),
        ('["object"]', "it must be a mapping"),
        ('{"type": "objekt"}', "$.type"),
        ('{"minimum": NaN}', "NaN is no JSON"),
        ("\udcff", "utf-8"),
    ],
)
def test_what_is_no_schema_is_refused(tmp_path: Path, problems: Problems, text: str, words: str) -> None:
    (tmp_path / "s.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    (problem,) = problems(lambda: read_answer_schema(feature("s.json"), tmp_path))
    assert (problem.code, problem.path) == ("LF302", "output_feature.schema")
    assert problem.message.startswith("'s.json' is no JSON Schema: ")
    assert words in problem.message


def test_a_schema_that_is_missing(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_answer_schema(feature("s.json"), tmp_path))
    assert (problem.code, problem.path) == ("LF301", "output_feature.schema")


@pytest.mark.parametrize("schema", ['{"$ref": "#/$defs/no"}', '{"pattern": "("}', '{"$ref": "#"}'])
def test_a_schema_that_cannot_be_used_is_said_once(problems: Problems, schema: str) -> None:
    (problem,) = problems(lambda: check("json", '"x"', '"y"', schema=schema))
    assert (problem.code, problem.path) == ("LF302", "output_feature.schema")
