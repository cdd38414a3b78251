"""What the values of each column are like, from a sample of the rows.

    profiles(table) -> {"label": Profile(name="label", kind="number", distinct=2, label_like=True, …), …}

CSV knows texts only, so kinds go by what is written: `4.5` is a number there, `["a"]` a list.

*Not here:* which column is what (lfine.finetune.data.guess.outputs, inputs).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lfine.finetune.data.guess.lexicon import SURE, is_id_name, parts
from lfine.finetune.data.outputs import MAX_LABEL_LENGTH, MAX_LABELS
from lfine.finetune.data.values import Row, answer_of, decimal_commas, number_of, signed_number, text_or_nothing

SAMPLED = 4_000
"""Rows that are looked at, evenly spread: files are often sorted by their answer."""
RECURS = 10
"""Rows for each distinct text from which more than MAX_LABELS of them count as labels."""
MOST = 0.9
"""Share of the cells that makes a column what it is."""
Kind = Literal["empty", "flag", "number", "date", "list", "mapping", "text"]
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(,? \d{1,2}:\d{2}.*)?")
_QUERY = re.compile(r"(?is)\s*(select|with|insert into|update|delete from)\b.*\b(from|select|set|values)\b")
_TABLES = re.compile(r"\s*create table\b", re.IGNORECASE)
_KEY_LIKE = re.compile(r"(?=\S*\d)[\w.:/#-]{3,}")
_ENDS_IN_NUMBER = re.compile(r".*\d[\d,.]*\W*", re.DOTALL)


@dataclass(frozen=True)
class Profile:
    name: str
    cells: tuple[object, ...]
    """Those of the sampled rows, in their order; JSON texts of a list or mapping are read."""
    texts: tuple[str, ...]
    """The same cells as an answer would show them."""
    written: bool = False
    """Lists and mappings stand there as JSON text."""

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """Return the texts that are not empty."""
        return tuple(text for text in self.texts if text)

    @cached_property
    def counts(self) -> Counter[str]:
        """Return how often each text occurs."""
        return Counter(self.filled)

    @cached_property
    def commas(self) -> bool:
        """Return whether all texts are numbers with a decimal comma."""
        return decimal_commas(self.filled)

    @cached_property
    def kind(self) -> Kind:
        """Return what nearly all cells are."""
        if not self.filled:
            return "empty"
        cells = [cell for cell, text in zip(self.cells, self.texts, strict=True) if text]
        if all(isinstance(cell, bool) or (isinstance(cell, str) and cell.lower() in _FLAGS) for cell in cells):
            return "flag"
        if self.commas or all(number_of(cell) is not None for cell in cells):
            return "number"
        lists, mappings = (sum(isinstance(cell, of) for cell in cells) / len(cells) for of in ((list, tuple), dict))
        if lists >= MOST or mappings >= MOST:
            return "list" if lists >= MOST else "mapping"
        return "date" if self.share_of(_DATE) >= MOST else "text"

    @property
    def distinct(self) -> int:
        return len(self.counts)

    @cached_property
    def longest(self) -> int:
        """Return the characters of the longest text."""
        return max(map(len, self.filled), default=0)

    @cached_property
    def words(self) -> float:
        """Return the words of a text, on average; scripts without blanks count five characters as one."""
        return sum(map(_words, self.filled)) / len(self.filled) if self.filled else 0.0

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """Return the numbers of a column of numbers."""
        found = (signed_number(text, ",") if self.commas else number_of(text) for text in self.filled)
        return tuple(float(number) for number in found if number is not None)

    @cached_property
    def whole(self) -> bool:
        """Return whether all numbers are whole."""
        return all(number == int(number) for number in self.numbers)

    @cached_property
    def label_like(self) -> bool:
        """Return whether the texts are few, short, and recur."""
        n, found = len(self.filled), self.distinct
        if self.kind in ("list", "mapping", "date", "empty") or found < 2 or self.longest > MAX_LABEL_LENGTH:
            return False
        if any("\n" in text for text in self.counts) or (self.kind == "number" and not self.whole):
            return False
        return (found <= MAX_LABELS and found * 2 <= n) or found * RECURS <= n

    @cached_property
    def is_id(self) -> bool:
        """Return whether the column numbers or names its rows."""
        n = len(self.filled)
        if is_id_name(self.name):
            return self.kind in ("number", "text") and self.words <= 1.5
        named = not SURE.isdisjoint(parts(self.name))
        if named or n < 10 or self.distinct < n or self.kind not in ("number", "text"):
            return False
        if self.kind == "number":
            steps = [after - before for before, after in zip(self.numbers, self.numbers[1:], strict=False)]
            return self.whole and bool(steps) and (all(s > 0 for s in steps) or all(s < 0 for s in steps))
        return self.share_of(_KEY_LIKE) >= MOST

    @property
    def constant(self) -> bool:
        return self.distinct == 1 and len(self.texts) > 1

    @property
    def running(self) -> bool:
        """Return whether the column is one of running text."""
        return self.kind == "text" and self.words >= 3

    @property
    def is_sql(self) -> bool:
        return self.share_of(_QUERY) >= MOST

    @property
    def is_tables(self) -> bool:
        """Return whether the texts make tables: CREATE TABLE."""
        return self.share_of(_TABLES) >= MOST

    @property
    def ends_in_number(self) -> bool:
        return self.share_of(_ENDS_IN_NUMBER) == 1

    @cached_property
    def lists(self) -> tuple[list[str], ...]:
        """Return the lists of a column of lists, their items as texts; an empty cell is an empty list."""
        return tuple(
            [answer_of(item) for item in cell] if isinstance(cell, (list, tuple)) else [] for cell in self.cells
        )

    def share_of(self, pattern: re.Pattern[str]) -> float:
        """Return the share of the texts that a pattern fits."""
        fits = sum(pattern.match(text) is not None and _whole(pattern, text) for text in self.filled)
        return fits / len(self.filled) if self.filled else 0.0


_FLAGS = ("true", "false")


def _whole(pattern: re.Pattern[str], text: str) -> bool:
    return pattern in (_QUERY, _TABLES) or pattern.fullmatch(text) is not None


def _words(text: str) -> float:
    return float(len(text.split())) if text.isascii() else max(len(text.split()), len(text) / 5)


def sampled(rows: Sequence[Row]) -> list[Row]:
    """Return at most SAMPLED rows, evenly spread over all of them."""
    if len(rows) <= SAMPLED:
        return list(rows)
    return [rows[at * len(rows) // SAMPLED] for at in range(SAMPLED)]


def profiles(columns: Sequence[str], rows: Sequence[Row]) -> dict[str, Profile]:
    """Return a profile of each column, in their order."""
    looked = sampled(rows)
    return {name: profile(name, [row[name] for row in looked]) for name in columns}


def profile(name: str, cells: Sequence[object]) -> Profile:
    """Return the profile of one column."""
    read = tuple(map(_read, cells))
    written = any(one is not cell for one, cell in zip(read, cells, strict=True))
    return Profile(name, read, tuple(map(text_or_nothing, cells)), written)


def _read(cell: object) -> object:
    """Return what a JSON text of a list or mapping holds; any other cell as it is."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("[", "{"):
        return cell
    try:
        found: object = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return found if isinstance(found, (list, Mapping)) else cell
