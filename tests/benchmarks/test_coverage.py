"""The benchmark of intervals counts coverage rightly where it is known."""

from __future__ import annotations

import pytest

from benchmarks.coverage import of_share, paired_rows, sampled, shown, table


def test_a_share_s_coverage_is_a_sum_over_counts() -> None:
    held, width = of_share(2, 0.5, lambda right: (0.4, 0.6) if right == 1 else (0.9, 1.0))
    assert (held, width) == pytest.approx((0.5, 0.5 * 0.2 + 0.5 * 0.1))
    assert of_share(30, 0.9, lambda _: (0.0, 1.0)) == pytest.approx((1.0, 1.0), abs=1e-5)


def test_samples_are_counted() -> None:
    assert sampled([(0.0, 0.5), (0.4, 0.6), (0.7, 0.9)], 0.5) == pytest.approx((2 / 3, 0.3))
    assert shown((0.951, 0.0234)) == "95.1% (2.3)"


def test_tables_have_a_cell_for_each_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.coverage.PAIRED", ((20, 0.1, 0.1),))
    text = table("rows", "by formula", paired_rows(5, 1))
    assert [line.count("|") for line in text.split("\n")] == [6, 6, 6]
