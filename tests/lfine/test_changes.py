"""differences(): which leaves of two records differ, in words."""

from __future__ import annotations

from lfine.changes import LONGEST, differences


def test_equal_records_have_none() -> None:
    assert differences({"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}) == []


def test_leaves_are_named_by_their_dotted_path() -> None:
    before = {"trainer": {"learning_rate": 0.1, "seed": 1}, "adapter": {"r": 8}}
    after = {"trainer": {"learning_rate": 0.2, "seed": 1}, "adapter": {"r": 16}}
    assert differences(before, after) == ["trainer.learning_rate was 0.1, is 0.2", "adapter.r was 8, is 16"]


def test_a_key_that_one_of_them_lacks() -> None:
    assert differences({"a": 1}, {"b": 2}) == ["a was 1, is null", "b was null, is 2"]


def test_values_are_written_as_in_a_task_file() -> None:
    before, after = {"epochs": None, "name": "größe", "flag": True}, {"epochs": 3.0, "name": "", "flag": False}
    told = ["epochs was null, is 3.0", 'name was "größe", is ""', "flag was true, is false"]
    assert differences(before, after) == told


def test_a_part_that_became_null() -> None:
    assert differences({"adapter": {"r": 8}}, {"adapter": None}) == ['adapter was {"r": 8}, is null']


def test_what_is_left_out_is_left_out_at_the_top_only() -> None:
    before, after = {"machine": 1, "model": {"machine": 1}}, {"machine": 2, "model": {"machine": 2}}
    assert differences(before, after, leave_out=("machine",)) == ["model.machine was 1, is 2"]


def test_a_page_of_text_is_shortened() -> None:
    (line,) = differences({"template": "x" * 500}, {"template": "y"})
    assert line.startswith('template was "xxx')
    assert line.endswith('…, is "y"')
    assert len(line) < LONGEST + 40
