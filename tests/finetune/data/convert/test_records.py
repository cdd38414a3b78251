"""Records between two forms."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from lfine.finetune.data.convert.records import Dialogue, Dialogues, Names


def test_nothing_is_named_unless_said() -> None:
    assert Names() == Names(prompt=None, answer=None, system=None)


def test_records_do_not_change() -> None:
    found = Dialogues("table", (), (Dialogue((), {}),))
    assert found.notes == ()
    with pytest.raises(FrozenInstanceError):
        found.notes = ("x",)  # type: ignore[misc]
