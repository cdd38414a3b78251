"""Many rows in little memory: each as a few bytes, made into a mapping when it is asked for.

    rows = stored_rows(("q", "a"), [{"q": "2+2?", "a": 4}, {"q": "3+3?", "a": 6}])
    rows[1] == {"q": "3+3?", "a": 6};  rows == ({"q": "2+2?", "a": 4}, {"q": "3+3?", "a": 6})

A million rows of 200 characters take 230 MB so, and 700 MB as mappings of texts. Every value comes back as it was put
in, with its type: what is hashed and shown does not change. Short tables stay the tuples that they are.

*Not here:* which values rows hold (lfine.finetune.data.values).
"""

from __future__ import annotations

import pickle
from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Generic, TypeVar, overload

from lfine.finetune.data.values import Row

Item = TypeVar("Item")

FEW = 10_000
"""Rows up to which a table is kept as it is: some 10 MB."""


class Stored(Sequence[Item], Generic[Item]):
    """Items as bytes one behind the other; equal to any other sequence of equal items."""

    def __init__(self, items: Iterable[object]) -> None:
        """`items` are what `_made` makes items of; they are taken one at a time."""
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        for item in items:
            self._bytes += pickle.dumps(item, pickle.HIGHEST_PROTOCOL)
            self._ends.append(len(self._bytes))

    @abstractmethod
    def _made(self, values: tuple[object, ...]) -> Item:
        """Return the item of what was stored."""

    def _at(self, place: int) -> Item:
        part = self._bytes[self._ends[place] : self._ends[place + 1]]
        return self._made(pickle.loads(part))  # noqa: S301 (bytes that this process has written, and no file)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(at, slice):
            return tuple(self._at(place) for place in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        return self._at(place)

    def __iter__(self) -> Iterator[Item]:
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # equal to tuples of mappings, which have none


class StoredRows(Stored[Row]):
    """Rows of the same columns; a row that was stored before a column was known has None there."""

    def __init__(self, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
        """`rows` are values in the order of `columns`, which may grow behind while they are taken."""
        self._columns = columns
        super().__init__(tuple(row) for row in rows)

    def _made(self, values: tuple[object, ...]) -> Row:
        return dict(zip_longest(self._columns, values))


def stored_rows(columns: Sequence[str], rows: Iterable[Row]) -> Sequence[Row]:
    """Return the rows with these columns: a tuple where they are few; a column that a row lacks is None."""
    return stored_values(columns, ([row.get(column) for column in columns] for row in rows))


def stored_values(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Sequence[Row]:
    """Return rows given as values in the order of `columns`, which may grow behind while they are taken."""
    remaining = iter(rows)
    first = list(islice(remaining, FEW + 1))
    if len(first) <= FEW:
        return tuple(dict(zip_longest(columns, values)) for values in first)
    return StoredRows(columns, chain(first, remaining))
