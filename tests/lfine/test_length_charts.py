"""Bars and lines stand where the numbers are."""

from __future__ import annotations

import re

import pytest

from lfine.length_charts import PLOT, histogram_chart, length_bar
from lfine.previewing import Bin

RECT = re.compile(r'<rect class="(\w+)" x="([\d.]+)%?" (?:y="([\d.]+)" )?[^>]*?width="([\d.]+)%"')
BINS = (Bin(10, 19, 5), Bin(20, 29, 10), Bin(30, 39, 0), Bin(40, 49, 1))


def rects(svg: str) -> list[tuple[str, float, float, float]]:
    return [(kind, float(x), float(y or 0), float(width)) for kind, x, y, width in RECT.findall(svg)]


def test_bars_are_as_wide_as_their_tokens_and_as_high_as_their_rows() -> None:
    found = rects(histogram_chart(BINS, limit=49, p95=49))
    assert [kind for kind, *_ in found] == ["bar"] * 3
    assert [(x, width) for _, x, _, width in found] == [(0, 25), (25, 25), (75, 25)]
    assert [y for _, _, y, _ in found] == [PLOT / 2, 0, PLOT * 0.9]


@pytest.mark.parametrize(
    ("limit", "kinds"),
    [(25, ["bar", "bar", "over", "over"]), (29, ["bar", "bar", "over"]), (5, ["over"] * 3), (80, ["bar"] * 3)],
)
def test_rows_beyond_the_limit_have_another_colour(limit: int, kinds: list[str]) -> None:
    found = rects(histogram_chart(BINS, limit=limit, p95=30))
    assert [kind for kind, *_ in found] == kinds
    if limit == 25:
        inside, beyond = found[1:3]
        assert inside[3] == pytest.approx(15)  # 20 to 25 of 40 tokens
        assert beyond[1] == pytest.approx(40)
        assert beyond[2] == inside[2]


def test_the_p95_has_a_line_of_its_own_only_where_it_is_not_the_limit() -> None:
    same, other = (histogram_chart(BINS, limit=40, p95=each) for each in (40, 30))
    assert same.count('<line class="limit"') == other.count('<line class="limit"') == 1
    assert 'class="percentile"' not in same
    assert "limit, 40 tokens (the p95)" in same
    assert other.count('<line class="percentile"') == 1
    assert "p95, 30 tokens" in other


def test_one_row_of_one_length() -> None:
    assert rects(histogram_chart((Bin(7, 7, 1),), limit=7, p95=7)) == [("bar", 0, 0, 100)]


def test_a_rows_bar_shows_what_is_seen_and_what_is_lost() -> None:
    svg = length_bar(80, seen=60, most=100, limit=60, p95=50)
    assert rects(svg) == [("track", 0, 3, 100), ("bar", 0, 3, 60), ("over", 60, 3, 20)]
    assert '<line class="limit" x1="60.000%"' in svg
    assert '<line class="percentile" x1="50.000%"' in svg
    assert "80 tokens, of which the model sees 60" in svg
    assert [kind for kind, *_ in rects(length_bar(30, seen=30, most=100, limit=60, p95=60))] == ["track", "bar"]


def test_without_a_limit_nothing_is_too_long() -> None:
    svg = histogram_chart(BINS, limit=None, p95=40, unit="characters")
    assert [kind for kind, *_ in rects(svg)] == ["bar"] * 3
    assert 'class="limit' not in svg
    assert "too long" not in svg
    assert "p95, 40 characters" in svg
    assert "10–19 characters: 5 rows" in svg
    assert "tokens" not in svg
