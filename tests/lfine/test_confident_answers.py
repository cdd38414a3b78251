"""How sure a model is of new rows: as sure as an evaluation says of the same rows, with the same texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.finetune.data.formats.registry import read_rows
from tests.lfine.projects import Project, lfine, write_csv

ROUNDED = 5e-5
"""Four digits stand in a table."""


@pytest.mark.parametrize("constrain", ["null", "labels"])
def test_as_sure_as_an_evaluation(trained: Project, tmp_path: Path, constrain: str) -> None:
    more = ("--runs-dir", trained.runs, "--set", f"generation.constrain={constrain}")
    assert lfine("evaluate", trained.task, *more).code == 0
    (run,) = trained.run_folders()
    text = (run / "evaluations/tuned/predictions.jsonl").read_text(encoding="utf-8")
    held_out = {line["row_id"]: line for line in map(json.loads, text.splitlines())}
    ended = lfine("predict", trained.task, *more, "--input", trained.rows, "--out", tmp_path / "a.csv")
    assert ended.code == 0, ended.err
    table = read_rows(tmp_path / "a.csv").rows
    told = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = {line["row_id"]: line for line in told}
    assert len(held_out) == 12
    for number, line in held_out.items():
        assert lines[number]["prediction"] == line["prediction"]
        assert table[number]["label_predicted"] == line["prediction"]
        if line.get("confidence") is not None:
            assert lines[number]["confidence"] == pytest.approx(line["confidence"], abs=1e-6)
            assert float(str(table[number]["confidence"])) == pytest.approx(line["confidence"], abs=ROUNDED)
        else:
            assert "confidence" not in lines[number]
    if constrain == "labels":
        assert all(line.get("confidence") is not None for line in held_out.values())


def test_every_row_is_answered_once(finished: Project, tmp_path: Path) -> None:
    rows = [{"question": "word " * 600}, {"question": "why a fee"}, {"question": "my card"}]
    new = write_csv(tmp_path / "new.csv", rows)
    line = ("--runs-dir", finished.runs, "--input", new, "--set", "generation.max_new_tokens=1")
    ended = lfine("predict", finished.task, *line, "--out", tmp_path / "a.csv")
    assert ended.code == 0, ended.err
    plain = sorted(
        map(json.loads, lfine("predict", finished.task, *line).out.splitlines()), key=lambda one: one["row_id"]
    )
    assert [row["label"] for row in read_rows(tmp_path / "a.csv").rows] == [one["prediction"] for one in plain]
