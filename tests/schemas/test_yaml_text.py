"""Values and places of what is YAML; refusals of what is YAML but no task."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from lfine.schemas.document import Document, Path, Span, Value
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.yaml_text import MAX_DEPTH, MAX_NODES, compose


def document(text: str) -> Document:
    reading = compose(text, "t.yaml")
    assert reading.problems == ()
    assert reading.document is not None
    return reading.document


def value(text: str) -> Value:
    return document(text).value


def refusal(text: str) -> Problem:
    with pytest.raises(TaskError) as caught:
        compose(text, "t.yaml")
    (problem,) = caught.value.problems
    return problem


def complaint(text: str) -> Problem:
    (problem,) = compose(text, "t.yaml").problems
    return problem


def test_values_of_every_kind() -> None:
    text = "a: yes\nb: 1e-4\nc: [1, 'x', null, true]\nd: {e: ~, f: 012}\ng:\nh: '16'\n"
    assert value(text) == {
        "a": "yes",
        "b": 1e-4,
        "c": [1, "x", None, True],
        "d": {"e": None, "f": "012"},
        "g": None,
        "h": "16",
    }


def test_quotes_and_blocks_are_text_whatever_they_say() -> None:
    assert value("a: '1'\nb: \"true\"\nc: |\n  5\nd: >-\n  null\ne: !!str 7\nf: ! 8\n") == {
        "a": "1",
        "b": "true",
        "c": "5\n",
        "d": "null",
        "e": "7",
        "f": "8",
    }


def test_folding_and_escapes() -> None:
    assert value('a: >-\n  one\n  two\n\n  three\nb: "x\\ty\\u00e9"\n') == {"a": "one two\nthree", "b": "x\tyé"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "\n\n", "---\n", "--- ~\n", "null\n"])
def test_texts_without_a_value(text: str) -> None:
    reading = compose(text, "t.yaml")
    assert reading.document is None or reading.document.value is None


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: 16\n", ("a",), Span(1, 4, 2)),
        ('a:\n  r: "16"  # c\n', ("a", "r"), Span(2, 6, 4)),
        ("a: [x, 'y z', 3]\n", ("a", 1), Span(1, 8, 5)),
        ("é🙂: ü\n", ("é🙂",), Span(1, 5, 1)),
        ("a: {b: 1,\n    c: 2}\n", ("a",), Span(1, 4, 6)),
        ("a: {b: 1,\n    c: 22}\n", ("a", "c"), Span(2, 8, 2)),
        ("a: >-  # c\n  text\n", ("a",), Span(1, 4, 2)),
        ("a: |+2\n   text\n", ("a",), Span(1, 4, 3)),
        ("a: one\n  two\n", ("a",), Span(1, 4, 3)),
        ("a:\n", ("a",), Span(1, 3, 1)),
        ("a:\n  b: 1\n  c: 2\n", ("a",), Span(2, 3, 4)),
        ("a:\n- x\n- yy\n", ("a", 1), Span(3, 3, 2)),
        ("a: 1\r\nb: 22\r\n", ("b",), Span(2, 4, 2)),
        ("a: &x 12\nb: *x\n", ("b",), Span(2, 4, 2)),
    ],
)
def test_places_of_values(text: str, path: Path, expected: Span) -> None:
    assert document(text).places[path].value == expected


def test_places_of_keys() -> None:
    places = document("a:\n  'b c': [1, {d: 2}]\n").places
    assert places[("a",)].key == Span(1, 1, 1)
    assert places["a", "b c"].key == Span(2, 3, 5)
    assert places["a", "b c", 0].key is None
    assert places["a", "b c", 1, "d"].key == Span(2, 15, 1)


def test_sources_are_kept_as_written() -> None:
    places = document("a: \"x\\t\"\nb: 'it''s'\nc: 1e-4  # c\nd: >-\n  {x}\n").places
    assert places[("a",)].source == '"x\\t"'
    assert places[("b",)].source == "'it''s'"
    assert places[("c",)].source == "1e-4"
    assert places[("d",)].source.startswith(">-\n  {x}")
    assert [places[(key,)].style for key in "abcd"] == ["double", "single", "plain", "folded"]


def test_aliases_are_written_out_and_placed_twice() -> None:
    found = document("a: &x {b: [1]}\nc: *x\n")
    assert found.value == {"a": {"b": [1]}, "c": {"b": [1]}}
    assert found.places[("c",)].value == Span(2, 4, 2)
    assert found.places["c", "b"].value == Span(1, 11, 3)


def test_both_parsers_give_the_same_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# c\na: é\nb: {c: [1, 'x''y'], d: *z}\n"
    text = (
        text.replace("*z", '"\\u00e9 🙂"') + "e: &q >+\n   folded\n   more\n\nf:\n  - *q\n  - g: |-\n      x\n  -\nh:\n"
    )
    by_c = document(text)
    monkeypatch.delattr(yaml, "CSafeLoader")
    by_python = document(text)
    assert by_c == by_python
    assert len(by_c.places) == 14


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("r: 8\na: 1\nr: 16\n", 3, 1, "the key `r` stands twice in one mapping, on lines 1 and 3"),
        ("a:\n  b: 1\n  c: 2\n  'b': 3\n", 4, 3, "the key `b` stands twice in one mapping, on lines 2 and 4"),
        ("a: {b: 1, b: 2}\n", 1, 11, "the key `b` stands twice in one mapping, on lines 1 and 1"),
    ],
)
def test_duplicate_keys(text: str, line: int, column: int, message: str) -> None:
    problem = complaint(text)
    assert (problem.code, problem.line, problem.column) == ("LF106", line, column)
    assert problem.message == message


def test_each_duplicate_is_reported_and_the_first_value_kept() -> None:
    reading = compose("a: 1\na: 2\nb: 1\nb: 2\na: 3\n", "t.yaml")
    assert [problem.line for problem in reading.problems] == [2, 4, 5]
    assert reading.document is not None
    assert reading.document.value == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("text", "code", "column", "message"),
    [
        ("1: x\n", "LF102", 1, "a key must be a text, got 1"),
        ("true: x\n", "LF102", 1, "a key must be a text, got true"),
        ("a: {null: x}\n", "LF102", 5, "a key must be a text, got null"),
        ("? # c\n: x\n", "LF102", 2, "a key must be a text, got nothing"),
        ("? [a, b]\n: x\n", "LF113", 3, "a key must be a plain text, got a list or a mapping"),
        ("{x}: y\n", "LF113", 1, "a key must be a plain text, got a list or a mapping"),
        ("<<: {a: 1}\n", "LF113", 1, "`<<` does not merge mappings in a task file"),
        ("a: !foo bar\n", "LF113", 4, "a task file has no tags, got `!foo`"),
        ("a: !!python/object/apply:os.system [ls]\n", "LF113", 4, None),
        ("a: !!int '3'\n", "LF113", 4, "a task file has no tags, got `!!int`"),
        ("a: !!set {x}\n", "LF113", 4, "a task file has no tags, got `!!set`"),
    ],
)
def test_features_that_task_files_do_not_have(text: str, code: str, column: int, message: str | None) -> None:
    problem = complaint(text)
    assert (problem.code, problem.line, problem.column) == (code, 1, column)
    assert message is None or problem.message == message
    assert problem.cure


def test_an_alias_as_a_key() -> None:
    problem = complaint("a: &x b\n*x : 1\n")
    assert (problem.code, problem.line, problem.column) == ("LF113", 2, 1)


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert value("'<<': 1\n") == {"<<": 1}


def test_a_second_document() -> None:
    problem = refusal("a: 1\n---\nb: 2\n")
    assert (problem.code, problem.line, problem.column) == ("LF109", 2, 1)
    assert value("---\na: 1\n...\n") == {"a": 1}


def test_an_alias_without_an_anchor() -> None:
    problem = refusal("a: *x\n")
    assert (problem.code, problem.line, problem.column) == ("LF107", 1, 4)
    assert problem.message == "`*x` repeats a value marked `&x`, and there is none"


@pytest.mark.parametrize("text", ["a: &x [*x]\n", "&x {a: *x}\n", "a: &x {b: {c: [*x]}}\n"])
def test_an_alias_inside_itself(text: str) -> None:
    problem = refusal(text)
    assert problem.code == "LF110"
    assert problem.message == "the alias `*x` stands inside the value that it repeats"


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_aliases_of_aliases_are_not_written_out_without_limit() -> None:
    problem = refusal(bomb(6))
    assert problem.code == "LF110"
    assert problem.message == "the file holds more than 10,000 values once its aliases are written out"
    assert value(bomb(3))


def test_depth() -> None:
    assert value("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    problem = refusal("a:\n  " + "[" * 400_000)
    assert (problem.code, problem.line) == ("LF110", 2)
    assert refusal("\n".join(" " * i + "a:" for i in range(200))).code == "LF110"


def test_depth_through_aliases() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 60))
    assert refusal(text).code == "LF110"


def test_number_of_values() -> None:
    assert value("[" + "x," * (MAX_NODES - 1) + "]")
    assert refusal("[" + "x," * MAX_NODES + "]").code == "LF110"


def test_the_parser_is_left_at_the_first_value_too_many() -> None:
    """A megabyte of values costs what 10,000 cost: the rest is never parsed."""
    seen = count_events("x,", 400_000)
    assert seen < 2 * MAX_NODES


def count_events(piece: str, times: int) -> int:
    seen = 0
    loader: Any = yaml.CSafeLoader

    class Counting(loader):  # type: ignore[misc]
        def get_event(self) -> object:
            nonlocal seen
            seen += 1
            return super().get_event()

    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(yaml, "CSafeLoader", Counting)
        assert refusal("[" + piece * times + "]").code == "LF110"
    return seen
