"""The arithmetic of dividing rows: by a hash, dealt out of strata, cut along time. Sides are 0, 1, 2.

    side_of(digest, (0.8, 0.1, 0.1)) == 0              a hash as a number in [0, 1] under the bounds 0.8 and 0.9
    dealt([[4, 0, 3, 1, 2]], (0.6, 0.2, 0.2), 5)       the first of a stratum's order to the test, then to validation
    cut([10, 30, 20], (0.4, 0.3, 0.3)) == [0, 2, 1]    the latest to the test

*Not here:* columns, values and seeds (lfine.finetune.data.splits).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from math import floor
from typing import Literal

from lfine.finetune.data.values import number_of

_HALF = Fraction(1, 2)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

Moment = tuple[Literal["number", "date"], float]


def adds_up(shares: Sequence[float]) -> bool:
    """Tell whether these are three shares of a whole."""
    return len(shares) == 3 and min(shares) >= 0 and abs(sum(shares) - 1) <= 1e-6


def side_of(digest: bytes, shares: Sequence[float]) -> int:
    """Return the side that a hash falls on; the last side with a share takes what rounding leaves."""
    last = max(side for side, share in enumerate(shares) if share > 0)
    fraction = (int.from_bytes(digest[:8], "big") >> 11) / 2**53  # its first 53 bits, what a double holds
    return bisect_right(list(accumulate(shares))[:last], fraction)


def dealt(strata: Iterable[Sequence[int]], shares: Sequence[float], rows: int) -> list[int]:
    """Return each row's side: every stratum in the same shares, to within one row, and so the whole.

    What rounding gives or takes is carried from stratum to stratum. The first side with a share (training) takes the
    rest, and at least one row of each stratum: what is never learned is not tested.
    """
    exact = [Fraction(str(share)) for share in shares]
    keeper = next(side for side, share in enumerate(exact) if share > 0)
    sides, owed = [keeper] * rows, [Fraction(0)] * len(exact)
    for stratum in strata:
        taken = 0
        for side in range(len(exact) - 1, keeper, -1):
            owed[side] += exact[side] * len(stratum)
            n = max(0, min(floor(owed[side] + _HALF), len(stratum) - 1 - taken))
            for row in stratum[taken : taken + n]:
                sides[row] = side
            owed[side] -= n
            taken += n
    return sides


def cut(keys: Sequence[float], shares: Sequence[float]) -> list[int]:
    """Return each row's side: small keys first; equal keys stay together, so that a bound moves to their nearer end."""
    ordered = sorted(keys)
    bounds = list(accumulate(Fraction(str(share)) for share in shares))[:-1]
    ends = [_edge(ordered, floor(bound * len(ordered) + _HALF)) for bound in bounds]
    starts = [ordered[end] if end < len(ordered) else float("inf") for end in ends]
    return [bisect_right(starts, key) for key in keys]


def _edge(ordered: Sequence[float], at: int) -> int:
    if not 0 < at < len(ordered):
        return at
    start, stop = bisect_left(ordered, ordered[at]), bisect_right(ordered, ordered[at])
    return start if start > 0 and at - start <= stop - at else stop


def moment_of(value: object) -> Moment | None:
    """Return a number, or a date or datetime (ISO 8601; without a zone taken as UTC) in microseconds since 1970."""
    number = number_of(value)
    if number is not None:
        return "number", number
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time())
    if not isinstance(value, dt.datetime):
        return None
    placed = value if value.tzinfo is not None else value.replace(tzinfo=dt.UTC)
    return "date", (placed - _EPOCH) // dt.timedelta(microseconds=1)
