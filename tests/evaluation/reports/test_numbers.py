"""How numbers are written. *Not here:* sentences."""

from __future__ import annotations

import pytest

from lfine.evaluation.metrics import registry
from lfine.evaluation.reports import numbers


def test_points_and_spans() -> None:
    assert numbers.points(0.912) == "91.2"
    assert numbers.points(-0.05) == "−5.0"
    assert numbers.span(0.8944, 0.929) == "89.4–92.9"


@pytest.mark.parametrize(("value", "text"), [(0.021, "+2.1"), (-0.021, "−2.1"), (0.0, "0.0"), (-0.0001, "0.0")])
def test_signs(value: float, text: str) -> None:
    assert numbers.signed(value) == text


def test_an_interval_of_a_difference() -> None:
    assert numbers.shown_change_span("accuracy", -0.005, 0.044) == "−0.5 to +4.4"
    assert numbers.shown_change_span("r2", -0.005, 0.044) == "−0.01 to +0.04"


@pytest.mark.parametrize(("value", "text"), [(0.0004, "< 0.001"), (0.0415, "0.042"), (1.0, "1.000")])
def test_probability(value: float, text: str) -> None:
    assert numbers.probability(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (8.24, "8.2 s"), (250, "4 min 10 s"), (7500, "2 h 5 min"), (59.9, "59.9 s")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert numbers.duration(seconds) == text


def test_count() -> None:
    assert [numbers.count(each) for each in (None, 0, 12345, "12345", "many")] == ["–", "0", "12,345", "12,345", "many"]


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 3.2, 4, [0, 1, 2, 3]),
        (1, 150, 5, [50, 100, 150]),
        (-0.03, 0.12, 5, [0.0, 0.05, 0.1]),
        (2, 2, 5, [2]),
        (0, 1e-6, 2, [0, 5e-7, 1e-6]),
    ],
)
def test_ticks(low: float, high: float, most: int, found: list[float]) -> None:
    assert numbers.ticks(low, high, most) == pytest.approx(found)


def test_values_that_are_no_shares_are_shown_as_they_are() -> None:
    assert numbers.shown("accuracy", 0.912) == "91.2"
    assert numbers.shown("perplexity", 12.345) == "12.35"
    assert numbers.shown_span("perplexity", 11.0, 13.5) == "11.00–13.50"
    assert numbers.shown_span("bleu", 0.1, 0.2) == "10.0–20.0"
    assert numbers.shown_change("perplexity", -1.5) == "−1.50"
    assert numbers.shown_change("accuracy", 0.021) == "+2.1"


def test_what_is_no_share_is_what_the_metrics_say() -> None:
    metrics = [registry.find(name) for name in registry.names()]
    assert {value for each in metrics if not each.share for value in each.values} == numbers.NO_SHARES
