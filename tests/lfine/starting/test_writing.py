"""A draft as text: read back, it is the draft."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.schemas.yaml_text import compose
from lfine.starting.records import Draft, Section
from lfine.starting.writing import WIDTH, comment, scalar, written

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS,
    st.sampled_from(["yes", "null", "1", "1e3", "0x1F", "~", "- a", "a: b", "# a", "a #b", "[a]", "{a}", "'", "&a"]),
)  # fmt: skip
FLOW = st.recursive(SCALARS, lambda inner: st.dictionaries(TEXTS, inner, max_size=3), max_leaves=4)
VALUES = st.recursive(
    st.one_of(SCALARS, st.lists(FLOW, max_size=5)),
    lambda inner: st.dictionaries(TEXTS, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def read_back(text: str) -> Any:
    found = compose(text, "task.yaml")
    assert found.document is not None
    assert found.problems == ()
    return found.document.value


def section(value: object, *comments: str) -> str:
    return written(Draft((), (Section("key", value, comments),)), schema=None)


@settings(max_examples=150, deadline=None)
@given(value=VALUES, said=TEXTS)
def test_what_is_written_is_read_back(value: object, said: str) -> None:
    assert read_back(section(value, said)) == {"key": value}


def test_the_whole_of_a_file() -> None:
    sections = (
        Section("base_model", "org/model-1b", ("small",)),
        Section("prompt", {"template": "What is it?\n\nText: {text}"}),
        Section("evaluation", {"metrics": ["rouge", {"name": "bounded_error", "range": 4}], "share": 0.5}),
    )
    text = written(Draft(("Written by hand.", "", "  run it"), sections), schema="task.json")
    assert text == (
        "# yaml-language-server: $schema=task.json\n"
        "# Written by hand.\n"
        "#\n"
        "#   run it\n"
        "\n"
        "# small\n"
        "base_model: org/model-1b\n"
        "\n"
        "prompt:\n"
        "  template: |-\n"
        "    What is it?\n"
        "\n"
        "    Text: {text}\n"
        "\n"
        "evaluation:\n"
        "  metrics: [rouge, {name: bounded_error, range: 4}]\n"
        "  share: 0.5\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain words", "plain words"),
        ("a/b-c.d_e", "a/b-c.d_e"),
        ("true", '"true"'),
        ("no", "no"),  # YAML 1.2: a word like any other
        ("12", '"12"'),
        ("a: b", '"a: b"'),
        ("", '""'),
        ("é", '"é"'),
        (None, "null"),
        (True, "true"),
        (0.0002, "0.0002"),
    ],
)
def test_a_scalar_stands_in_quotes_only_where_it_must(value: object, text: str) -> None:
    assert scalar(value) == text
    assert read_back(f"key: {text}\n") == {"key": value}


def test_a_list_that_is_too_long_for_a_line_has_a_line_for_each_item() -> None:
    text = section([f"label number {n}" for n in range(20)])
    assert text.startswith("\nkey:\n  - label number 0\n  - label number 1\n")
    assert max(map(len, section(["x" * 20] * 4).split("\n"))) <= WIDTH


@pytest.mark.parametrize("text", ["a\n", "\na", "a \nb", " a\nb", "a\r\nb", "a\n\tb", "a\x07\nb", "\x07a\nb"])
def test_lines_that_a_block_would_change_stand_in_quotes(text: str) -> None:
    assert "|-" not in section(text)
    assert read_back(section(text)) == {"key": text}


def test_a_comment_stays_one_whatever_it_quotes() -> None:
    lines = comment("first\nsecond: x\x07\u2028y " + "word " * 60)
    assert all(line.startswith("# ") and len(line) <= WIDTH for line in lines)
    assert len(lines) > 2
    assert lines[1].startswith("#   word")
    assert "".join(lines).isprintable()
    long = "x" * (WIDTH + 20)
    assert comment(f"see {long}") == ["# see", f"#   {long}"], "a path or name is not broken"


def test_schema_line_only_where_it_is_known() -> None:
    assert "yaml-language-server" not in section("x")
