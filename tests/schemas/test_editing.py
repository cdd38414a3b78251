"""Texts by line and column, and edits of them."""

from __future__ import annotations

import pytest

from lfine.schemas.document import Document
from lfine.schemas.editing import Text, apply_edits, end_of, key_span
from lfine.schemas.problems import Edit
from lfine.schemas.yaml_text import compose

TEXT = "a: 1\r\nbc: {d: 2}  # two\n\nlast"


def test_places_and_indices() -> None:
    text = Text.of(TEXT)
    assert text.starts == (0, 6, 24, 25)
    assert [text.line(number) for number in (1, 2, 3, 4)] == ["a: 1", "bc: {d: 2}  # two", "", "last"]
    assert [text.line_of(index) for index in (0, 5, 6, 24, 25, 29)] == [1, 1, 2, 3, 4, 4]
    assert (text.index(2, 5), text.index(9, 9), text.after(1), text.after(4)) == (10, 29, 6, 29)
    assert (text.newline, Text.of("a\nb").newline) == ("\r\n", "\n")


def test_an_edit_and_its_application() -> None:
    edit = Text.of(TEXT).edit(10, 11, "xy")
    assert edit == Edit(2, 5, 2, 6, "xy")
    assert apply_edits(TEXT, [edit]) == TEXT.replace("{d", "xyd")


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], "one\ntwo\n"),
        ([Edit(1, 1, 2, 1, "")], "two\n"),
        ([Edit(1, 4, 1, 4, "!")], "one!\ntwo\n"),
        ([Edit(1, 1, 1, 2, "O"), Edit(2, 1, 2, 4, "2")], "One\n2\n"),
        ([Edit(3, 1, 3, 1, "three\n")], "one\ntwo\nthree\n"),
        ([Edit(1, 1, 1, 1, "a"), Edit(1, 1, 1, 2, "b")], "abne\ntwo\n"),
    ],
)
def test_edits(edits: list[Edit], expected: str) -> None:
    assert apply_edits("one\ntwo\n", edits) == expected


@pytest.mark.parametrize("edits", [[Edit(1, 1, 1, 3, ""), Edit(1, 2, 1, 4, "")], [Edit(2, 2, 1, 1, "")]])
def test_edits_that_overlap(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        apply_edits("one\ntwo\n", edits)


def test_ends_of_values_leave_comments_out() -> None:
    text = "a:\n  b: 1  # c\n  d: |\n    x\n\n# e\nf: {g: [1]}  # h\ni: # j\n"
    document = compose(text, "t.yaml").document
    assert isinstance(document, Document)
    ends = {path: text[: end_of(document, path)] for path in (("a",), ("a", "b"), ("f",), ("i",))}
    assert ends["a", "b"].endswith("b: 1")
    assert ends["a",].endswith("    x")
    assert ends["f",].endswith("{g: [1]}")
    assert ends["i",].endswith("\ni:")
    start, stop = key_span(document.places["a", "d"], Text.of(text))
    assert text[start:stop] == "d"
