"""Which texts may be alike: MinHash signatures (Broder 1997) in bands, and the exact similarity of those that meet.

    index = NearIndex(texts, rows)                       # texts by row id; the rows that take part
    index.nearest(queries, others)  ─▶  [Near(row=812, other=14, similarity=0.86), …]

A signature holds, for each of 80 hash functions, the smallest value over a text's shingles: two texts agree in one with
the probability of their Jaccard similarity. 20 bands of 4 make two texts of similarity 0.7 meet in one with
probability 0.996, of 0.8 with 0.99997, of 0.3 with 0.15; what meets is compared exactly, so no finding rests on the
hashes. Time and memory grow with the number of shingles, never with the number of pairs.

*Not here:* what a shingle is (lfine.finetune.data.check.shingles), which rows are compared (…near_duplicates).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lfine.finetune.data.check.shingles import WORDS, Shingle, jaccard, shingles, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]
    Rows = NDArray[np.int64]

THRESHOLD = 0.7
"""Jaccard similarity from which two texts are near duplicates."""
BANDS, BAND_HASHES = 20, 4
SEED = 20
_CHUNK_CHARACTERS = 4_000_000  # about 0.7 million shingles at a time: 6 MB for each hash function
_BUCKET = 20  # rows of one bucket that a row is held against: a million alike rows must not make a million pairs
_COMPARED = 20  # candidates of one row compared exactly, those first that it meets in most bands


@dataclass(frozen=True)
class Near:
    """A row and the most similar of the others that it met."""

    row: int
    other: int
    similarity: float
    """Jaccard similarity of their shingles, exact."""


class NearIndex:
    """Band keys of the rows that take part."""

    def __init__(self, texts: Sequence[str], rows: Rows) -> None:
        """Hash the texts of the rows (ascending row ids)."""
        import numpy as np

        self._texts = texts
        self._rows = np.asarray(rows, dtype=np.int64)
        self._keys = band_keys(texts, self._rows)  # (rows, BANDS)

    def nearest(self, queries: Rows, others: Rows, *, threshold: float = THRESHOLD) -> list[Near]:
        """Return, for each query that has a near duplicate among the others, the nearest one; a row is not its own."""
        import numpy as np

        one, other = self._places(queries), self._places(others)
        found = []
        for place, candidates in _by_query(self._candidates(one, other)):
            row = int(self._rows[place])
            near = self._best(row, [int(each) for each in np.asarray(self._rows)[candidates]])
            if near is not None and near.similarity >= threshold:
                found.append(near)
        return found

    def _places(self, rows: Rows) -> Rows:
        import numpy as np

        return np.searchsorted(self._rows, np.asarray(rows, dtype=np.int64)).astype(np.int64)

    def _candidates(self, queries: Rows, others: Rows) -> Keys:
        """Return pairs (query, other) as one number each, query in the upper half, once for each band they meet in."""
        import numpy as np

        met = [np.empty(0, dtype=np.uint64)]
        for band in range(BANDS):
            order = others[np.argsort(self._keys[others, band], kind="stable")]
            keys = self._keys[order, band]
            asked = self._keys[queries, band]
            first = np.searchsorted(keys, asked, side="left")
            n = np.minimum(np.searchsorted(keys, asked, side="right") - first, _BUCKET)
            within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
            left = np.repeat(queries, n).astype(np.uint64)
            right = order[np.repeat(first, n) + within].astype(np.uint64)
            met.append((left << np.uint64(32) | right)[left != right])
        return np.concatenate(met)

    def _best(self, row: int, candidates: Sequence[int]) -> Near | None:
        own: frozenset[Shingle] = shingles(self._texts[row])
        if not own:
            return None
        scored = [(jaccard(own, shingles(self._texts[other])), -other) for other in candidates]
        similarity, other = max(scored)
        return Near(row, -other, similarity)


def _by_query(met: Keys) -> Iterator[tuple[int, Rows]]:
    """Yield each query with the others that it met, those of most bands first, at most _COMPARED."""
    import numpy as np

    pairs, bands = np.unique(met, return_counts=True)
    left, right = (pairs >> np.uint64(32)).astype(np.int64), (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
    order = np.lexsort((right, -bands, left))
    left, right = left[order], right[order]
    starts = np.flatnonzero(np.diff(left, prepend=-1))
    for start, end in zip(starts, np.append(starts, len(left))[1:], strict=True):
        yield int(left[start]), right[start : min(end, start + _COMPARED)]


class _WordHashes(dict[str, int]):
    """Word → 32 bits, each computed once for a chunk; Python's own hash differs from run to run."""

    def __missing__(self, word: str) -> int:
        self[word] = found = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        return found


def band_keys(texts: Sequence[str], rows: Rows) -> NDArray[np.uint32]:
    """Return the keys of the rows' bands, (rows, BANDS); equal keys mean equal smallest hashes, but for chance."""
    import numpy as np

    keys = np.zeros((len(rows), BANDS), dtype=np.uint32)
    start = 0
    for end in _chunks(texts, rows):
        keys[start:end] = _chunk_keys([words(texts[row]) for row in rows[start:end]])
        start = end
    return keys


def _chunks(texts: Sequence[str], rows: Rows) -> Iterator[int]:
    """Yield where each chunk of rows ends."""
    size = 0
    for at, row in enumerate(rows):
        size += len(texts[row])
        if size >= _CHUNK_CHARACTERS:
            yield at + 1
            size = 0
    if len(rows):
        yield len(rows)


def _chunk_keys(split: list[list[str]]) -> NDArray[np.uint32]:
    """Return the band keys of some texts; those without words get keys of their own kind, found by no exact check."""
    import numpy as np

    filled = [each or [""] * WORDS for each in split]
    lengths = np.fromiter(map(len, filled), dtype=np.int64, count=len(filled))
    hashes = _WordHashes()
    flat = np.fromiter(map(hashes.__getitem__, chain.from_iterable(filled)), dtype=np.uint64, count=int(lengths.sum()))
    hashed = _shingle_hashes(flat, lengths)
    starts = np.concatenate([[0], np.cumsum(lengths - (WORDS - 1))[:-1]])
    draw = np.random.default_rng(SEED).integers(0, 2**63, size=(BANDS * BAND_HASHES, 2), dtype=np.uint64)
    keys = np.zeros((len(filled), BANDS), dtype=np.uint64)
    for at, (factor, addend) in enumerate(draw):
        smallest = np.minimum.reduceat((hashed * (factor | np.uint64(1)) + addend) >> np.uint64(32), starts)
        band = at // BAND_HASHES
        keys[:, band] = _mixed(keys[:, band] + smallest + np.uint64(at))
    return (keys >> np.uint64(32)).astype(np.uint32)


def _shingle_hashes(flat: Keys, lengths: Rows) -> Keys:
    """Return 64 bits for each run of WORDS words within a text."""
    import numpy as np

    mixed = np.zeros(len(flat) - (WORDS - 1), dtype=np.uint64)
    for at in range(WORDS):
        mixed = _mixed(mixed + flat[at : len(flat) - (WORDS - 1) + at])
    inside = np.ones(len(flat), dtype=bool)
    ends = np.cumsum(lengths)
    for back in range(1, WORDS):  # the last words of a text begin no shingle
        inside[ends - back] = False
    return mixed[inside[: len(mixed)]]


def _mixed(values: Keys) -> Keys:
    """Scatter 64 bits (the finisher of SplitMix64, Steele et al. 2014)."""
    import numpy as np

    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
