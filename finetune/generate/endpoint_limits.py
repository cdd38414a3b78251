"""Requests and tokens per minute, kept before the endpoint has to say 429.

    bucket = Bucket(per_minute=60)
    bucket.reserve(1, now=0.0) == 0.0       bucket.reserve(1, now=0.0) == 1.0       seconds to wait before sending

A token bucket that holds what one second brings: so no minute, wherever it begins, sees more than a sixtieth above the
limit. A request larger than that makes a debt, which those after it wait for.

*Not here:* waiting (endpoint.py), what an endpoint asks for (endpoint_waiting.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Bucket:
    """What may be used up per minute; None: as much as one likes. Times are seconds of one clock."""

    per_minute: float | None
    _level: float = field(init=False, default=0.0)
    _at: float | None = field(init=False, default=None)

    def reserve(self, amount: float, *, now: float) -> float:
        """Take `amount` and return how many seconds to wait before it may be used."""
        if self.per_minute is None:
            return 0.0
        rate = self.per_minute / 60
        most = max(1.0, rate)
        if self._at is None:
            self._level, self._at = most, now
        self._level = min(most, self._level + (now - self._at) * rate)
        self._at = now
        wait = max(0.0, min(amount, most) - self._level) / rate
        self._level -= amount
        return wait

    def give_back(self, amount: float) -> None:
        """Return what was taken and not used; a negative amount takes what was used beyond it."""
        self._level += amount


@dataclass
class Limits:
    """Both limits of one endpoint, and its wish that nobody asks before a certain time."""

    requests: Bucket
    tokens: Bucket
    _closed_until: float = field(init=False, default=0.0)

    def reserve(self, tokens: int, *, now: float) -> float:
        """Return the seconds to wait before a request of so many tokens may be sent."""
        return max(self.requests.reserve(1, now=now), self.tokens.reserve(tokens, now=now), self.closed(now=now))

    def closed(self, *, now: float) -> float:
        """Return the seconds for which the endpoint wants to be left alone."""
        return max(0.0, self._closed_until - now)

    def close(self, seconds: float, *, now: float) -> None:
        """Let nobody ask for so many seconds."""
        self._closed_until = max(self._closed_until, now + seconds)
