"""Token buckets beside a plain simulation: no minute sees more than the limit and a sixtieth."""

from __future__ import annotations

import random

import pytest

from lfine.finetune.generate.endpoint_limits import Bucket, Limits


def test_one_request_a_second() -> None:
    bucket = Bucket(60)
    assert [bucket.reserve(1, now=100.0) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]
    assert bucket.reserve(1, now=104.0) == 0.0


def test_without_a_limit_nobody_waits() -> None:
    assert [Bucket(None).reserve(10**9, now=0.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_fewer_than_one_a_second() -> None:
    bucket = Bucket(6)
    assert [bucket.reserve(1, now=0.0) for _ in range(3)] == pytest.approx([0.0, 10.0, 20.0])


def test_idle_time_saves_up_a_second_and_no_more() -> None:
    bucket = Bucket(600)
    waits = [bucket.reserve(1, now=0.0)] + [bucket.reserve(1, now=3600.0) for _ in range(12)]
    assert waits[:11] == [0.0] * 11
    assert waits[11:] == pytest.approx([0.1, 0.2])


def test_a_request_larger_than_the_bucket_makes_a_debt() -> None:
    bucket = Bucket(600)
    assert bucket.reserve(100, now=0.0) == 0.0
    assert bucket.reserve(1, now=0.0) == pytest.approx(9.1)


def test_what_was_not_used_comes_back() -> None:
    bucket = Bucket(600)
    bucket.reserve(100, now=0.0)
    bucket.give_back(95)
    assert bucket.reserve(5, now=0.0) == 0.0
    bucket.give_back(-50)
    assert bucket.reserve(1, now=0.0) == pytest.approx(5.1)


@pytest.mark.parametrize("per_minute", [7, 60, 500, 10_000])
def test_no_minute_sees_more_than_the_limit(per_minute: int) -> None:
    bucket, draw = Bucket(per_minute), random.Random(per_minute)
    sent: list[float] = []
    now = 0.0
    for _ in range(3 * per_minute):
        now += draw.expovariate(per_minute / 20)  # three times as fast as allowed, in bursts
        sent.append(now + bucket.reserve(1, now=now))
    sent.sort()
    first = 0
    for at, time in enumerate(sent):
        while time - sent[first] >= 60:
            first += 1
        assert at - first + 1 <= per_minute + max(1, per_minute / 60) + 1


def test_both_limits_and_the_endpoints_own_wish() -> None:
    limits = Limits(Bucket(60), Bucket(6000))
    assert limits.reserve(300, now=0.0) == 0.0
    assert limits.reserve(10, now=0.0) == pytest.approx(2.1)  # the tokens: 200 of debt and 10 more, 100 a second
    limits.close(30, now=10.0)
    limits.close(5, now=11.0)
    assert limits.closed(now=12.0) == pytest.approx(28.0)
    assert limits.reserve(1, now=12.0) == pytest.approx(28.0)
    assert limits.closed(now=41.0) == 0.0
