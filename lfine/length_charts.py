"""Lengths drawn as inline SVG: the histogram of the training rows, and one row's length against limit and p95.

    histogram_chart((Bin(180, 189, 12), …), limit=233, p95=233)
    length_bar(250, seen=233, most=260, limit=233, p95=233)

Places along x are percentages, so that text keeps its size on a phone; colours come from the page's CSS.

*Not here:* counting (lfine.previewing), the page (lfine.preview_page).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from markupsafe import Markup

from lfine.evaluation.reports.numbers import count, ticks
from lfine.previewing import Bin

PLOT, AXIS, BAR = 200, 26, 16
"""Heights in pixels: of the histogram, of the labels under it, of one row's bar."""


def histogram_chart(bins: Sequence[Bin], *, limit: int | None, p95: int, unit: str = "tokens") -> Markup:
    """Draw bars by length; rows longer than the limit in another colour, limit and p95 as lines.

    A data set without a model has no limit.
    """
    low, high = bins[0].low, max(bins[-1].high + 1, 0 if limit is None else limit + 1)
    most = max(each.rows for each in bins)

    def across(tokens: float) -> float:
        return 100 * (tokens - low) / (high - low)

    def down(rows: float) -> float:
        return PLOT * (1 - rows / most)

    marks = [each for each in ticks(0, most, 4) if each == int(each)]
    axis = [_label(42, down(mark) + 4, count(int(mark)), "end") for mark in marks]
    grid = [_line("grid", "0", down(mark), "100%", down(mark)) for mark in marks]
    bars = [part for each in bins for part in _bars(each, limit, across, down, unit)]
    lines = [
        _line(kind, _at(across(place + 0.5)), 0, _at(across(place + 0.5)), PLOT)
        for kind, place in (("limit", limit), ("percentile", None if p95 == limit else p95))
        if place is not None
    ]
    below = [
        _label(_at(across(tick + 0.5)), PLOT + 17, count(int(tick)), "middle")
        for tick in ticks(low, high, 6)
        if across(tick) < 97
    ]
    title = f"Histogram: {count(sum(each.rows for each in bins))} rows, {bins[0].low} {unit} and more"
    title += "" if limit is None else f"; limit {limit}"
    join = Markup("").join
    return Markup(
        '<div class="histogram" role="img" aria-label="{}"><svg height="{}" aria-hidden="true">{}</svg>'
        '<svg height="{}" aria-hidden="true">{}</svg></div><p class="x-name">{}</p>{}'
    ).format(
        title, PLOT, join(axis), PLOT + AXIS, join([*grid, *bars, *lines, *below]), unit, _legend(limit, p95, unit)
    )


def length_bar(length: int, *, seen: int, most: int, limit: int, p95: int) -> Markup:
    """Draw one row's tokens: those that the model sees, those that are lost, the limit and the p95."""

    def across(tokens: int) -> str:
        return _at(100 * tokens / max(most, limit, 1))

    rect = Markup('<rect class="{}" x="{}" y="3" width="{}" height="10"/>')
    parts = [rect.format("track", "0", "100%"), rect.format("bar", "0", across(seen))]
    if length > seen:
        parts.append(rect.format("over", across(seen), across(length - seen)))
    parts.append(_line("limit", across(limit), 0, across(limit), BAR))
    if p95 != limit:
        parts.append(_line("percentile", across(p95), 0, across(p95), BAR))
    title = f"{length} tokens, of which the model sees {seen}; the limit is {limit}, the p95 {p95}"
    return Markup(
        '<div class="length" role="img" aria-label="{0}" title="{0}"><svg height="{1}">{2}</svg></div>'
    ).format(title, BAR, Markup("").join(parts))


def _bars(
    each: Bin, limit: int | None, across: Callable[[float], float], down: Callable[[float], float], unit: str
) -> list[Markup]:
    """Return the bar of one bin, in two pieces of one height where the limit lies within it."""
    if not each.rows:
        return []
    rect = Markup('<rect class="{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"><title>{}</title></rect>')
    span = str(each.low) if each.low == each.high else f"{each.low}–{each.high}"
    title, top = f"{span} {unit}: {each.rows} rows", down(each.rows)
    height, most = PLOT - top, each.high if limit is None else limit
    ends = sorted({each.low, min(max(most + 1, each.low), each.high + 1), each.high + 1})
    return [
        rect.format(
            "over" if begin > most else "bar", _at(across(begin)), top, _at(across(end) - across(begin)), height, title
        )
        for begin, end in pairwise(ends)
    ]


def _legend(limit: int | None, p95: int, unit: str) -> Markup:
    entry = Markup('<li><span class="{}"></span>{}</li>')
    entries = []
    if limit is not None:
        entries += [
            entry.format("swatch bar", "within the limit"),
            entry.format("swatch over", "too long"),
            entry.format("limit-line", f"limit, {limit} {unit}" + (" (the p95)" if p95 == limit else "")),
        ]
    if p95 != limit:
        entries.append(entry.format("percentile-line", f"p95, {p95} {unit}"))
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(entries))


def _at(share: float) -> str:
    return f"{share:.3f}%"


def _line(kind: str, x1: str, y1: float, x2: str, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>').format(kind, x1, y1, x2, y2)


def _label(x: float | str, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text class="tick" x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(x, y, anchor, text)
