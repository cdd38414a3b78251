"""Columns that teach nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lfine.finetune.data.check.columns import useless_columns
from lfine.finetune.data.check.subject import Subject
from tests.finetune.data.check.conftest import MakeSubject, Only


def with_columns(made: Subject, inputs: tuple[str, ...] = ("question",), **cells: Sequence[object]) -> Subject:
    rows = [{**row, **{name: values[at] for name, values in cells.items()}} for at, row in enumerate(made.rows)]
    return replace(made, rows=rows, columns=(*made.columns, *cells), input_columns=inputs)


def twenty(subject: MakeSubject) -> Subject:
    return subject(train=[(f"what is {at} and {at}?", str(at)) for at in range(20)])


def test_useless_columns(subject: MakeSubject, only: Only) -> None:
    rows = with_columns(twenty(subject), source=["web"] * 20, page=["web"] * 19 + ["x"])
    found = only(useless_columns(rows))
    assert (found.severity, found.column) == ("note", "source")
    shown = with_columns(twenty(subject), ("source",), source=["web"] * 20)
    assert only(useless_columns(shown)).severity == "warning"


def test_id_like_columns(subject: MakeSubject, only: Only) -> None:
    numbers: list[object] = list(range(20))
    words: list[object] = [f"word{chr(97 + at)}" for at in range(20)]
    texts: list[object] = [f"two words {at}" for at in range(20)]
    rows = with_columns(
        twenty(subject), key=numbers, word=words, doc_id=words, texts=texts, weight=[0.1 * at for at in range(20)]
    )
    found = only(useless_columns(rows))
    assert found.severity == "note"
    assert found.message == "columns 'key', 'doc_id': another number or name in every row"


def test_an_id_in_the_prompt_is_a_warning(subject: MakeSubject, only: Only) -> None:
    found = only(useless_columns(with_columns(twenty(subject), ("key",), key=list(range(20)))))
    assert (found.severity, found.column) == ("warning", "key")


def test_a_cell_twice_or_empty_is_no_id(subject: MakeSubject) -> None:
    twice: list[object] = [*range(19), 3]
    empty: list[object] = [*range(19), None]
    assert list(useless_columns(with_columns(twenty(subject), twice=twice, empty=empty))) == []


def test_the_answer_is_neither(subject: MakeSubject) -> None:
    rows = subject(train=[(f"which one of these is it, {at % 3}?", str(at)) for at in range(20)])
    assert list(useless_columns(rows)) == []


def test_few_rows_say_nothing(subject: MakeSubject) -> None:
    few = subject(train=[("a b", "1"), ("a b", "1")])
    assert list(useless_columns(few)) == []


def test_cells_without_a_text_are_passed_over(subject: MakeSubject) -> None:
    raw: list[object] = [b"bytes"] * 20
    rows = with_columns(twenty(subject), raw=raw)
    assert list(useless_columns(rows)) == []
    assert list(useless_columns(rows)) == []
