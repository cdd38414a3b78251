"""Every figure of a report as SVG and PNG, drawn by matplotlib, for a paper or a slide.

    write_figures(source, Path("out/tuned"))  →  [Path("out/tuned/scores.svg"), Path("out/tuned/scores.png"), …]

The figures are those of the page; their colours are its light ones. An SVG's words are text, and the same files give
the same SVG. matplotlib is an extra (`report`) and imported here only.
*Not here:* which figures there are (figures), the page's own pictures (drawing).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfine.evaluation.files import make_folder, write_whole
from lfine.evaluation.metrics.label_counts import NO_LABEL
from lfine.evaluation.records import Confusion
from lfine.evaluation.reports.calibration import Reliability
from lfine.evaluation.reports.charts import Curve
from lfine.evaluation.reports.figures import Calibration, Curves, Errors, Figure, Intervals, Matrix, figures_of
from lfine.evaluation.reports.sources import ReportFiles
from lfine.evaluation.reports.tables import LabelErrors
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

SUBJECT, OTHER, RAW, MISS, INK, LINE = "#1d5fc4", "#6b7488", "#9db4d8", "#c2410c", "#1a2130", "#d8deea"
WIDTH = 7.0
"""Inches."""
DOTS = 160
"""Per inch, of a PNG."""
LONGEST = 30
"""Characters of a name on an axis."""
SETTINGS: dict[str, Any] = {
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "lfine",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": OTHER,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "text.parse_math": False,  # a label may hold dollars
}


def write_figures(source: ReportFiles, folder: Path) -> list[Path]:
    """Write NAME.svg and NAME.png of each figure; MachineError LF405 where the folder cannot be written."""
    make_folder(folder)
    written = []
    for name, figure in figures_of(source).items():
        with _sheet(figure) as sheet:
            written += [_save(sheet, folder / f"{name}.svg"), _save(sheet, folder / f"{name}.png")]
    return written


@contextmanager
def _sheet(figure: Figure) -> Iterator[Sheet]:
    """Yield the figure, drawn without a window and without pyplot's state."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as NewSheet

    height, draw = _plan(figure)
    with mpl.rc_context(SETTINGS):
        sheet = NewSheet(
            figsize=(max(WIDTH, height) if isinstance(figure, Matrix) else WIDTH, height), layout="constrained"
        )
        axes = sheet.subplots()
        axes.set_title(figure.title, loc="left", fontsize=10)
        draw(axes)
        yield sheet


def _plan(figure: Figure) -> tuple[float, Callable[[Axes], None]]:
    """Return the height in inches and what draws it."""
    match figure:
        case Intervals(_, dots):
            return 1.2 + 0.38 * len(dots), lambda axes: _intervals(axes, figure)
        case Curves(_, curves, mark):
            return 3.4, lambda axes: _curves(axes, curves, None if mark is None else (mark.x, mark.name))
        case Matrix(_, confusion):
            return max(3.6, 1.6 + 0.19 * len(confusion.labels)), lambda axes: _matrix(axes, confusion)
        case Errors(_, labels):
            return 1.2 + 0.22 * len(labels), lambda axes: _errors(axes, labels)
        case Calibration(_, found):
            return 4.6, lambda axes: _calibration(axes, found)


def _intervals(axes: Axes, figure: Intervals) -> None:
    dots, scale = figure.dots, 100 if figure.share else 1
    for place, dot in enumerate(dots):
        colour = SUBJECT if dot.strong else OTHER
        axes.plot([scale * dot.low, scale * dot.high], [place, place], color=colour, linewidth=3, alpha=0.55)
        axes.plot(scale * dot.value, place, "o", color=colour, markersize=6)
    axes.set_yticks(range(len(dots)), [f"{_short(dot.name)}\n{dot.figures}" for dot in dots], fontsize=8)
    axes.set_ylim(len(dots) - 0.5, -0.5)
    axes.set_xlim(scale * figure.low, scale * figure.high)
    axes.set_xlabel("points of 100" if figure.share else "as it is")
    axes.grid(axis="x")
    if figure.difference:
        axes.axvline(0, color=OTHER, linewidth=1.2)


