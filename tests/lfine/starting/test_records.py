"""A task file before it is text."""

from __future__ import annotations

from lfine.starting.records import Draft, Section


def test_the_task_is_the_values_of_the_sections_in_their_order() -> None:
    draft = Draft(("head",), (Section("prompt", {"template": "{a}"}, ("why",)), Section("base_model", "x")))
    assert draft.task == {"prompt": {"template": "{a}"}, "base_model": "x"}
    assert list(draft.task) == ["prompt", "base_model"]
