"""How long to wait: Retry-After in all its forms, and back-off with full jitter."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from lfine.finetune.generate.endpoint_waiting import Backoff, retry_after

NOON = datetime(2026, 10, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 99 Oct 2026"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_what_a_reply_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOON) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2026 09:00:10 GMT", "date": "Wed, 21 Oct 2026 09:00:00 GMT"}
    assert retry_after(headers, NOON) == 10.0


def test_a_date_without_any_clock_but_ours() -> None:
    assert retry_after({"retry-after": "Wed, 21 Oct 2020 09:00:10 GMT"}) == 0.0


def test_waits_double_up_to_the_longest_and_are_spread_over_all_of_it() -> None:
    backoff = Backoff(0.5, 8.0, random.Random(1))
    for tries, most in ((1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 8.0), (10_000, 8.0)):
        waits = [backoff.after(tries) for _ in range(400)]
        assert 0 <= min(waits) < 0.1 * most
        assert 0.9 * most < max(waits) <= most
        assert abs(sum(waits) / len(waits) - most / 2) < 0.1 * most
