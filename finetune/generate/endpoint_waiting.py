"""How long to wait before the next try: what the endpoint asks for, else exponential back-off with full jitter.

    retry_after({"retry-after": "7"}) == 7.0
    retry_after({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:27:30 GMT"}) == 30.0
    Backoff(first=0.5, longest=60).after(tries=4)       # anything from 0 to 4 seconds

Full jitter (Brooker, "Exponential Backoff and Jitter", 2015): requests that failed together do not come back together.

*Not here:* limits that are known beforehand (endpoint_limits.py).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that a reply asks to wait (RFC 9110, 10.2.3; OpenAI's retry-after-ms too); None: nothing.

    A date counts from the reply's own Date, so that a clock that is wrong here does no harm.
    """
    exact = _seconds(headers.get("retry-after-ms", ""))
    if exact is not None:
        return exact / 1000
    said = headers.get("retry-after", "").strip()
    seconds = _seconds(said)
    if seconds is not None:
        return seconds
    until = _date(said)
    if until is None:
        return None
    since = _date(headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (until - since).total_seconds())


def _seconds(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


@dataclass(frozen=True)
class Backoff:
    first: float
    """Seconds; the most that is waited after the first try."""
    longest: float
    draw: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 (spreads retries, guards nothing)

    def after(self, tries: int) -> float:
        """Return the seconds to wait after so many tries without an answer."""
        return self.draw.uniform(0, min(self.longest, self.first * 2.0 ** min(tries - 1, 60)))
