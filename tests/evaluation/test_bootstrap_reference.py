"""The vectorised bootstrap and permutation tests against plain loops over the same random rows.

The loops are the definition: draw rows, compute the metric on those rows, sort, take the ends.
*Not here:* whether the intervals are the right ones (test_intervals.py).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import numpy as np
import pytest

from lfine.evaluation import intervals, permutations
from lfine.evaluation.compare import compare
from lfine.evaluation.intervals import bootstrap_mean, resampled_rows
from lfine.evaluation.permutations import sign_flip
from lfine.evaluation.records import Scores

SCORES = [((7 * place) % 11) / 10 for place in range(40)]


def plain_interval(values: list[float], confidence: float, seed: int, resamples: int) -> tuple[float, float]:
    drawn = [row for block in resampled_rows(len(values), seed=seed, resamples=resamples) for row in block.tolist()]
    means = sorted(statistics.fmean(values[place] for place in rows) for rows in drawn)

    def percentile(share: float) -> float:
        """Return the value at `share` of the way through the sorted means, between two of them if need be."""
        position = share * (len(means) - 1)
        below = int(position)
        above = min(below + 1, len(means) - 1)
        return means[below] + (position - below) * (means[above] - means[below])

    tail = (1 - confidence) / 2
    return percentile(tail), percentile(1 - tail)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("resamples", [1, 7, 300])
def test_mean_equals_the_plain_loop(confidence: float, resamples: int) -> None:
    found = bootstrap_mean(SCORES, confidence=confidence, seed=11, resamples=resamples)
    assert (found.low, found.high) == pytest.approx(plain_interval(SCORES, confidence, 11, resamples), abs=1e-12)
    assert found.value == pytest.approx(statistics.fmean(SCORES))


def test_a_higher_level_gives_a_wider_interval() -> None:
    widths = []
    for confidence in (0.5, 0.8, 0.9, 0.95, 0.99):
        found = bootstrap_mean(SCORES, confidence=confidence, seed=0)
        widths.append(found.high - found.low)
    assert widths == sorted(widths)
    assert len(set(widths)) == 5


def test_four_times_the_rows_give_half_the_width() -> None:
    few = bootstrap_mean(SCORES, confidence=0.95, seed=0)
    many = bootstrap_mean(SCORES * 4, confidence=0.95, seed=0)
    assert (few.high - few.low) / (many.high - many.low) == pytest.approx(2, rel=0.1)


def test_small_blocks_give_valid_intervals_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap_mean(SCORES, confidence=0.95, seed=0)
    monkeypatch.setattr(intervals, "BLOCK", 100)
    blocks = [len(block) for block in resampled_rows(40, seed=0, resamples=9)]
    assert blocks == [2, 2, 2, 2, 1]
    split = bootstrap_mean(SCORES, confidence=0.95, seed=0)
    assert (split.low, split.high) == pytest.approx((whole.low, whole.high), abs=0.02)


def test_sign_flip_equals_the_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = [0.3, -0.1, 0.2, 0.4, -0.25]
    swaps = np.random.default_rng(5).integers(0, 2, size=(200, 5), dtype=np.uint8).tolist()
    monkeypatch.setattr(permutations, "BLOCK", 10_000)
    extreme = 0
    for row in swaps:
        total = sum(-value if swap else value for value, swap in zip(differences, row, strict=True))
        extreme += abs(total) >= abs(sum(differences)) - 1e-9
    assert sign_flip(differences, seed=5, permutations=200) == (1 + extreme) / 201


def test_paired_interval_is_that_of_the_differences(scored: Callable[..., Scores]) -> None:
    golds = ["a cat sat", "a dog ran far"] * 20
    first = [(gold, "a cat" if place % 5 == 0 else gold) for place, gold in enumerate(golds)]
    second = [(gold, "a far dog" if place % 3 == 0 else gold) for place, gold in enumerate(golds)]
    one, other = scored(first, metrics=("rouge",)), scored(second, model="base", metrics=("rouge",))
    pairs = zip(one.per_example["rougeL"], other.per_example["rougeL"], strict=True)
    gaps = [a - b for a, b in pairs if a is not None and b is not None]
    found = compare(one, other).main
    expected = plain_interval(gaps, 0.95, one.settings.seed, intervals.RESAMPLES)
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)
    assert found.p_value == sign_flip(gaps, seed=one.settings.seed)


def test_accuracy_as_a_corpus_metric_has_the_interval_of_its_mean(scored: Callable[..., Scores]) -> None:
    """With equally many rows of each label macro recall is accuracy, in every resample nearly."""
    rows = [(gold, "home" if place % 4 == 0 else gold) for place, gold in enumerate(["auto", "home"] * 100)]
    scores = scored(rows, metrics=("recall", "accuracy"))
    recall, accuracy = scores.metrics["recall"], scores.metrics["accuracy"]
    assert recall.value == pytest.approx(accuracy.value)
    assert (recall.low, recall.high) == pytest.approx((accuracy.low, accuracy.high), abs=0.02)
