"""Templates: what is a placeholder, what is text, what is refused and where."""

from __future__ import annotations

import pytest

from lfine.schemas.template import Part, TemplateError, columns, parse_template, render


def literal(text: str, offset: int) -> Part:
    return Part(text, column=False, offset=offset)


def column(text: str, offset: int) -> Part:
    return Part(text, column=True, offset=offset)


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("", ()),
        ("plain", (literal("plain", 0),)),
        ("{q}", (column("q", 0),)),
        ("Q: {q} A:", (literal("Q: ", 0), column("q", 3), literal(" A:", 6))),
        ("{a}{b}", (column("a", 0), column("b", 3))),
        ("{{x}}", (literal("{x}", 0),)),
        ("{{{x}}}", (literal("{", 0), column("x", 2), literal("}", 5))),
        ("a{{b}}c{d}", (literal("a{b}c", 0), column("d", 7))),
        ("{two words}", (column("two words", 0),)),
        ("{ padded }", (column(" padded ", 0),)),
        ("{x!r:>10}", (column("x!r:>10", 0),)),
        ("{0}", (column("0", 0),)),
        ("é{ü}🙂", (literal("é", 0), column("ü", 1), literal("🙂", 4))),
        ("one\ntwo {x}\n", (literal("one\ntwo ", 0), column("x", 8), literal("\n", 11))),
    ],
)
def test_parts(template: str, parts: tuple[Part, ...]) -> None:
    assert parse_template(template) == parts


@pytest.mark.parametrize(
    ("template", "offset", "message"),
    [
        ("a {x", 2, "holds a `{` that no `}` closes on its line"),
        ("a x}", 3, "holds a `}` that closes no placeholder"),
        ("{x}}", 3, "holds a `}` that closes no placeholder"),
        ("{{x}", 3, "holds a `}` that closes no placeholder"),
        ("{a{b}}", 0, "holds a `{` that no `}` closes on its line"),
        ("{}", 0, "holds a placeholder without a name"),
        ("x {  } y", 2, "holds a placeholder without a name"),
        ('{"a": 1}', 0, "holds a `{` that opens no placeholder: no column's name holds a quote"),
        ('{x} {\n  "a": 1\n}', 4, "holds a `{` that no `}` closes on its line"),
        ("{", 0, "holds a `{` that no `}` closes on its line"),
    ],
)
def test_refusals(template: str, offset: int, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        parse_template(template)
    assert (caught.value.offset, caught.value.message) == (offset, message)
    assert "{{" in caught.value.cure


def test_columns_are_named_once_in_order() -> None:
    assert columns(parse_template("{b} {a} {b} {{c}}")) == ("b", "a")
    assert columns(()) == ()


def test_rendering() -> None:
    parts = parse_template("Q: {q}\n{{json}} {a b}")
    assert render(parts, {"q": "why?", "a b": "because", "unused": "x"}) == "Q: why?\n{json} because"


@pytest.mark.parametrize("value", ["{x}", "{{", "}}", "{", "{a.__class__}", "%s", "\\1", "$x", ""])
def test_values_are_never_read_as_templates(value: str) -> None:
    assert render(parse_template("<{a}|{b}>"), {"a": value, "b": "{a}"}) == f"<{value}|{{a}}>"


def test_rendering_needs_every_column() -> None:
    with pytest.raises(KeyError, match="q"):
        render(parse_template("{q}"), {"Q": "x"})