def _curves(axes: Axes, curves: Sequence[Curve], mark: tuple[float, str] | None) -> None:
    styles: dict[str, dict[str, Any]] = {
        "raw": {"color": RAW, "linewidth": 0.8},
        "smooth": {"color": SUBJECT, "linewidth": 2},
        "points": {"color": MISS, "linestyle": "none", "marker": "o", "markersize": 5},
    }
    for curve in curves:
        xs, ys = zip(*curve.places, strict=True)
        axes.plot(xs, ys, label=curve.name or "_unnamed", **styles[curve.style])
    if mark is not None:
        axes.axvline(mark[0], color=INK, linestyle="--", linewidth=1.2, label=mark[1])
    axes.set_xlabel("update")
    axes.grid(visible=True)
    if any(curve.name for curve in curves) or mark is not None:
        axes.legend(frameon=False, fontsize=8)


def _matrix(axes: Axes, confusion: Confusion) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.array(confusion.counts, dtype=float)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    right = np.eye(*counts.shape) > 0
    for colour, hidden in ((SUBJECT, ~right), (MISS, right)):
        map_ = LinearSegmentedColormap.from_list("shares", ["#ffffff", colour])
        axes.imshow(np.ma.masked_array(shares, hidden), cmap=map_, vmin=0, vmax=1, aspect="auto")
    names, size = [_short(label) for label in confusion.labels], 8 if len(confusion.labels) <= 32 else 6
    axes.set_xticks(range(len(names) + 1), [*names, NO_LABEL], rotation=90, fontsize=size)
    axes.set_yticks(range(len(names)), names, fontsize=size)
    axes.set_xlabel("answered")
    axes.set_ylabel("gold")
    if len(names) > 32:
        return
    for row, column in np.argwhere(counts > 0):
        ink = "#ffffff" if shares[row, column] > 0.5 else INK
        axes.text(column, row, f"{int(counts[row, column]):,}", ha="center", va="center", fontsize=7, color=ink)


def _errors(axes: Axes, labels: Sequence[LabelErrors]) -> None:
    places = range(len(labels))
    bars = axes.barh(places, [100 * each.wrong / each.rows for each in labels], color=MISS, height=0.7)
    axes.bar_label(bars, [f"{each.wrong:,} of {each.rows:,}" for each in labels], fontsize=7, padding=3)
    axes.set_yticks(places, [_short(each.label) for each in labels], fontsize=8)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, 112)
    axes.set_xlabel("wrong, in % of the label's rows")
    axes.grid(axis="x")


def _calibration(axes: Axes, found: Reliability) -> None:
    xs, ys = ([100 * getattr(each, name) for each in found.bins] for name in ("confidence", "right"))
    below = [100 * (each.right - each.right_low) for each in found.bins]
    above = [100 * (each.right_high - each.right) for each in found.bins]
    axes.plot([0, 100], [0, 100], color=OTHER, linestyle="--", linewidth=1.2)
    axes.errorbar(xs, ys, yerr=[below, above], fmt="o", color=SUBJECT, ecolor=RAW, elinewidth=3, markersize=6)
    for each, x in zip(found.bins, xs, strict=True):
        axes.annotate(
            f"{each.rows:,}", (x, 100 * each.right_low), (0, -10), textcoords="offset points", ha="center", fontsize=7
        )
    axes.set_xlim(0, 100)
    axes.set_ylim(-6, 102)
    axes.set_xlabel(f"confidence, in points of 100 (expected calibration error {100 * found.error:.1f})")
    axes.set_ylabel("right answers, in points of 100; rows below the bars")
    axes.grid(visible=True)


def _save(sheet: Sheet, path: Path) -> Path:
    if path.suffix == ".svg":
        text = io.StringIO()
        sheet.savefig(text, format="svg", metadata={"Date": None})
        write_whole(path, text.getvalue())
        return path
    try:
        sheet.savefig(path, format="png", dpi=DOTS, metadata={"Software": None})
    except OSError as error:
        message = f"{path.name} could not be written: {error.strerror}"
        raise MachineError(Problem("LF405", message, "make room or give write permission", file=str(path))) from error
    return path


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
