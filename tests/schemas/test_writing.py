"""Documents written as YAML: what is read back is what was written."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfine.schemas.document import Document, Value
from lfine.schemas.source import check_characters
from lfine.schemas.writing import document_text, quoted
from lfine.schemas.yaml_text import compose


def read(text: str) -> Document:
    check_characters(text, "t.yaml")
    found = compose(text, "t.yaml").document
    assert found is not None
    return found


def written(value: Mapping[str, Value]) -> str:
    """Return the text of a value that no file has: nothing can be taken over from a source."""
    return document_text(Document("t.yaml", dict(value), "", ("",), {}, {}))


def body(text: str) -> str:
    return "".join(line for line in document_text(read(text)).splitlines(keepends=True) if not line.startswith("# "))


def test_the_layout() -> None:
    text = (
        "a: 1e-4\nb: {c: 'x y', d: [p, 012], e: {}}\nm:\n- name: f1\n  beta: 0x10\n- rouge\n"
        "t: |\n  Question:\n\n    {q}\nu: >-\n  one\n  two\nn: null\nz:\nextends: _b.yaml\n"
    )
    assert body(text) == (
        "a: 1e-4\nb:\n  c: 'x y'\n  d:\n    - p\n    - 012\n  e: {}\nm:\n  - name: f1\n    beta: 0x10\n  - rouge\n"
        't: |\n  Question:\n\n    {q}\nu: "one two"\nn: null\nz: null\n'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 5\nb: *x\n", "a: 5\nb: 5\n"),
        ('a: &x "*x"\nb: *x\n', 'a: "*x"\nb: "*x"\n'),
        ("a: !!str 5\n", 'a: "5"\n'),
        ('"a b": 1\n"5": 2\n"": 3\n', '"a b": 1\n"5": 2\n"": 3\n'),
        ("a: one\n  two\n", 'a: "one two"\n'),
        ('a: "x\\ty"\n', 'a: "x\\ty"\n'),
        ("a: []\n", "a: []\n"),
    ],
)
def test_scalars(text: str, expected: str) -> None:
    assert body(text) == expected
    assert read(body(text)).value == read(text).value


@pytest.mark.parametrize(
    "text", ["x\n", "x\n\n", " x\ny", "x \ny", "\nx", "x\r\ny", "x\n\ty", "a\n#b", "\u2028", "\x85\n", "---\n..."]
)
def test_texts_of_several_lines(text: str) -> None:
    assert read(written({"a": {"t": text}, "l": [text, [text]]})).value == {"a": {"t": text}, "l": [text, [text]]}


def test_quoted_characters_can_stand_in_yaml() -> None:
    assert quoted('a"b\x7f\u2028🙂') == '"a\\"b\\u007f\\u2028🙂"'


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text("ab :#-'\"\n\t{}[]", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.dictionaries(TEXTS.filter(lambda key: key != "extends"), VALUES, min_size=1, max_size=4))
def test_any_value_is_read_back(value: dict[str, Value]) -> None:
    text = written(value)
    assert read(text).value == value
    assert written(value) == document_text(read(text)) or read(document_text(read(text))).value == value
