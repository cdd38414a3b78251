"""The list of decisions: value, origin and reason of each, in the order they were made."""

from __future__ import annotations

from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import Decision


def origin(path: str) -> str:
    return f"task.yaml:{len(path)}"


def test_a_written_value_names_its_place_and_is_returned() -> None:
    notes = Notes(origin)
    assert notes.written("adapter.r", 16) == 16
    assert notes.decisions == [Decision("adapter.r", 16, "task.yaml:9", "")]


def test_a_derived_value_is_derived_wherever_its_key_stands() -> None:
    notes = Notes(origin)
    assert notes.derived("adapter.alpha", 32, "twice the rank") == 32
    assert notes.decisions == [Decision("adapter.alpha", 32, "derived", "twice the rank")]


def test_a_settled_value_is_one_or_the_other() -> None:
    notes = Notes(origin)
    assert notes.settled("prompt.chat", "none", "asked for", said=True) == "none"
    assert notes.settled("prompt.chat", "chat", "found", said=False) == "chat"
    assert [(each.origin, each.reason) for each in notes.decisions] == [
        ("task.yaml:11", "asked for"),
        ("derived", "found"),
    ]


def test_decisions_stay_in_order_and_hold_lists_as_json_does() -> None:
    notes = Notes(origin)
    assert notes.written("b", ("x", "y")) == ("x", "y")
    notes.derived("a", None, "")
    notes.derived("b", 2, "")
    assert [each.path for each in notes.decisions] == ["b", "a", "b"]
    assert notes.decisions[0].value == ["x", "y"]
