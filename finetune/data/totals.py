"""A row of totals below the data: a spreadsheet's last line, which is no example.

    | service | price |
    | repair  | 30    |
    | paint   | 12    |
    | wash    | 8     |
    | Total   | 50    |  ─▶  TotalRow(row_id=3, why="its only text is 'Total'")

*Not here:* removing it: only the user knows, and a guess is never a reason to leave a row out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lfine.finetune.data.values import Row, number_of, signed_number, text_or_nothing
from lfine.finetune.data.wording import quoted

WORDS = frozenset(
    (
        *("total", "totals", "grand total", "subtotal", "sub total", "sum", "sums"),
        *("summe", "summen", "gesamt", "gesamtsumme", "insgesamt", "totaal"),
        *("somme", "total général", "suma", "total general", "totale", "somma", "soma"),
        *("итого", "всего", "合计", "总计", "合計", "총계"),
    )
)
"""What such a row is called, in lower case."""
FEWEST = 3
"""Rows above, from which a last row can be told from the others."""
FILLED = 0.9
"""Share of the rows above that have a cell where this row has none."""


@dataclass(frozen=True)
class TotalRow:
    row_id: int
    why: str

    @property
    def message(self) -> str:
        return (
            f"the last row (row {self.row_id}, counted from 0) looks like a row of totals, not an example: {self.why}"
        )

    @property
    def cure(self) -> str:
        return "remove it from the file, if it is one: it would be learned or scored as an example"


def total_row(columns: Sequence[str], rows: Sequence[Row]) -> TotalRow | None:
    """Return the last row where it looks like totals: by its only text, or by a sum beside a cell that is empty."""
    if len(rows) <= FEWEST:
        return None
    last = rows[-1]
    cells = {name: last[name] for name in columns if text_or_nothing(last[name])}
    numbers = {name: found for name, cell in cells.items() if (found := _number(cell)) is not None}
    texts = {name: text_or_nothing(cell) for name, cell in cells.items() if name not in numbers}
    if len(columns) > 1 and len(texts) == 1:
        ((name, text),) = texts.items()
        if _is_word(text) and not any(_is_word(text_or_nothing(row[name])) for row in _above(rows)):
            return TotalRow(len(rows) - 1, f"its only text is {quoted(text)}")
    empty = [name for name in columns if name not in cells]
    if not numbers or not _usually_filled(empty, rows):
        return None
    for name, number in numbers.items():
        if _is_sum(name, number, rows):
            return TotalRow(len(rows) - 1, f"{text_or_nothing(last[name])} in {name!r} is the sum of all above")
    return None


def _above(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield all rows but the last, one at a time: there may be millions."""
    return islice(iter(rows), len(rows) - 1)


def _number(cell: object) -> int | float | None:
    found = number_of(cell)
    return signed_number(cell, ",") if found is None and isinstance(cell, str) else found


def _is_word(text: str) -> bool:
    return text.strip(" \t:.=*").casefold() in WORDS


def _usually_filled(names: Sequence[str], rows: Sequence[Row]) -> bool:
    """Tell whether one of the columns is filled in nearly every row above."""
    counts = dict.fromkeys(names, 0)
    for row in _above(rows) if names else ():
        for name in names:
            counts[name] += bool(text_or_nothing(row[name]))
    return any(count >= FILLED * (len(rows) - 1) for count in counts.values())


def _is_sum(name: str, number: float, rows: Sequence[Row]) -> bool:
    """Tell whether a column's numbers above, two of them at least no zeros, add up to the last one."""
    above = [found for row in _above(rows) if (found := _number(row[name])) is not None]
    if sum(found != 0 for found in above) < 2:
        return False
    return math.isclose(math.fsum(above), number, rel_tol=1e-9, abs_tol=1e-6)
