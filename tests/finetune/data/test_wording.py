"""Counts, lists and cures in messages."""

from __future__ import annotations

from lfine.finetune.data.wording import column_cure, counted, listed, quoted, spans


def test_long_lists_end_in_a_count() -> None:
    assert listed([3]) == "3"
    assert listed([3, 7, 9, 12, 15]) == "3, 7, 9, 12, 15"
    assert listed([3, 7, 9, 12, 15, 20, 21]) == "3, 7, 9, 12, 15 and 2 more"
    assert listed(["a", "b", "c"], shown=1) == "a and 2 more"
    assert listed([]) == ""


def test_one_row_two_rows() -> None:
    assert [counted(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_a_near_column_is_offered_else_all_of_them() -> None:
    assert column_cure("lable", ["text", "label"]) == "did you mean `label`?"
    assert column_cure("Label", ["text", "label"]) == "did you mean `label`?"
    assert column_cure("outcome", ["text", "label"]) == "use one of `text`, `label`"
    assert column_cure("x", [f"column{n}" for n in range(30)]).endswith("`column19` and 10 more")


def test_a_name_with_blanks_is_not_offered_as_itself() -> None:
    cure = "write `text`: blanks at the ends of a column's name are left out when the data are read"
    assert column_cure(" text ", ["text", "label"]) == cure


def test_numbers_that_follow_one_another_are_one_span() -> None:
    assert spans([]) == ""
    assert spans([3, 7, 8, 9, 12]) == "3, 7–9, 12"
    assert spans(range(1, 1001)) == "1–1000"
    assert spans(range(1, 1000, 2)).endswith("399 and 300 more")


def test_a_value_is_no_longer_than_a_line() -> None:
    assert quoted("it's") == '"it\'s"'
    assert quoted("x" * 60) == f"'{'x' * 60}'"
    assert quoted("x" * 61) == f"'{'x' * 59}…'"
