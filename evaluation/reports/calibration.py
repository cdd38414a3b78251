"""Whether a model is as often right as it is sure: answers by confidence, and the gap between the two.

    {"a": -0.1, "b": -2.4}                  →  confidence 0.91 in "a"
    Bin(low=0.9, high=1.0, rows=412, confidence=0.96, right=0.91, right_low=0.88, right_high=0.93)

Confidence is the probability of the most probable label among all labels (their probabilities made to sum to 1). Bins
are of equal width; the interval of a bin is Wilson's (1927). The expected calibration error is the mean distance
between confidence and share of right answers, weighted by rows (Naeini et al. 2015).
*Not here:* drawing (reliability_chart, figure_files) and asking a model for probabilities (lfine.finetune.generate).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.metrics.likelihood_choice import most_likely
from lfine.evaluation.proportions import wilson
from lfine.evaluation.records import Prediction

BINS = 10
CONFIDENCE = 0.95
"""Of a bin's interval."""


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence."""

    low: float
    high: float
    """Confidence of its answers: low < confidence <= high."""
    rows: int
    confidence: float
    """Mean."""
    right: float
    """Share of right answers."""
    right_low: float
    right_high: float


@dataclass(frozen=True)
class Reliability:
    bins: tuple[Bin, ...]
    """Those that have a row, the least sure first."""
    rows: int
    error: float
    """Expected calibration error."""
    confidence: float
    """Mean over all rows."""
    right: float
    """Share of rows whose most probable label is the gold one."""


def confidence_of(prediction: Prediction) -> float | None:
    """Return the probability of the most probable label, None where the model gave none."""
    logarithms = [value for value in (prediction.label_log_probabilities or {}).values() if not math.isnan(value)]
    if not logarithms or max(logarithms) == -math.inf:
        return None
    highest = max(logarithms)
    return 1 / sum(math.exp(value - highest) for value in logarithms)


def reliability(predictions: Sequence[Prediction]) -> Reliability | None:
    """Return the bins; None where no row has probabilities of more than one label."""
    known = [
        (confidence, most_likely(prediction.label_log_probabilities or {}) == prediction.gold.strip())
        for prediction in predictions
        if len(prediction.label_log_probabilities or {}) > 1 and (confidence := confidence_of(prediction)) is not None
    ]
    if not known:
        return None
    groups: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in known:
        groups.setdefault(max(0, math.ceil(confidence * BINS - 1e-9) - 1), []).append((confidence, right))
    bins = tuple(_bin(place, group) for place, group in sorted(groups.items()))
    return Reliability(
        bins=bins,
        rows=len(known),
        error=sum(each.rows * abs(each.right - each.confidence) for each in bins) / len(known),
        confidence=sum(confidence for confidence, _ in known) / len(known),
        right=sum(right for _, right in known) / len(known),
    )


def _bin(place: int, group: Sequence[tuple[float, bool]]) -> Bin:
    right = sum(hit for _, hit in group)
    low, high = wilson(right, len(group), confidence=CONFIDENCE)
    mean = sum(confidence for confidence, _ in group) / len(group)
    return Bin(place / BINS, (place + 1) / BINS, len(group), mean, right / len(group), low, high)
