"""The account of keys."""

from __future__ import annotations

from typing import Any

from lfine.converting.account import Key, placed, table

KEYS = (
    Key("a", 1, "kept", "a", ""),
    Key("trainer.train_steps", 40000, "converted", "trainer.train_steps", "2,500 updates"),
    Key("b", "x" * 100, "moved", "c.d", ""),
    Key("e", None, "left out", "", "no use"),
)


def test_table() -> None:
    lines = table(KEYS).splitlines()
    assert lines[0].split() == ["a", "1", "kept"]
    assert lines[1].endswith("converted  2,500 updates")
    assert lines[2].endswith("…  moved      c.d")
    assert lines[3].endswith("left out   no use")
    assert len({line.index("left out") if "left out" in line else lines[3].index("left out") for line in lines}) == 1
    assert table(()) == ""


def test_records_hold_the_whole_value() -> None:
    assert KEYS[2].record() == {"key": "b", "value": "x" * 100, "fate": "moved", "target": "c.d", "why": ""}


def test_placed() -> None:
    task: dict[str, Any] = {}
    placed(task, "a.b.c", 1)
    placed(task, "a.d", None)
    assert task == {"a": {"b": {"c": 1}, "d": None}}
