"""The confusion matrix as a picture: rows are gold labels, columns what was answered, colour the share of the row.

    Confusion(("a", "b"), ((40, 2, 1), (5, 30, 0)))   →  <svg …> with 2 x 3 cells, the last column "(no label)"

Right answers and mistakes have colours of their own; every cell says its count and labels when pointed at.
*Not here:* the figures of each label (lfine.evaluation.reports.tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lfine.evaluation.metrics.label_counts import NO_LABEL
from lfine.evaluation.records import Confusion

LETTER = 6.9
"""Mean width in pixels of a character of the labels at 12.5 px."""
LONGEST = 26
"""Characters of a label that are shown; the whole label stands in its title."""
SLANT = 0.72
"""sin 46°: height of a slanted column heading by its length."""


@dataclass(frozen=True)
class _Sheet:
    """Sizes in pixels."""

    left: float
    top: float
    width: float
    """Of one cell."""
    height: float
    counts: bool
    """Whether a count has room in its cell."""


def shade(share: float) -> tuple[str, float]:
    """Return the ink of the count (off: the page's own, on: its opposite) and the opacity of the cell's colour.

    Above one half the colour jumps: on half of a colour neither ink has a contrast of 4.5 to 1.
    """
    return ("on", 0.9 + 0.1 * share) if share > 0.5 else ("off", 0.08 + 0.7 * share)


def heat_map(confusion: Confusion) -> Markup:
    """Draw the matrix at its natural size; the page lets a wide one scroll."""
    columns = (*confusion.labels, NO_LABEL)
    sheet = _lay_out(columns)
    headings = Markup("").join(_heading(place, label, sheet) for place, label in enumerate(columns))
    rows = Markup("").join(
        _row(place, label, confusion.counts[place], columns, sheet) for place, label in enumerate(confusion.labels)
    )
    lean = SLANT * LETTER * min(LONGEST, len(columns[-1])) + 8
    width = sheet.left + len(columns) * sheet.width + lean
    height = sheet.top + len(confusion.labels) * sheet.height + 4
    return Markup(
        '<svg class="heat" width="{:.0f}" height="{:.0f}" viewBox="0 0 {:.0f} {:.0f}" role="img" '
        'aria-label="Confusion matrix: gold labels in rows, answers in columns">{}{}{}</svg>'
    ).format(width, height, width, height, headings, _frame(len(columns), sheet), rows)


def _lay_out(columns: Sequence[str]) -> _Sheet:
    longest = LETTER * min(LONGEST, max(map(len, columns)))
    few = len(columns) <= 14
    side = (48.0, 32.0) if few else (32.0, 24.0) if len(columns) <= 32 else (16.0, 16.0)
    return _Sheet(left=longest + 14, top=SLANT * longest + 16, width=side[0], height=side[1], counts=len(columns) <= 32)


def _frame(columns: int, sheet: _Sheet) -> Markup:
    """Return the outline that holds small cells together; large ones have outlines of their own."""
    if sheet.counts:
        return Markup("")
    box = Markup('<rect class="nil" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    return box.format(sheet.left, sheet.top, columns * sheet.width, (columns - 1) * sheet.height)


def _heading(place: int, label: str, sheet: _Sheet) -> Markup:
    x, y = sheet.left + (place + 0.45) * sheet.width, sheet.top - 8
    turned = Markup('<text class="label" transform="translate({:.1f} {:.1f}) rotate(-46)">{}<title>{}</title></text>')
    return turned.format(x, y, _short(label), label)


def _row(place: int, label: str, counts: Sequence[int], columns: Sequence[str], sheet: _Sheet) -> Markup:
    y = sheet.top + place * sheet.height
    name = Markup('<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="end">{}<title>{}</title></text>').format(
        sheet.left - 8, y + sheet.height / 2 + 4, _short(label), label
    )
    total = max(1, sum(counts))
    cells = (
        _cell(place, (label, columns[column]), column, counts[column], total, sheet) for column in range(len(columns))
    )
    return name + Markup("").join(cells)


def _cell(row: int, names: tuple[str, str], column: int, number: int, total: int, sheet: _Sheet) -> Markup:
    if number == 0 and not sheet.counts:
        return Markup("")  # of 6,000 cells of 77 labels nearly all are empty
    x, y = sheet.left + column * sheet.width, sheet.top + row * sheet.height
    share = number / total
    kind = "nil" if number == 0 else "hit" if row == column else "miss"
    ink, opacity = shade(share)
    title = f"{names[0]} answered as {names[1]}: {number:,} of {total:,}"
    box = Markup(
        '<g data-gold="{}" data-answered="{}"><title>{}</title>'
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" '
        'fill-opacity="{:.3f}"/>'
    ).format(*names, title, kind, x + 1, y + 1, sheet.width - 2, sheet.height - 2, opacity)
    if not sheet.counts or number == 0:
        return box + Markup("</g>")
    text = Markup('<text class="count {}" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text></g>')
    return box + text.format(ink, x + sheet.width / 2, y + sheet.height / 2 + 4, f"{number:,}")


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
