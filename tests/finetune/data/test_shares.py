"""The arithmetic of dividing rows."""

from __future__ import annotations

import datetime as dt
import decimal
import random

import pytest

from lfine.finetune.data.shares import adds_up, cut, dealt, moment_of, side_of


@pytest.mark.parametrize(
    ("shares", "fine"),
    [((0.8, 0.1, 0.1), True), ((1, 0, 0), True), ((0.7, 0.1, 0.2), True), ((0.8, 0.2), False), ((1.1, -0.1, 0), False)],
)
def test_shares_of_a_whole(shares: tuple[float, ...], *, fine: bool) -> None:
    assert adds_up(shares) is fine


@pytest.mark.parametrize(
    ("first", "side"), [(b"\x00", 0), (b"\xcc", 0), (b"\xcd", 1), (b"\xe6", 1), (b"\xe7", 2), (b"\xff", 2)]
)
def test_a_hash_falls_on_a_side(first: bytes, side: int) -> None:
    assert side_of(first + b"\x00" * 31, (0.8, 0.1, 0.1)) == side  # 0xcc is 0.797, 0xcd 0.801, 0xe6 0.898, 0xe7 0.902


def test_the_last_side_with_a_share_takes_what_is_left() -> None:
    assert side_of(b"\xff" * 32, (0.7, 0.3, 0.0)) == 1
    assert side_of(b"\xff" * 32, (1.0, 0.0, 0.0)) == 0


def test_the_first_of_the_order_are_the_test() -> None:
    assert dealt([[4, 0, 3, 1, 2]], (0.6, 0.2, 0.2), 5) == [1, 0, 0, 0, 2]
    assert dealt([[0, 1, 2, 3]], (0.0, 0.5, 0.5), 4) == [2, 2, 1, 1]
    assert dealt([[0, 1]], (1.0, 0.0, 0.0), 2) == [0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_strata_and_whole_have_their_shares(seed: int) -> None:
    chance = random.Random(seed)
    sizes = sorted((chance.randint(3, 60) for _ in range(40)), reverse=True)
    rows = list(range(sum(sizes)))
    strata = [rows[sum(sizes[:n]) : sum(sizes[: n + 1])] for n in range(len(sizes))]
    sides = dealt(strata, (0.7, 0.1, 0.2), len(rows))
    for side, share in ((1, 0.1), (2, 0.2)):
        assert abs(sides.count(side) - share * len(rows)) <= 0.5
        for stratum in strata:
            assert abs(sum(sides[row] == side for row in stratum) - share * len(stratum)) <= 1


def test_one_row_of_each_stratum_is_learned() -> None:
    strata = [[0, 1], [2, 3], [4], [5]]
    sides = dealt(strata, (0.1, 0.1, 0.8), 6)
    assert sides == [2, 0, 2, 0, 0, 0]


def test_small_keys_come_first() -> None:
    assert cut([10, 30, 20], (0.4, 0.3, 0.3)) == [0, 2, 1]
    assert cut([1, 2, 3, 4], (0.0, 0.5, 0.5)) == [1, 1, 2, 2]
    assert cut([1, 2, 3, 4], (0.5, 0.5, 0.0)) == [0, 0, 1, 1]


def test_a_bound_moves_to_the_nearer_end_of_equal_keys() -> None:
    assert cut([1, 2, 3, 4, 5, 5, 5, 8, 9, 9], (0.5, 0.2, 0.3)) == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert cut([1, 5, 5, 5, 5, 6, 7, 8, 9, 9], (0.4, 0.3, 0.3)) == [0, 0, 0, 0, 0, 1, 1, 2, 2, 2]
    assert cut([7] * 5, (0.4, 0.3, 0.3)) == [0] * 5


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (1, 2.5),
        ("9", "10"),
        ("2023", 2024),
        (decimal.Decimal("0.1"), 1),
        ("2024-01-31", "2024-02-01"),
        ("2024-01-31", dt.datetime(2024, 1, 31, 0, 0, 1)),
        ("2024-01-31T12:00:00Z", "2024-01-31T13:30:00+00:30"),
        (dt.date(2024, 1, 31), "2024-01-31 00:00:00.000001"),
    ],
)
def test_numbers_and_dates_have_an_order(earlier: object, later: object) -> None:
    first, second = moment_of(earlier), moment_of(later)
    assert first is not None
    assert second is not None
    assert first < second
    assert first[0] == second[0]


def test_a_moment_without_a_zone_is_utc() -> None:
    assert moment_of("2024-01-31T12:00:00") == moment_of("2024-01-31T12:00:00Z") == moment_of("2024-01-31T13:00+01:00")
    assert moment_of("1970-01-01T00:00:01") == ("date", 1_000_000)


@pytest.mark.parametrize("value", [None, "", "3/4/2020", "soon", True, float("nan"), dt.time(12), ["2024-01-01"]])
def test_other_values_have_none(value: object) -> None:
    assert moment_of(value) is None
