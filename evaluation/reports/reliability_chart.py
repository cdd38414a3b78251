"""The reliability figure: share of right answers over confidence, each bin with its interval, and its rows below.

    reliability_chart(found, title="Right answers by confidence")  →  <div class="curve reliability">…

A model whose confidence can be believed lies on the dashed diagonal; below it is one that is surer than it should be.
*Not here:* the bins (calibration).
"""

from __future__ import annotations

from markupsafe import Markup

from lfine.evaluation.reports.calibration import Bin, Reliability
from lfine.evaluation.reports.numbers import points, span

SIDE = 260
"""Height in pixels of the plot."""
COUNTS = 56
"""Height in pixels of the bars of rows under it, with what is written on them."""
AXIS = 24
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def reliability_chart(found: Reliability, *, title: str) -> Markup:
    """Draw the bins, the diagonal and the rows of each bin."""
    grid = [_line("grid", "0", _down(tick), "100%", _down(tick)) for tick in TICKS]
    grid += [_line("grid", f"{100 * tick:g}%", 0, f"{100 * tick:g}%", SIDE) for tick in TICKS]
    most = max(each.rows for each in found.bins)
    drawn = [_point(each) for each in found.bins] + [_count(each, most) for each in found.bins]
    ends = {0.0: "start", 1.0: "end"}
    labels = [
        _text("tick", f"{100 * tick:g}%", SIDE + 16, (ends.get(tick, "middle"), f"{100 * tick:g}")) for tick in TICKS
    ]
    y_axis = Markup("").join(
        _text("tick", "42", max(_down(tick) + 4, 10), ("end", f"{100 * tick:g}")) for tick in TICKS
    )
    plot = Markup("").join([*grid, _line("ideal", "0", SIDE, "100%", 0), *drawn, *labels])
    height = SIDE + AXIS + COUNTS
    return Markup(
        '<div class="curve reliability" role="img" aria-label="{}"><svg class="y-axis" width="48" height="{}" '
        'aria-hidden="true">{}</svg><svg class="plot" width="100%" height="{}">{}</svg></div>'
        '<p class="x-name">confidence, in points of 100; above the axis right answers, below it rows</p>'
    ).format(title, height, y_axis, height, plot)


def _point(each: Bin) -> Markup:
    x = f"{100 * each.confidence:.2f}%"
    bar = _line("interval subject", x, _down(each.right_low), x, _down(each.right_high))
    circle = Markup('<circle class="dot subject" cx="{}" cy="{:.1f}" r="6"><title>{}</title></circle>')
    return bar + circle.format(x, _down(each.right), _words(each))


def _count(each: Bin, most: int) -> Markup:
    tall = (COUNTS - 20) * each.rows / most
    bar = Markup(
        '<rect class="rows" x="{:.2f}%" y="{}" width="{:.2f}%" height="{:.1f}"><title>{}</title></rect>'
    ).format(100 * each.low + 0.5, SIDE + AXIS, 100 * (each.high - each.low) - 1, tall, _words(each))
    middle = f"{50 * (each.low + each.high):g}%"
    return bar + _text("tick", middle, SIDE + AXIS + tall + 14, ("middle", f"{each.rows:,}"))


def _words(each: Bin) -> str:
    return (
        f"confidence {points(each.confidence)}: {points(each.right)} right ({span(each.right_low, each.right_high)}) "
        f"of {each.rows:,} rows"
    )


def _down(share: float) -> float:
    return SIDE * (1 - share)


def _line(kind: str, x1: str, y1: float, x2: str, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{:g}" x2="{}" y2="{:g}"/>').format(kind, x1, y1, x2, y2)


def _text(kind: str, x: str, y: float, said: tuple[str, str]) -> Markup:
    return Markup('<text class="{}" x="{}" y="{:.1f}" text-anchor="{}">{}</text>').format(kind, x, y, *said)
