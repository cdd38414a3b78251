"""Wrong answers by gold label as bars: how many of how many, the most first; a name leads to these answers.

    error_bars([LabelErrors("auto claims", rows=40, wrong=12)], title="…")  →  <div class="bars">…

*Not here:* counting (lfine.evaluation.reports.tables), following the links (answers.js).
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from lfine.evaluation.reports.numbers import points
from lfine.evaluation.reports.tables import LabelErrors

SHOWN = 15
"""Labels that stand open; the rest is folded away."""


def error_bars(labels: Sequence[LabelErrors], *, title: str) -> Markup:
    """Draw a bar for each label; its length is the share of the label's rows that are wrong."""
    first = _block(labels[:SHOWN], title)
    if len(labels) <= SHOWN:
        return first
    more = Markup("<details><summary>{} more labels</summary>{}</details>")
    return first + more.format(len(labels) - SHOWN, _block(labels[SHOWN:], f"{title}, continued"))


def _block(labels: Sequence[LabelErrors], title: str) -> Markup:
    return Markup('<div class="bars" role="group" aria-label="{}">{}</div>').format(
        title, Markup("").join(map(_bar, labels))
    )


def _bar(each: LabelErrors) -> Markup:
    return Markup(
        '<a href="#answers" data-gold="{}" data-state="wrong">{}</a>'
        '<svg class="plot" width="100%" height="18" aria-hidden="true">'
        '<rect class="track" width="100%" height="18" rx="3"/>'
        '<rect class="miss" width="{:.2f}%" height="18" rx="3"/></svg>'
        '<span class="number">{:,} of {:,} <span class="span">{}%</span></span>'
    ).format(
        each.label, each.label, 100 * each.wrong / each.rows, each.wrong, each.rows, points(each.wrong / each.rows)
    )
