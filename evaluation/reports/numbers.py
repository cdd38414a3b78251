"""How numbers are written on the page: scores in points of 100, intervals, probabilities, counts, times, axis ticks.

    points(0.912) == "91.2"     span(0.894, 0.929) == "89.4–92.9"     signed(-0.021) == "−2.1"
    ticks(0, 3.2, 4) == [0.0, 1.0, 2.0, 3.0]

*Not here:* sentences (lfine.evaluation.reports.verdict).
"""

from __future__ import annotations

import math

MINUS = "−"
NO_SHARES = frozenset({"perplexity", "r2"})
"""Values of metrics that are no shares of 1 and are shown as they are; the metric says it too (`share`)."""


def points(value: float) -> str:
    """Return a share of 1 as points of 100 with one decimal."""
    return f"{100 * value:.1f}".replace("-", MINUS)


def shown(name: str, value: float) -> str:
    """Return the value of a metric: a share in points, everything else as it is."""
    return f"{value:.2f}".replace("-", MINUS) if name in NO_SHARES else points(value)


def shown_span(name: str, low: float, high: float) -> str:
    return f"{shown(name, low)}–{shown(name, high)}"


def shown_change(name: str, value: float) -> str:
    """Return a difference with its sign."""
    return f"{value:+.2f}".replace("-", MINUS) if name in NO_SHARES else signed(value)


def signed(value: float) -> str:
    """Return a difference of shares as points with its sign; 0.0 has none."""
    text = f"{100 * value:+.1f}"
    return text.lstrip("+-") if float(text) == 0 else text.replace("-", MINUS)


def span(low: float, high: float) -> str:
    return f"{points(low)}–{points(high)}"


def shown_change_span(name: str, low: float, high: float) -> str:
    """Return an interval of a difference; `to` keeps its dash apart from the minus signs."""
    return f"{shown_change(name, low)} to {shown_change(name, high)}"


def probability(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def count(number: int | str | None) -> str:
    """Return a number, or its digits, with thousands apart."""
    if number is None:
        return "–"
    return f"{int(number):,}" if str(number).isdecimal() else str(number)


def duration(seconds: float | None) -> str:
    """Return seconds as people say them: 8.2 s, 4 min 10 s, 2 h 5 min."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` + 1 round values (steps of 1, 2 or 5) within low..high."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 12) for place in range(first, last + 1)]
