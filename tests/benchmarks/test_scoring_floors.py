"""A line of the table on a small set, its figures worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scoring_floors import HEAD, Case, line, measured


def test_a_line_scores_both_kinds_of_answers_by_both_measures(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    rows = {"label": [0, 1, 2, 1, 1], "split": ["test"] * 4 + ["train"]}
    parquet.write_table(arrow.table(rows), tmp_path / "nli.parquet")
    found = line(Case("mnli", "nli", "label", "mnli_accuracy", "accuracy"), tmp_path, {"mnli": "0.87"})
    cells = [cell.strip() for cell in found.strip("|").split("|")]
    assert cells[:3] == ["mnli", "`lora_land.mnli_accuracy`", "0.87"]
    assert cells[3] == cells[6]  # labels alone are read alike
    assert (cells[4], cells[5], cells[7]) == ("1.00", "`accuracy`", "0.00")
    assert found.count("|") == HEAD.splitlines()[0].count("|")


def test_a_corpus_metric_gives_its_headline() -> None:
    assert measured("pearson", ["1", "2", "3"], ["2", "4", "6"]) == pytest.approx(1.0)
    assert measured("accuracy", ["a", "b"], ["it is a", "a or b"], labels=["a", "b"]) == 0.5
