"""Bars are as long as the shares that stand beside them."""

from __future__ import annotations

import re

import pytest

from lfine.data_charts import label_chart, length_chart, split_chart

BAR = re.compile(r'<rect class="split (\w+)"[^>]*? width="([\d.]+)%"')
FIGURES = re.compile(r'<span class="bar-figures">([^<]*)</span>')


def bars(svg: str) -> list[tuple[str, float]]:
    return [(name, float(width)) for name, width in BAR.findall(svg)]


def test_splits_stand_in_their_order_on_one_scale() -> None:
    svg = split_chart({"test": 250, "train": 1000})
    assert bars(svg) == [("train", 100), ("test", 25)]
    assert FIGURES.findall(svg) == ["1,000 rows, 80.0%", "250 rows, 20.0%"]


def test_a_labels_bars_are_shares_of_their_split() -> None:
    svg = label_chart({"a": {"train": 500, "test": 10}, "b": {"train": 50}}, {"train": 1000, "test": 20})
    assert bars(svg) == [("train", 100), ("test", 100), ("train", 10), ("test", 0)]
    assert FIGURES.findall(svg) == ["500, 50.0%", "10, 50.0%", "50, 5.0%", "0, 0.0%"]


def test_one_row_of_many_is_not_nothing() -> None:
    svg = label_chart({"a": {"train": 1}}, {"train": 100_000, "test": 0})
    assert FIGURES.findall(svg) == ["1, &lt;0.1%"]


def test_a_label_is_text() -> None:
    svg = label_chart({"<b>": {"train": 1}, " ": {"train": 1}}, {"train": 2})
    assert "&lt;b&gt;" in svg
    assert "(empty)" in svg


def test_lengths_in_figures() -> None:
    picture = length_chart(range(1, 101), unit="tokens", limit=90)
    assert (picture.p50, picture.p95, picture.p99, picture.longest) == (50, 95, 99, 100)
    assert picture.beyond == 10
    assert (picture.omitted, picture.end) == (0, 100)
    assert "limit, 90 tokens" in picture.chart
    assert "p95, 95 tokens" in picture.chart
    assert '<rect class="over"' in picture.chart


def test_a_long_tail_is_counted_and_not_drawn() -> None:
    picture = length_chart([*range(1, 201), 9000], unit="tokens", limit=None)
    assert (picture.omitted, picture.end, picture.longest) == (1, 200, 9000)
    assert "9000" not in picture.chart


@pytest.mark.parametrize(("limit", "drawn"), [(None, False), (2048, False), (250, True), (50, True)])
def test_a_limit_far_beyond_all_rows_is_not_drawn(limit: int | None, drawn: bool) -> None:
    picture = length_chart(range(1, 101), unit="characters", limit=limit)
    assert ('<line class="limit"' in picture.chart) is drawn
    assert picture.beyond == (50 if limit == 50 else 0)
    assert '<p class="x-name">characters</p>' in picture.chart
    if limit is None:
        assert '<rect class="over"' not in picture.chart


def test_rows_of_one_length() -> None:
    assert length_chart([0, 0], unit="characters", limit=None).p95 == 0
