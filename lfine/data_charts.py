"""The pictures of a data check as inline SVG: rows of each split, the balance of the labels, lengths.

    split_chart({"train": 800, "test": 200})                       # a bar a split
    label_chart({"spam": {"train": 90, "test": 5}, …}, {"train": 800, "test": 200})
    length_chart((12, 80, 33, …), unit="tokens", limit=64)

A label's bars are shares of their split, so that splits of different sizes can be compared by eye. Places along x are
percentages, so that text keeps its size on a phone; colours come from the page's CSS.

*Not here:* what is counted (lfine.finetune.data.check), the page (lfine.data_page).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lfine.evaluation.reports.numbers import count
from lfine.finetune.compile.lengths import percentile
from lfine.length_charts import histogram_chart
from lfine.previewing import histogram
from lfine.schemas.task import SplitName

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")
BAR = 14
"""Height in pixels of a bar."""
TAIL, ROOM = 2, 3
"""Lengths above TAIL times the p99 are left out of the picture, and so is a limit above ROOM times its end."""


@dataclass(frozen=True)
class LengthPicture:
    """The histogram, and in words what it cannot show."""

    chart: Markup
    p50: int
    p95: int
    p99: int
    longest: int
    beyond: int
    """Rows longer than the limit; 0 without one."""
    omitted: int
    """Rows so long that the picture would be of nothing else."""
    end: int
    """The longest row within the picture."""


def split_chart(split_rows: Mapping[SplitName, int]) -> Markup:
    """Draw the rows of each split on a common scale."""
    most, total = max(split_rows.values(), default=0), sum(split_rows.values())
    rows = [
        _bar_row(name, split_rows[name], most, f"{count(split_rows[name])} rows, {_percent(split_rows[name], total)}")
        for name in SPLITS
        if name in split_rows
    ]
    return Markup('<div class="bars">{}</div>').format(Markup("").join(rows))


def label_chart(labels: Mapping[str, Mapping[SplitName, int]], split_rows: Mapping[SplitName, int]) -> Markup:
    """Draw for each label its share of each split; the scale ends at the largest share of the labels given."""
    splits = [name for name in SPLITS if split_rows.get(name)]
    most = max(
        (_share(found.get(name, 0), split_rows[name]) for found in labels.values() for name in splits), default=0
    )
    blocks = []
    for label, found in labels.items():
        bars = [
            _bar_row(
                name,
                _share(found.get(name, 0), split_rows[name]),
                most,
                f"{count(found.get(name, 0))}, {_percent(found.get(name, 0), split_rows[name])}",
            )
            for name in splits
        ]
        name = Markup('<p class="label-name" dir="auto">{}</p>').format(label if label.strip() else "(empty)")
        blocks.append(Markup('<div class="label">{}<div class="bars">{}</div></div>').format(name, _join(bars)))
    return Markup('<div class="labels">{}</div>').format(_join(blocks))


def length_chart(lengths: Sequence[int], *, unit: str, limit: int | None) -> LengthPicture:
    """Draw the histogram of at least one length with its limit and p95; a long tail is counted, not drawn."""
    ordered = sorted(lengths)
    p50, p95, p99 = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
    drawn = [length for length in ordered if length <= max(TAIL * p99, 1)]
    shown = limit if limit is not None and limit <= ROOM * max(drawn[-1], 1) else None
    return LengthPicture(
        chart=histogram_chart(histogram(drawn), limit=shown, p95=p95, unit=unit),
        p50=p50,
        p95=p95,
        p99=p99,
        longest=ordered[-1],
        beyond=0 if limit is None else sum(length > limit for length in ordered),
        omitted=len(ordered) - len(drawn),
        end=drawn[-1],
    )


def _bar_row(name: SplitName, value: float, most: float, figures: str) -> Markup:
    """Return the name, the bar and the figures of one split: three cells of the grid."""
    width = 100 * value / most if most else 0
    bar = Markup('<svg height="{}" aria-hidden="true"><rect class="track" x="0" y="0" width="100%" height="{}"/>')
    bar = bar.format(BAR, BAR) + Markup(
        '<rect class="split {}" x="0" y="0" width="{:.3f}%" height="{}"/></svg>'
    ).format(name, width, BAR)
    return Markup('<span class="bar-name">{}</span>{}<span class="bar-figures">{}</span>').format(name, bar, figures)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _percent(part: int, whole: int) -> str:
    """Return a share for people: one that is not nothing never reads 0.0%."""
    share = 100 * _share(part, whole)
    return f"{share:.1f}%" if share >= 0.05 or not part else "<0.1%"


def _join(parts: Sequence[Markup]) -> Markup:
    return Markup("").join(parts)
