"""What is scored beside a model: answered by the same weights without their adapter, once, on the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfine import answering
from lfine.finetune.generate import local_speaker
from lfine.finetune.models.adapters import load_adapter
from lfine.finetune.models.loading import load_base
from tests.lfine.projects import Project, lfine

BASELINES = ("--set", "evaluation.baselines=[base, few_shot]", "--set", "evaluation.few_shot_examples=2")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that weights were loaded from."""
    found: list[str] = []

    def loaded_base(folder: Path, **how: Any) -> Any:
        found.append("base")
        return load_base(folder, **how)

    def loaded_adapter(model: Any, folder: Path) -> Any:
        found.append("adapter")
        return load_adapter(model, folder)

    monkeypatch.setattr(local_speaker, "load_base", loaded_base)
    monkeypatch.setattr(local_speaker, "load_adapter", loaded_adapter)
    return found


def lines_of(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "predictions.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def scores_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return found


def test_base_and_few_shot_are_answered_by_the_weights_that_are_loaded(trained: Project, loads: list[str]) -> None:
    evaluations = trained.run_folders()[0] / "evaluations"
    ended = lfine("evaluate", "topics.yaml", *BASELINES)
    assert ended.code == 0, ended
    assert loads == ["base", "adapter"]
    shown = lines_of(evaluations / "few_shot")
    tuned = lines_of(evaluations / "tuned")
    base = lines_of(evaluations / "base")
    assert [line["row_id"] for line in shown] == [line["row_id"] for line in base] == [line["row_id"] for line in tuned]
    assert [line["prompt"] for line in base] == [line["prompt"] for line in tuned]
    assert all(line["prompt"].count("Classify the question") == 3 for line in shown)
    assert all(
        line["prompt"].endswith(asked["prompt"].partition("Classify")[2])
        for line, asked in zip(shown, base, strict=True)
    )
    assert "base (accuracy)" in ended.out
    assert "few_shot (accuracy)" in ended.out
    assert "few_shot" in (evaluations / "tuned" / "report.html").read_text(encoding="utf-8")
    assert not list(trained.runs.rglob(answering.PARTIAL))


def test_the_baseline_base_is_the_base_model(trained: Project, loads: list[str]) -> None:
    """What --base answers from weights loaded for it alone, the baseline answers with the adapter switched off."""
    evaluations = trained.run_folders()[0] / "evaluations"
    assert lfine("evaluate", "topics.yaml", *BASELINES).code == 0
    beside = lines_of(evaluations / "base")
    assert lfine("evaluate", "topics.yaml", "--base").code == 0
    assert loads == ["base", "adapter", "base"]
    assert lines_of(evaluations / "base") == beside
    assert beside != lines_of(evaluations / "tuned")


def test_what_was_scored_before_is_not_answered_again(trained: Project, loads: list[str]) -> None:
    evaluations = trained.run_folders()[0] / "evaluations"
    assert lfine("evaluate", "topics.yaml", *BASELINES).code == 0
    before = (evaluations / "base" / "scores.json").stat().st_mtime_ns
    again = lfine("evaluate", "topics.yaml", *BASELINES)
    assert (evaluations / "base" / "scores.json").stat().st_mtime_ns == before
    assert "base (accuracy)" in again.out
    assert "answering with the baseline" not in again.err
    fewer = lfine("evaluate", "topics.yaml", *BASELINES, "--limit", "5")
    assert "answering with the baseline base" in fewer.err
    assert scores_of(evaluations / "base")["n"] == 5
    otherwise = lfine("evaluate", "topics.yaml", *BASELINES, "--limit", "5", "--set", "evaluation.confidence=0.9")
    assert "answering with the baseline few_shot" in otherwise.err
    (evaluations / "base" / "scores.json").write_text("{}", encoding="utf-8")
    assert lfine("evaluate", "topics.yaml", *BASELINES, "--limit", "5").code == 0
    assert scores_of(evaluations / "base")["n"] == 5
    assert loads.count("adapter") == 5


@pytest.mark.usefixtures("trained")
def test_the_base_model_is_no_baseline_of_itself() -> None:
    ended = lfine("evaluate", "topics.yaml", "--base", *BASELINES)
    assert ended.code == 0
    assert ended.out.count("base (accuracy)") == 0
    assert "few_shot (accuracy)" in ended.out


def test_predictions_from_elsewhere_need_no_model(trained: Project, loads: list[str]) -> None:
    given = trained.folder / "theirs.jsonl"
    given.write_text("".join(f'{{"row_id": {n}, "prediction": "fee"}}\n' for n in range(48, 60)), encoding="utf-8")
    ended = lfine("evaluate", "topics.yaml", "--predictions", given, *BASELINES)
    assert (ended.code, loads) == (0, [])
    assert "the baseline base needs the model" in ended.err
    assert "the baseline few_shot needs the model" in ended.err
