"""All of it together: in the order of reading, and whole or broken."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from lfine.doctor.examining import SECTIONS, examine, itself


def test_every_section_in_order() -> None:
    found = examine()
    sections = list(dict.fromkeys(each.section for each in found.findings))
    assert sections == list(SECTIONS)
    assert found.healthy
    assert {each.mark for each in found.findings} <= {"ok", "note", "missing"}
    assert all(each.cure for each in found.findings if each.mark == "missing")


def test_a_broken_plain_install_is_not_healthy(pretend: Callable[..., None]) -> None:
    pretend({"pyarrow": "26"})
    found = examine()
    assert not found.healthy
    assert [each.name for each in found.findings if each.mark == "broken"] == ["plain install"]


def test_a_python_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    _, python, _ = itself()
    assert python.mark == "broken"
    assert "3.11 or newer" in python.said
    assert python.cure
