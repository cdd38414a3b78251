"""Figures as files: one SVG and one PNG of each, the words in them, the same from the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.evaluation.records import Confusion
from lfine.evaluation.reports.figure_files import _plan, _save, _sheet, write_figures
from lfine.evaluation.reports.figures import Errors, Matrix, figures_of
from lfine.evaluation.reports.sources import read_report_files
from lfine.evaluation.reports.tables import LabelErrors
from lfine.schemas.errors import MachineError

pytest.importorskip("matplotlib", reason="figures as files need the extra `report`")


def test_every_figure_of_the_page_is_written(run_folder: Path, tmp_path: Path) -> None:
    source = read_report_files(run_folder, run_folder / "evaluations" / "tuned")
    written = write_figures(source, tmp_path / "figures")
    expected = [f"{name}.{kind}" for name in figures_of(source) for kind in ("svg", "png")]
    assert [path.name for path in written] == expected
    for path in written:
        assert path.read_bytes()[:5] in (b"<?xml", b"\x89PNG\r")
    scores = (tmp_path / "figures" / "scores.svg").read_text(encoding="utf-8")
    assert "accuracy of each model with its interval" in scores
    assert ">tuned<" in scores


def test_the_same_figure_gives_the_same_files(tmp_path: Path) -> None:
    figure = Errors("t", (LabelErrors("auto", 40, 10),))
    for kind in ("svg", "png"):
        contents = []
        for name in ("one", "two"):
            with _sheet(figure) as sheet:
                contents.append(_save(sheet, tmp_path / f"{name}.{kind}").read_bytes())
        assert contents[0] == contents[1]


def test_labels_with_dollars_and_markup_stay_text(tmp_path: Path) -> None:
    label = r"$\frac{1$ <b>&"
    with _sheet(Matrix("t", Confusion((label, "b"), ((3, 1, 0), (0, 4, 1))))) as sheet:
        sheet.savefig(tmp_path / "m.svg")
    text = (tmp_path / "m.svg").read_text(encoding="utf-8")
    assert "&lt;b&gt;&amp;" in text
    assert r"$\frac{1$" in text


def test_seventy_seven_labels_have_room() -> None:
    size = 77
    counts = tuple(tuple(int(row == column) for column in range(size + 1)) for row in range(size))
    height, _ = _plan(Matrix("t", Confusion(tuple(map(str, range(size))), counts)))
    assert height * 72 / size > 13  # points to a row, with letters of 6


def test_a_folder_that_cannot_be_made(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    source = read_report_files(run_folder, run_folder / "evaluations" / "tuned")
    with pytest.raises(MachineError, match="LF405"):
        write_figures(source, tmp_path / "file" / "figures")


def test_a_report_without_matplotlib_is_not_kept_from_its_page(
    run_folder: Path, add_evaluation: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    from lfine.evaluation.reports.page import write_report

    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it would raise
    assert write_report(run_folder, add_evaluation(run_folder, "tuned", wrong=1)).exists()
