"""The three parts of the benchmark of remote models on a few questions: they count what they say they count."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import endpoint
from benchmarks.endpoint import QUICK, failures, kills, speed
from lfine.finetune.generate.endpoint import Asker, Outcome, Pace
from lfine.finetune.generate.endpoint_address import Key
from lfine.finetune.generate.endpoint_answers import AnswerFile
from lfine.finetune.generate.endpoint_failures import Barred
from lfine.finetune.generate.endpoint_requests import Form, Request


def test_speed_counts_answers_and_how_many_were_under_way(tmp_path: Path) -> None:
    found = speed(tmp_path, count=6, at_once=3, seconds=0.2)
    assert (found["answered"], found["ideal"], found["most at once"]) == ("6 of 6", 0.4, 3)
    assert found["seconds"] >= 0.4


def test_every_question_is_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "BAD", ("html",))
    monkeypatch.setattr(endpoint, "ERRORS", {"unauthorized": (401, {})})
    found = failures(tmp_path, count=20, pace=replace(QUICK, timeout=1.0, patience=1.0))
    assert list(found) == ["mix", "html", "unauthorized", "every wait"]
    assert "0 not begun (" in found["mix"]
    assert "stopped: LF420" in found["unauthorized"]


def test_an_answer_that_is_not_on_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "BAD", ())
    monkeypatch.setattr(AnswerFile, "add", lambda *_: None)
    with pytest.raises(SystemExit, match="mix: 0 of "):
        failures(tmp_path, count=20, pace=replace(QUICK, timeout=1.0))


def test_kills_cost_only_what_was_under_way(tmp_path: Path) -> None:
    found = kills(tmp_path, times=2, count=120)
    assert (found["answered"], found["asked again though the answer had arrived"]) == ("120 of 120", 0)
    assert found["kills"] == "2, 2 of them with requests under way"
    assert found["requests"] == 120 + found["under way when killed, and asked again"] > 120


def test_a_client_that_forgets_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ask", asked_anew)
    found = kills(tmp_path, times=2, count=30)
    assert found["asked again though the answer had arrived"] > 0


def asked_anew(
    form: Form, requests: Sequence[Request], pace: Pace, path: Path
) -> tuple[dict[str, Outcome], Barred | None]:
    """What asking would be without the answers of before."""
    with AnswerFile(path) as file:
        asker = Asker(form, Key("k", "K"), pace, file)
        asyncio.run(asker.ask(requests, lambda *_: None))
    return asker.outcomes, None
