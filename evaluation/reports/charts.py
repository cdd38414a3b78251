"""Charts as inline SVG: dots with intervals, and curves; no script, no font, colours from the page's CSS variables.

    interval_chart([Dot("tuned", "91.2 (89.4–92.9)", 0.912, 0.894, 0.929, strong=True)], low=0, high=1, unit="points")

Positions along x are percentages of an SVG as wide as its column, so text keeps its size on a phone; a curve lies in a
nested SVG that is stretched. Row names and tick labels of y are HTML in a column of their own and wrap.
*Not here:* the confusion matrix (lfine.evaluation.reports.heat_map).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lfine.evaluation.reports.numbers import points, signed, ticks

ROW = 46
"""Height in pixels of one row of dots."""
CURVE = 260
"""Height in pixels of a curve's plot."""
AXIS = 26
"""Height in pixels of the tick labels under a plot."""


@dataclass(frozen=True)
class Dot:
    """One row of an interval chart."""

    name: str
    figures: str
    """The value and interval in words, under the name."""
    value: float
    low: float
    high: float
    strong: bool
    """Drawn in the colour of the model that the page is about."""


@dataclass(frozen=True)
class Mark:
    """A place along x that is pointed out."""

    name: str
    x: float


@dataclass(frozen=True)
class Curve:
    """One line or row of points of a curve chart."""

    name: str
    """Empty: it has no entry of its own in the legend."""
    style: str
    """raw, smooth or points: a CSS class."""
    places: tuple[tuple[float, float], ...]
    """(x, y), x rising."""


def interval_chart(
    dots: Sequence[Dot], *, low: float, high: float, title: str, difference: bool = False, share: bool = True
) -> Markup:
    """Draw one row for each dot on a common axis; of differences, with a line at zero. Shares are in points of 100."""

    def across(value: float) -> float:
        return 100 * (min(max(value, low), high) - low) / (high - low)

    scale = 1 if share else 0.01  # both ways of writing a tick multiply by 100
    marks = [
        (across(tick), (signed(scale * tick) if difference else points(scale * tick)).removesuffix(".0"))
        for tick in ticks(low, high, 5)
    ]
    zero = across(0) if difference else None
    rows = Markup("").join(_dot_row(dot, across, [place for place, _ in marks], zero) for dot in dots)
    axis = Markup('<div></div><svg class="plot" width="100%" height="{}" aria-hidden="true">{}</svg>').format(
        AXIS, Markup("").join(_tick_label(place, text) for place, text in marks)
    )
    return Markup('<div class="dots" role="img" aria-label="{}">{}{}</div>').format(title, rows, axis)


def curve_chart(curves: Sequence[Curve], *, title: str, x_name: str, mark: Mark | None = None) -> Markup:
    """Draw lines and points over a common pair of axes; y begins at 0 when the values come near it."""
    everything = [place for curve in curves for place in curve.places]
    marked = [] if mark is None else [mark]
    along = [x for x, _ in everything] + [each.x for each in marked]
    left, right = min(along), max(along)
    lowest, highest = min(y for _, y in everything), max(y for _, y in everything)
    bottom = 0.0 if lowest < 0.5 * highest else lowest - 0.1 * (highest - lowest or 1)
    top = highest + 0.05 * (highest - bottom or 1)

    def across(x: float) -> float:
        return 100 * (x - left) / (right - left) if right > left else 50.0

    def down(y: float) -> float:
        return CURVE * (top - y) / (top - bottom)

    y_marks = [(down(tick), f"{tick:g}") for tick in ticks(bottom, top, 5)]
    x_marks = [(across(tick), f"{tick:,g}") for tick in ticks(left, right, 5) if tick == int(tick)]
    grid = [_line("grid", "0", y, "100%", y) for y, _ in y_marks]
    grid += [_line("grid", f"{x:.3f}%", 0, f"{x:.3f}%", CURVE) for x, _ in x_marks]
    drawn = [_line("mark", f"{across(each.x):.3f}%", 0, f"{across(each.x):.3f}%", CURVE) for each in marked]
    drawn += [_curve(curve, across, down) for curve in curves]
    labels = [_tick_label(x, text, CURVE + 17) for x, text in x_marks]
    y_axis = Markup("").join(_y_label(y, text) for y, text in y_marks)
    plot, legend = Markup("").join([*grid, *drawn, *labels]), _legend(curves, marked)
    return Markup(
        '<div class="curve" role="img" aria-label="{}">'
        '<svg class="y-axis" width="48" height="{}" aria-hidden="true">{}</svg>'
        '<svg class="plot" width="100%" height="{}">{}</svg></div><p class="x-name">{}</p>{}'
    ).format(title, CURVE, y_axis, CURVE + AXIS, plot, x_name, legend)


def _dot_row(dot: Dot, across: Callable[[float], float], marks: Sequence[float], zero: float | None) -> Markup:
    kind, middle = ("subject" if dot.strong else "other"), ROW / 2
    grid = [_line("grid", f"{place:.3f}%", 0, f"{place:.3f}%", ROW) for place in marks]
    grid += [] if zero is None else [_line("zero", f"{zero:.3f}%", 0, f"{zero:.3f}%", ROW)]
    low, value, high = (f"{across(place):.3f}%" for place in (dot.low, dot.value, dot.high))
    bar = _line(f"interval {kind}", low, middle, high, middle)
    circle = Markup('<circle class="dot {}" cx="{}" cy="{}" r="6"><title>{}: {}</title></circle>').format(
        kind, value, middle, dot.name, dot.figures
    )
    name = Markup('<div class="dot-name"><strong>{}</strong><span>{}</span></div>').format(dot.name, dot.figures)
    plot = Markup('<svg class="plot" width="100%" height="{}" aria-hidden="true">{}{}{}</svg>')
    return name + plot.format(ROW, Markup("").join(grid), bar, circle)


def _curve(curve: Curve, across: Callable[[float], float], down: Callable[[float], float]) -> Markup:
    if curve.style == "points":
        circle = Markup('<circle class="point" cx="{:.3f}%" cy="{:.1f}" r="4.5"><title>{}: {:.4g}</title></circle>')
        return Markup("").join(circle.format(across(x), down(y), f"{x:,g}", y) for x, y in curve.places)
    path = " ".join(f"{across(x):.3f},{down(y):.2f}" for x, y in curve.places)
    return Markup(
        '<svg width="100%" height="{}" viewBox="0 0 100 {}" preserveAspectRatio="none">'
        '<polyline class="{}" points="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(CURVE, CURVE, curve.style, path)


def _legend(curves: Sequence[Curve], marked: Sequence[Mark]) -> Markup:
    entry = Markup('<li><span class="swatch {}"></span>{}</li>')
    named = [(curve.style, curve.name) for curve in curves if curve.name]
    named += [("mark", each.name) for each in marked]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(entry.format(*each) for each in named))


def _line(kind: str, x1: str, y1: float, x2: str, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{:g}" x2="{}" y2="{:g}"/>').format(kind, x1, y1, x2, y2)


def _tick_label(place: float, text: str, y: float = 17) -> Markup:
    """Return a label under the axis; the page leaves room for the half of it that hangs over at either end."""
    return Markup('<text class="tick" x="{:.3f}%" y="{:g}" text-anchor="middle">{}</text>').format(place, y, text)


def _y_label(y: float, text: str) -> Markup:
    return Markup('<text class="tick" x="42" y="{:.1f}" text-anchor="end">{}</text>').format(max(y + 4, 10), text)
