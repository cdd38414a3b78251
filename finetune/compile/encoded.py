"""Encoded rows: one row as token ids, and many of them as columns of Arrow, read one row at a time.

    rows = EncodedRows(table, row_ids)      # table: prompt list<int32>, completion list<int32>, learned list<uint8>
    rows[0] == EncodedExample(row_id=7, prompt_ids=(504, 3575), completion_ids=(282, 2), learned=None)
    rows.counts.lengths                     # tokens of every row, none of them made into an object

A million rows of 100 tokens are 400 MB on disk, mapped into memory as they are used, and would be 4 GB as tuples.

*Not here:* making tokens (lfine.finetune.compile.encoding), keeping tables (.encoding_cache), cutting rows (.lengths).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROMPT, COMPLETION, LEARNED = "prompt", "completion", "learned"
"""Columns of a table of encoded rows; `learned` is empty for a row whose completion is learned whole."""
_KINDS = {PROMPT: "i4", COMPLETION: "i4", LEARNED: "u1"}


@dataclass(frozen=True)
class EncodedExample:
    """One row as token ids; prompt and completion were tokenized apart."""

    row_id: int
    prompt_ids: tuple[int, ...]
    """Everything before the first learned token."""
    completion_ids: tuple[int, ...]
    """The answer and the end token; of a conversation all from its first learned turn to the end of its last."""
    learned: tuple[bool, ...] | None = None
    """Which of completion_ids are learned; None: all of them."""

    @property
    def length(self) -> int:
        """Tokens of prompt and completion together."""
        return len(self.prompt_ids) + len(self.completion_ids)

    @property
    def learned_tokens(self) -> int:
        return len(self.completion_ids) if self.learned is None else sum(self.learned)

    @property
    def longest_answer(self) -> int:
        """Tokens of the longest run of learned ones: of the longest answer, its end token among them."""
        return len(self.completion_ids) if self.learned is None else longest_run(self.learned)


def longest_run(learned: Sequence[object]) -> int:
    return max((len(list(run)) for taught, run in groupby(learned) if taught), default=0)


@dataclass(frozen=True)
class TokenCounts:
    """How many tokens the rows have, one number for each row and field."""

    prompts: array[int]
    completions: array[int]
    learned: array[int]
    """Learned tokens."""
    longest_answers: array[int]
    """Of the longest run of learned tokens."""

    @cached_property
    def lengths(self) -> array[int]:
        """Tokens of prompt and completion together."""
        return array("i", map(int.__add__, self.prompts, self.completions))


class RowSequence(Sequence[EncodedExample]):
    """Rows that are made when they are asked for; equal to any other sequence of equal rows."""

    @property
    def counts(self) -> TokenCounts:
        raise NotImplementedError

    def row(self, place: int) -> EncodedExample:
        """Return one row; `place` is at least 0."""
        raise NotImplementedError

    @overload
    def __getitem__(self, at: int) -> EncodedExample: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[EncodedExample, ...]: ...
    def __getitem__(self, at: int | slice) -> EncodedExample | tuple[EncodedExample, ...]:
        if isinstance(at, slice):
            return tuple(self.row(place) for place in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        return self.row(place)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # equal to lists too, which have none


@dataclass(frozen=True)
class _Lists:
    """One list column of one chunk, without a copy."""

    offsets: NDArray[np.int32]
    """(rows + 1,)"""
    values: NDArray[np.int32]

    def of(self, row: int) -> list[int]:
        found: list[int] = self.values[self.offsets[row] : self.offsets[row + 1]].tolist()
        return found


@dataclass(frozen=True)
class _Chunk:
    prompts: _Lists
    completions: _Lists
    learned: _Lists

    def row(self, at: int, row_id: int) -> EncodedExample:
        learned = tuple(map(bool, self.learned.of(at))) or None
        return EncodedExample(row_id, tuple(self.prompts.of(at)), tuple(self.completions.of(at)), learned)


class EncodedRows(RowSequence):
    """The rows of one Arrow table, in its order."""

    def __init__(self, table: Any, row_ids: Sequence[int]) -> None:
        """`table` has the columns prompt, completion and learned; `row_ids` one id for each of its rows."""
        if table.num_rows != len(row_ids):
            raise ValueError(f"{table.num_rows} encoded rows for {len(row_ids)} row ids")
        self._row_ids = row_ids
        self._chunks = [_chunk(batch) for batch in table.to_batches() if batch.num_rows]
        self._starts = [0]
        for chunk in self._chunks:
            self._starts.append(self._starts[-1] + len(chunk.prompts.offsets) - 1)

    def __len__(self) -> int:
        return self._starts[-1]

    def row(self, place: int) -> EncodedExample:
        """Return one row; `place` is at least 0."""
        number = bisect_right(self._starts, place) - 1
        return self._chunks[number].row(place - self._starts[number], self._row_ids[place])

    def __iter__(self) -> Iterator[EncodedExample]:
        ids = iter(self._row_ids)
        for chunk in self._chunks:
            for at in range(len(chunk.prompts.offsets) - 1):
                yield chunk.row(at, next(ids))

    @cached_property
    def counts(self) -> TokenCounts:
        """Token counts from the offsets alone; only conversations with turns that are not learned are looked into."""
        import numpy as np

        found: list[list[NDArray[np.int64]]] = [[], [], [], []]
        for chunk in self._chunks:
            prompts, completions = np.diff(chunk.prompts.offsets), np.diff(chunk.completions.offsets)
            sums = np.concatenate([[0], np.cumsum(chunk.learned.values, dtype=np.int64)])
            partly = np.diff(chunk.learned.offsets) > 0
            taught = np.diff(sums[chunk.learned.offsets])
            longest = completions.copy()
            for at in np.flatnonzero(partly):
                longest[at] = longest_run(chunk.learned.of(int(at)))
            parts = (prompts, completions, np.where(partly, taught, completions), longest)
            for column, part in zip(found, parts, strict=True):
                column.append(part)
        return TokenCounts(*(_array(np.concatenate(column)) if column else array("i") for column in found))


class ChosenRows(RowSequence):
    """Rows of one sequence, some of them in another form: the training rows once the long ones were cut."""

    def __init__(self, rows: Sequence[EncodedExample], others: Sequence[EncodedExample], places: Sequence[int]) -> None:
        """`places` points into `rows`, and from len(rows) on into `others`."""
        self._rows = rows
        self._others = others
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def row(self, place: int) -> EncodedExample:
        """Return one row; `place` is at least 0."""
        at = self._places[place]
        return self._rows[at] if at < len(self._rows) else self._others[at - len(self._rows)]

    @cached_property
    def counts(self) -> TokenCounts:
        """Token counts of the rows as chosen."""
        import numpy as np

        mine, others, places = counts_of(self._rows), counts_of(self._others), np.asarray(self._places, dtype=np.int64)

        def chosen(one: array[int], other: array[int]) -> array[int]:
            return _array(np.concatenate([np.asarray(one, np.int32), np.asarray(other, np.int32)])[places])

        return TokenCounts(
            chosen(mine.prompts, others.prompts),
            chosen(mine.completions, others.completions),
            chosen(mine.learned, others.learned),
            chosen(mine.longest_answers, others.longest_answers),
        )


def counts_of(rows: Sequence[EncodedExample]) -> TokenCounts:
    """Return the token counts of rows of any kind."""
    if isinstance(rows, RowSequence):
        return rows.counts
    return TokenCounts(
        array("i", (len(row.prompt_ids) for row in rows)),
        array("i", (len(row.completion_ids) for row in rows)),
        array("i", (row.learned_tokens for row in rows)),
        array("i", (row.longest_answer for row in rows)),
    )


def _array(numbers: NDArray[Any]) -> array[int]:
    import numpy as np

    return array("i", numbers.astype(np.int32).tobytes())


def _chunk(batch: Any) -> _Chunk:
    lists = [(name, batch.column(name)) for name in (PROMPT, COMPLETION, LEARNED)]
    return _Chunk(
        *(_Lists(_numbers(column.offsets, "i4"), _numbers(column.values, _KINDS[name])) for name, column in lists)
    )


def _numbers(column: Any, kind: str) -> NDArray[Any]:
    """Return a column of numbers without a copy; arrow's own to_numpy would import pandas."""
    import numpy as np

    data = column.buffers()[1]
    if data is None:
        return np.empty(0, kind)
    return np.frombuffer(data, kind)[column.offset : column.offset + len(column)]
