"""Two documents made one: values, places, bare forms."""

from __future__ import annotations

import pytest

from lfine.schemas.document import Document, Value
from lfine.schemas.merging import as_mapping, merged, without
from lfine.schemas.yaml_text import compose


def document(text: str, file: str = "t.yaml") -> Document:
    found = compose(text, file).document
    assert found is not None
    return found


def laid_over(over: str, base: str) -> Document:
    return merged(document(over), document(base, "_b.yaml"))


@pytest.mark.parametrize(
    ("over", "base", "value"),
    [
        ("{a: 1}", "{a: 2, b: 3}", {"a": 1, "b": 3}),
        ("{a: {x: 1}}", "{a: {x: 2, y: 3}}", {"a": {"x": 1, "y": 3}}),
        ("{a: {x: {p: 1}}}", "{a: {x: {q: 2}}}", {"a": {"x": {"q": 2, "p": 1}}}),
        ("{a: [1]}", "{a: [2, 3]}", {"a": [1]}),
        ("{a: null}", "{a: {x: 1}}", {"a": None}),
        ("{a: {x: 1}}", "{a: null}", {"a": {"x": 1}}),
        ("{a: {x: null}}", "{a: {x: 1, y: 2}}", {"a": {"x": None, "y": 2}}),
        ("{a: {x: 1}}", "{a: 5}", {"a": {"x": 1}}),
        ("{a: 5}", "{a: {x: 1}}", {"a": 5}),
        ("{a: {}}", "{a: {x: 1}}", {"a": {"x": 1}}),
        ("{b: 1}", "{a: 2}", {"a": 2, "b": 1}),
    ],
)
def test_values(over: str, base: str, value: Value) -> None:
    assert laid_over(over, base).value == value


@pytest.mark.parametrize(
    ("over", "base", "value"),
    [
        ("label", "{type: category}", {"name": "label", "type": "category"}),
        ("{type: category}", "label", {"name": "label", "type": "category"}),
        ("label", "{name: x, type: text}", {"name": "label", "type": "text"}),
        ("label", "other", "label"),
        ("{name: mine}", "other", {"name": "mine"}),
    ],
)
def test_a_bare_form_beside_a_mapping_is_the_mapping_that_it_stands_for(over: str, base: str, value: Value) -> None:
    found = laid_over(f"output_feature: {over}", f"output_feature: {base}")
    assert found.value == {"output_feature": value}
    assert ("output_feature",) in found.places


def test_a_word_that_is_no_short_form_is_not_made_one() -> None:
    assert laid_over("adapter: lora", "adapter: {r: 4}").value == {"adapter": "lora"}, "it is to be refused as such"


def test_each_value_keeps_its_file_and_line() -> None:
    found = laid_over("a: 1\nm:\n  x: '2'\nl: [3]\n", "b: 4\nm:\n  y: 1e-4\n  x: 5\nl: [6, 7]\n")
    assert found.source(("a",)).file == "t.yaml"
    assert (found.source(("b",)).file, found.places["b",].value.line) == ("_b.yaml", 1)
    assert (found.source(("m", "x")).file, found.places["m", "x"].source) == ("t.yaml", "'2'")
    assert (found.source(("m", "y")).file, found.places["m", "y"].source) == ("_b.yaml", "1e-4")
    assert found.source(("l", 0)).file == "t.yaml"
    assert ("l", 1) not in found.places, "what was replaced has no place"
    problem = found.problem("LF102", ("m", "y"), message="m", cure="c")
    assert (problem.file, problem.line, problem.column) == ("_b.yaml", 3, 6)
    assert problem.excerpt is not None
    assert problem.excerpt.text == "  y: 1e-4"


def test_the_place_of_a_bare_form_moves_to_its_key() -> None:
    found = laid_over("output_feature: {type: text}", "output_feature: label  # theirs\n")
    place = found.places["output_feature", "name"]
    assert (place.file, place.source, place.value.column) == ("_b.yaml", "label", 17)
    assert found.source(("output_feature",)).file == "t.yaml"


def test_three_layers() -> None:
    middle = merged(document("b: 2\n", "_m.yaml"), document("a: 1\nb: 1\nc: 1\n", "_l.yaml"))
    found = merged(document("c: 3\n"), middle)
    assert found.value == {"a": 1, "b": 2, "c": 3}
    assert [found.source((key,)).file for key in "abc"] == ["_l.yaml", "_m.yaml", "t.yaml"]
    assert list(found.extended) == ["_m.yaml", "_l.yaml"]


def test_the_documents_are_left_alone() -> None:
    over, base = document("a: {x: 1}"), document("a: {y: 2}")
    merged(over, base)
    assert (over.value, base.value) == ({"a": {"x": 1}}, {"a": {"y": 2}})
    assert base.places["a", "y"].file is None


def test_inside_a_text_of_the_extended_file() -> None:
    found = laid_over("a: 1\n", "t: >-\n  one\n  two {x}\n")
    source = found.places["t",].source
    span = found.inside(("t",), source.index("{"), 3)
    assert (span.line, span.column, span.width) == (3, 7, 3)


def test_what_is_no_bare_form() -> None:
    values: tuple[Value, ...] = ({"a": 1}, [1], None)
    for value in values:
        assert as_mapping(value, ("output_feature",), {}) is value
    assert as_mapping("x", ("no", "such"), {}) == "x"
    assert as_mapping(4, ("prompt", "examples"), {}) == {"count": 4}


def test_places_without_a_branch() -> None:
    places = document("a: {b: 1}\nc: 2\n").places
    assert set(without(places, ("a",))) == {(), ("c",)}
