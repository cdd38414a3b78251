"""Which rows are mended, which go, and that the log alone gives every row back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lfine.finetune.data.check.checking import CHECKS
from lfine.finetune.data.check.fixing import MENDED, REPAIRS, Change, Fixed, Read, Repair, fix
from lfine.finetune.data.check.subject import Subject
from lfine.finetune.data.values import Row, answer_of, text_of
from lfine.schemas.task import OutputType, SplitName

NAMES: dict[str, SplitName] = {"train": "train", "validation": "validation", "test": "test"}


def reader(*, kind: OutputType = "category", answers: bool = True) -> Read:
    """Rows of `q`, `a` and `split`; without split all are train."""

    def read(row_ids: Sequence[int], rows: Sequence[Row]) -> Subject:
        assert len(row_ids) == len(rows)
        return Subject(
            title="made",
            files=("made.csv",),
            columns=("q", "a", "split"),
            rows=rows,
            inputs=[text_of(row["q"]) for row in rows],
            answers=[answer_of(row["a"]) for row in rows] if answers else None,
            splits=[NAMES[text_of(row.get("split") or "train")] for row in rows],
            output_column="a",
            kind=kind,
        )

    return read


def made(*rows: str) -> list[Row]:
    """`question/answer/split` → a row."""
    return [dict(zip(("q", "a", "split"), row.split("/"), strict=False)) for row in rows]


def only(*repairs: Repair) -> tuple[Repair, ...]:
    return repairs


def restored(fixed: Fixed) -> dict[int, Row]:
    """Every row as it was read, from what is left and the log."""
    rows: dict[int, Row] = dict(zip(fixed.kept, fixed.rows, strict=True))
    removed = {change.row: change.before for change in fixed.changes if change.column is None}
    for change in reversed(fixed.changes):
        if change.column is not None and change.row not in removed:
            assert rows[change.row][change.column] == change.after
            rows[change.row] = {**rows[change.row], change.column: change.before}
    for row, before in removed.items():
        assert isinstance(before, Mapping)
        rows[row] = before
    return rows


def test_nothing_to_mend_leaves_the_very_same_rows() -> None:
    rows = made("one/yes/train", "two/no/test")
    fixed = fix(rows, reader())
    assert fixed.changes == ()
    assert fixed.counts() == {}
    assert all(new is old for new, old in zip(fixed.rows, rows, strict=True))
    assert fixed.kept == (0, 1)
    assert fixed.splits == ("train", "test")


def test_the_log_gives_every_row_back_and_no_row_is_touched() -> None:
    rows = made(
        " one /Yes/train", "one/yes/test", "two\x00/no /train", "two/no/train", "three/ /train", "four/Yes/train"
    )
    before = [dict(row) for row in rows]
    fixed = fix(rows, reader())
    assert rows == before
    assert [restored(fixed)[at] for at in range(len(rows))] == before
    assert fixed.kept == (1, 2, 5)
    assert fixed.counts() == {
        "control-characters": 1,
        "whitespace": 3,
        "labels": 1,
        "empty-answers": 1,
        "duplicates": 2,
    }


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        (("x/a/train", "x/a/test"), (1,)),
        (("x/a/test", "x/a/train"), (0,)),
        (("x/a/train", "x/b/test"), (1,)),  # the input is enough: the model has seen the question
        (("x/a/train", "x/a/validation"), (1,)),
        (("x/a/validation", "x/a/test"), (1,)),
        (("x/a/train", "x/a/validation", "x/a/test"), (2,)),
        (("x/a/train", "x/a/train"), (0,)),
        (("x/a/train", "x/b/train"), (0, 1)),  # a contradiction is for a person
        (("x/a/test", "x/a/test", "x/b/test"), (0, 2)),
        (("x/a/train", "y/a/test"), (0, 1)),
    ],
)
def test_what_is_scored_stays(rows: Sequence[str], kept: tuple[int, ...]) -> None:
    fixed = fix(made(*rows), reader(), repairs=only("duplicates"))
    assert fixed.kept == kept
    assert {change.twin for change in fixed.changes} <= set(kept)


def test_the_twin_of_a_training_row_is_the_row_that_is_scored() -> None:
    fixed = fix(made("x/a/train", "x/a/train", "x/a/validation", "x/a/test"), reader(), repairs=only("duplicates"))
    assert [(change.row, change.twin) for change in fixed.changes] == [(0, 3), (1, 3), (2, 3)]


def test_without_answers_the_input_alone_counts() -> None:
    assert fix(made("x/a", "x/b"), reader(answers=False)).kept == (0,)


def test_a_row_removed_for_its_answer_keeps_no_other_away() -> None:
    assert fix(made("x/ /test", "x/a/train"), reader()).kept == (1,)


def test_labels_are_written_in_the_most_frequent_way() -> None:
    rows = made("1/Yes", "2/yes", "3/Yes ", "4/YES", "5/not  sure", "6/Not sure", "7/no")
    fixed = fix(rows, reader(), repairs=only("labels"))
    assert [row["a"] for row in fixed.rows] == ["Yes", "Yes", "Yes ", "Yes", "Not sure", "Not sure", "no"]
    assert [change.row for change in fixed.changes] == [1, 3, 4]  # a tie goes to the alphabet


def test_free_text_has_no_labels_to_merge() -> None:
    rows = made("1/Yes", "2/yes")
    assert fix(rows, reader(kind="text")).changes == ()


def test_a_label_that_the_task_makes_is_not_written_over() -> None:
    rows: list[Row] = [{"q": "1", "a": 0}, {"q": "2", "a": "YES"}, {"q": "3", "a": "yes"}, {"q": "4", "a": "yes"}]
    fixed = fix(rows, reader(), repairs=only("labels"))
    assert [row["a"] for row in fixed.rows] == [0, "yes", "yes", "yes"]

    def by_table(row_ids: Sequence[int], left: Sequence[Row]) -> Subject:
        found = reader()(row_ids, left)
        return replace(found, answers=[{"n": "Yes", "m": "yes"}[text_of(row["a"])] for row in left])

    assert fix(made("1/n", "2/n", "3/m"), by_table).changes == ()


def test_labels_that_became_equal_make_rows_equal() -> None:
    assert fix(made("x/Yes", "x/yes", "y/Yes"), reader()).kept == (0, 2)
    assert fix(made("x/Yes", "x/yes", "y/Yes"), reader(), repairs=only("duplicates")).kept == (0, 1, 2)


@pytest.mark.parametrize("name", REPAIRS)
def test_each_repair_alone_and_all_but_it(name: Repair) -> None:
    if name == "mojibake":
        pytest.importorskip("ftfy")
    rows = made("cafÃ©/Yes", "a\x00b/Yes", " c/Yes", "d/yes", "e/", "f/Yes", "f/Yes")
    assert set(fix(rows, reader(), repairs=(name,)).counts()) == {name}
    rest = tuple(each for each in REPAIRS if each != name)
    assert set(fix(rows, reader(), repairs=rest).counts()) == set(rest)


def turns(*said: str | None) -> list[dict[str, Any]]:
    roles = ("user", "assistant")
    return [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]


def test_texts_inside_lists_and_objects_are_mended_where_they_stand() -> None:
    rows: list[Row] = [{"q": turns("hi\x00 ", " ok "), "a": "x", "tokens": [" a", "b\x00"], "n": {"k": " v"}}]
    fixed = fix(rows, reader())
    assert fixed.rows[0]["q"] == turns("hi", "ok")
    assert fixed.rows[0]["n"] == {"k": " v"}
    assert fixed.rows[0]["tokens"] == [" a", "b"]  # a token may begin with a blank
    assert {change.column for change in fixed.changes} == {"q[0].content", "q[1].content", "tokens[1]"}
    assert rows[0]["q"] == turns("hi\x00 ", " ok ")


def test_a_conversation_without_an_answer_goes_before_the_rows_are_read() -> None:
    rows: list[Row] = [{"q": turns("hi", " "), "a": "x"}, {"q": turns("hi", "yes"), "a": "x"}]
    seen: list[Sequence[int]] = []

    def read(row_ids: Sequence[int], left: Sequence[Row]) -> Subject:
        seen.append(row_ids)
        return reader()(row_ids, left)

    fixed = fix(rows, read, conversations="q")
    assert seen == [[1]]
    assert fixed.kept == (1,)
    assert fixed.changes[-1] == Change(0, "empty-answers", None, rows[0], None)
    assert fix(rows, reader(), repairs=only("whitespace"), conversations="q").kept == (0, 1)


def test_the_split_is_that_of_the_mended_rows() -> None:
    def by_content(row_ids: Sequence[int], rows: Sequence[Row]) -> Subject:
        found = reader()(row_ids, rows)
        return replace(found, splits=["test" if len(text_of(row["q"])) < 3 else "train" for row in rows])

    fixed = fix(made("ab  /x", "ab/x"), by_content)
    assert fixed.kept == (0,)
    assert fixed.splits == ("test",)


def test_a_change_as_a_line_of_the_log() -> None:
    assert Change(4, "labels", "a", "yes", "Yes").record() == {
        "row": 4,
        "repair": "labels",
        "column": "a",
        "before": "yes",
        "after": "Yes",
    }
    assert Change(4, "duplicates", None, {}, None, 2).record()["twin"] == 2


def test_what_is_said_to_be_mended_is_found_and_can_be() -> None:
    assert set(MENDED) <= {name for check in CHECKS for name in check.names}
    assert set(MENDED.values()) <= set(REPAIRS)
