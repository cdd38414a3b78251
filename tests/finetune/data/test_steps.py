"""Each step of a made column, on one value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from lfine.finetune.data.steps import (
    UnfitError,
    at_path,
    cast,
    decimal,
    entities,
    index_of,
    item,
    joined,
    lettered,
    mapped,
    shown,
    text,
)

CHOICES = '{"text": ["dry", "wet"], "n": {"of": [1, 2.5, null]}}'


def refusal(call: Callable[[], object]) -> tuple[str, str, tuple[object, ...]]:
    with pytest.raises(UnfitError) as caught:
        call()
    return caught.value.step, caught.value.reason, caught.value.got


@pytest.mark.parametrize(
    ("value", "path", "expected"),
    [
        (CHOICES, "text", ["dry", "wet"]),
        (CHOICES, "$.text.1", "wet"),
        (CHOICES, "n.of.-1", None),
        ('["a"]', "$", ["a"]),
        ("true", "$", True),
        ({"text": ["dry"]}, "text.0", "dry"),
        ([{"who": "a", "said": "x"}, {"who": "b", "said": "y"}], "said", ["x", "y"]),
        ('[[{"t": 1}], [{"t": 2}]]', "0.t", [1]),
    ],
)
def test_a_path_leads_into_json_and_into_what_was_read_already(value: object, path: str, expected: object) -> None:
    assert at_path(value, path) == expected


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        ("{'a': 1}", "a", "a text that is no JSON"),
        ("[" * 100_000, "$", "a text that is no JSON"),
        ('{"a": 1}', "b", "a mapping without 'b'"),
        ('{"a": [1]}', "a.1", "a list without item 1"),
        ('{"a": [1]}', "a.-2", "a list without item -2"),
        ('{"a": 1}', "a.b", "nothing that could have 'b' in it"),
        ('[{"a": 1}, {}]', "a", "a mapping without 'a'"),
    ],
)
def test_what_a_path_does_not_find(value: object, path: str, reason: str) -> None:
    assert refusal(lambda: at_path(value, path))[:2] == ("json", reason)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-X", "I-X", "O", "B-Y"], {"X": ["a b"], "Y": ["d"]}),
        (["B-X", "B-X", "I-X", "O"], {"X": ["a", "b c"]}),
        (["I-X", "I-X", "I-Y", "I-X"], {"X": ["a b", "d"], "Y": ["c"]}),
        (["S-X", "B-X", "E-X", "I-X"], {"X": ["a", "b c", "d"]}),
        (["U-X", "B-X", "L-X", "O"], {"X": ["a", "b c"]}),
        (["B-x-y", "O", "I-x-y", "O"], {"x-y": ["a", "c"]}),
        (["O"] * 4, {}),
    ],
)
def test_tags_make_entities(tags: list[str], expected: dict[str, list[str]]) -> None:
    found = entities(["a", "b", "c", "d"], tags)
    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize(
    ("tokens", "tags", "reason"),
    [
        (["a"], ["B-X", "O"], "other numbers of tokens and tags"),
        (["a"], [3], "a tag that is not O, B-TYPE or I-TYPE"),
        (["a"], ["X"], "a tag that is not O, B-TYPE or I-TYPE"),
        (["a"], ["B-"], "a tag that is not O, B-TYPE or I-TYPE"),
        ("a b", ["O", "O"], "no list of tokens or of tags"),
        (["a"], "O", "no list of tokens or of tags"),
    ],
)
def test_what_makes_no_entities(tokens: object, tags: object, reason: str) -> None:
    assert refusal(lambda: entities(tokens, tags))[:2] == ("entities", reason)


def test_an_item_is_counted_from_either_end() -> None:
    assert [item(["a", "b", "c"], at) for at in (0, 2, -1, -3)] == ["a", "c", "c", "a"]
    for at in (3, -4):
        assert refusal(lambda at=at: item(["a", "b", "c"], at)) == (  # type: ignore[misc]
            "pick",
            "a list without that item",
            (f"item {at} of 3",),
        )
    assert refusal(lambda: item("abc", 0))[1] == "no list"


@pytest.mark.parametrize(("cell", "index"), [(0, 0), (3, 3), (2.0, 2), ("1", 1), (" 4 ", 4), ("A", 0), ("Z", 25)])
def test_a_cell_names_an_item(cell: object, index: int) -> None:
    assert index_of(cell) == index


@pytest.mark.parametrize("cell", [-1, "-1", None, "", "a", "AB", 1.5, True, "one"])
def test_other_cells_name_none(cell: object) -> None:
    assert refusal(lambda: index_of(cell))[:2] == ("pick", "a cell that names no item")


def test_values_are_looked_up_by_their_text() -> None:
    values: dict[str, str | int | float | bool] = {"0": "no", "1": "yes", "true": 1, "": "none", "2.0": "two"}
    assert [mapped(value, values) for value in (0, "1", 1.0, True, None, "", 2.0)] == [
        "no",
        "yes",
        "yes",
        1,
        "none",
        "none",
        "two",
    ]
    assert mapped([0, [1, "0"]], values) == ["no", ["yes", "no"]]


def test_values_that_are_not_named_come_together() -> None:
    assert refusal(lambda: mapped([0, 2, 1.5, " 0", 2], {"0": "no"})) == (
        "values",
        "a value that is not named",
        ("2", "1.5", " 0", "2"),
    )
    assert refusal(lambda: mapped(2.0, {"0": "no"}))[2] == ("2.0",)


def test_letters_for_lists_and_numbers() -> None:
    assert lettered(["dry", 2]) == ["A. dry", "B. 2"]
    assert [lettered(number) for number in (0, "3", 25.0)] == ["A", "D", "Z"]
    assert lettered([]) == []
    assert refusal(lambda: lettered(["x"] * 27))[1] == "a list of more than 26"
    for value in (26, -1, "a", True, 1.5, {"a": 1}):
        assert refusal(lambda value=value: lettered(value))[1] == (  # type: ignore[misc]
            "neither a list nor a number from 0 to 25"
        )


def test_items_are_joined_as_texts() -> None:
    assert joined(["a", 1, None, True, ["x"]], ", ") == 'a, 1, , true, ["x"]'
    assert joined([], ", ") == ""
    assert refusal(lambda: joined("a, b", ", "))[:2] == ("join", "no list")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("1.0", "integer", 1),
        (1.0, "integer", 1),
        (True, "integer", 1),
        (["1", 2.0], "integer", [1, 2]),
        ("3", "number", 3),
        (" 3.50 ", "number", 3.5),
        ("1e3", "number", 1000.0),
        (5.0, "text", "5.0"),
        ([1, "a"], "text", '[1, "a"]'),
        ('say "é"\n', "json", '"say \\"é\\"\\n"'),
        ([1, "a"], "json", '[1, "a"]'),
        (5.0, "json", "5.0"),
        (True, "json", "true"),
        (dt.date(2024, 2, 29), "json", '"2024-02-29"'),
    ],
)
def test_casts(value: object, kind: str, expected: object) -> None:
    found = cast(value, kind)  # type: ignore[arg-type]
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", ["1.5", 1.5, "one", "1,000", "nan", float("inf"), "1_000", {"a": 1}, ["1", "x"]])
def test_what_is_no_whole_number(value: object) -> None:
    assert refusal(lambda: cast(value, "integer"))[:2] == ("cast", "no whole number")
    if value not in ("1.5", 1.5):
        assert refusal(lambda: cast(value, "number"))[1] == "no number"


@pytest.mark.parametrize(
    ("value", "sign", "expected"),
    [("1.234,50", ",", 1234.5), ("1,234.50", ".", 1234.5), (["1,5", 2], ",", [1.5, 2]), (7, ",", 7), (0.5, ",", 0.5)],
)
def test_decimals(value: object, sign: str, expected: object) -> None:
    found = decimal(value, sign)  # type: ignore[arg-type] # the signs there are
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", ["1.5", "one", True, None, {"a": 1}, ["1,5", "x"]])
def test_what_has_no_such_decimals(value: object) -> None:
    assert refusal(lambda: decimal(value, ","))[:2] == ("decimal", "no number with the decimal sign ','")


def test_bytes_are_refused_where_they_are_met() -> None:
    assert refusal(lambda: text(b"x", "join")) == ("join", "a value of type bytes has no text form", ("bytes",))


def test_a_value_is_shown_short() -> None:
    assert shown(("a", "b")) == "'a'"
    assert shown(([1, "é"],)) == "'[1, \"é\"]'"
    assert shown((b"x",)) == "\"b'x'\""
    assert shown(()) == "''"
    assert len(shown(("x" * 500,))) == 62
