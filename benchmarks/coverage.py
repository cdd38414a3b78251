"""How often each interval holds the truth, on small samples and on rates near 0 and 1: the tables of decision 0018.

    python -m benchmarks.coverage [--samples 400] [--seed 1]

    | right rows | n | percentile | BCa | Wilson | …

A share's coverage is exact: every count of right rows has its binomial chance, and only the bootstrap's own draws are
random. Means of other scores, macro F1 and paired differences are sampled. *Not here:* the intervals themselves.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lfine.evaluation.intervals import bootstrap_mean, bootstrap_statistic
from lfine.evaluation.metrics.f1 import f1
from lfine.evaluation.metrics.registry import Answered, Corpus
from lfine.evaluation.proportions import paired, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.records import IntervalMethod

LEVEL = 0.95
METHODS: tuple[IntervalMethod, ...] = ("percentile", "bca")
SHARES = (
    (20, 0.5),
    (20, 0.9),
    (50, 0.98),
    (100, 0.5),
    (100, 0.9),
    (100, 0.99),
    (1000, 0.9),
    (1000, 0.99),
    (1000, 0.999),
)
PAIRED = ((50, 0.1, 0.1), (200, 0.02, 0.0), (200, 0.1, 0.05), (1000, 0.005, 0.002))
UNEQUAL = (0.5, 0.2, 0.15, 0.1, 0.05)
MACRO = ((50, UNEQUAL, 0.75), (200, UNEQUAL, 0.75), (1000, (1 / 77,) * 77, 0.8))
"""Rows, the labels' shares, and the share of answers that are right by more than luck."""

Ends = tuple[float, float]
Found = tuple[float, float]
"""Share of samples whose interval held the truth, and the mean width."""


def resampled(values: Sequence[float] | NDArray[np.float64], method: IntervalMethod, seed: int) -> Ends:
    found = bootstrap_mean(values, confidence=LEVEL, seed=seed, method=method)
    return found.low, found.high


def of_share(rows: int, share: float, ends: Callable[[int], Ends]) -> Found:
    """Return coverage and width over all counts that have a chance of more than one in ten million."""
    chances = [math.comb(rows, right) * share**right * (1 - share) ** (rows - right) for right in range(rows + 1)]
    spans = {right: ends(right) for right, chance in enumerate(chances) if chance > 1e-7}
    held = sum(chances[right] for right, (low, high) in spans.items() if low <= share <= high)
    return held, sum(chances[right] * (high - low) for right, (low, high) in spans.items())


def sampled(spans: Sequence[Ends], truth: float) -> Found:
    held = [low <= truth <= high for low, high in spans]
    return sum(held) / len(held), sum(high - low for low, high in spans) / len(spans)


def share_rows(seed: int) -> list[list[str]]:
    found = []
    for rows, share in SHARES:

        def bootstrap(right: int, method: IntervalMethod, rows: int = rows) -> Ends:
            return resampled([1.0] * right + [0.0] * (rows - right), method, seed)

        cells = [of_share(rows, share, lambda right, each=each: bootstrap(right, each)) for each in METHODS]  # type: ignore[misc]
        cells.append(of_share(rows, share, lambda right, rows=rows: wilson(right, rows, confidence=LEVEL)))  # type: ignore[misc]
        found.append([f"{100 * share:g}% right", str(rows), *map(shown, cells)])
    return found


def mean_rows(samples: int, seed: int) -> list[list[str]]:
    """Return rows for scores like ROUGE: beta-distributed, and such with a part that is exactly right."""
    generator, found = np.random.default_rng(seed), []
    for name, right, (a, b) in (("mean 0.80, skewed", 0.0, (8, 2)), ("mean 0.96, 80% are 1", 0.8, (8, 2))):
        truth = right + (1 - right) * a / (a + b)
        for rows in (20, 100, 1000):
            drawn = np.where(generator.random((samples, rows)) < right, 1.0, generator.beta(a, b, (samples, rows)))
            cells = [sampled([resampled(each, method, seed) for each in drawn], truth) for method in METHODS]
            found.append([name, str(rows), *map(shown, cells), "–"])
    return found


def macro_rows(samples: int, seed: int) -> list[list[str]]:
    """Return rows for macro F1 of 5 labels of unequal size and of 77 equal ones; the truth is that of a million."""
    generator, found = np.random.default_rng(seed), []
    for rows, weights, right in MACRO:
        labels = len(weights)

        def draw(
            rows: int, weights: Sequence[float] = weights, right: float = right
        ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            golds = generator.choice(len(weights), size=rows, p=weights)
            wrong = generator.integers(0, len(weights), size=rows)
            return golds, np.where(generator.random(rows) < right, golds, wrong)

        truth = _macro(*draw(1_000_000), labels)
        spans: dict[IntervalMethod, list[Ends]] = {each: [] for each in METHODS}
        for _ in range(samples):
            golds, answers = (tuple(map(str, each.tolist())) for each in draw(rows))
            result = f1.compute(Answered(golds, answers, tuple(map(str, range(labels)))))
            if isinstance(result, Corpus):
                for method, ends in spans.items():
                    interval = bootstrap_statistic(result.statistic, rows, confidence=LEVEL, seed=seed, method=method)
                    ends.append((interval.low, interval.high))
        cells = [shown(sampled(each, truth)) for each in spans.values()]
        found.append([f"macro F1, {labels} labels", str(rows), *cells, "–"])
    return found


def _macro(golds: NDArray[np.int64], answers: NDArray[np.int64], labels: int) -> float:
    each = [
        2 * ((golds == label) & (answers == label)).sum() / ((golds == label).sum() + (answers == label).sum())
        for label in range(labels)
    ]
    return float(np.mean(each))


def paired_rows(samples: int, seed: int) -> list[list[str]]:
    found = []
    for rows, won, lost in PAIRED:
        drawn = np.random.default_rng(seed).multinomial(rows, [won, lost, 1 - won - lost], size=samples).tolist()
        kinds = sorted(set(map(tuple, drawn)))
        spans = {}
        for wins, losses, ties in kinds:
            gaps = [1.0] * wins + [-1.0] * losses + [0.0] * ties
            formula = paired(wins, losses, rows, confidence=LEVEL)
            spans[wins, losses, ties] = [*(resampled(gaps, method, seed) for method in METHODS), formula]
        cells = [sampled([spans[tuple(each)][place] for each in drawn], won - lost) for place in range(3)]
        found.append([f"{100 * won:g}% won, {100 * lost:g}% lost", str(rows), *map(shown, cells)])
    return found


def shown(found: Found) -> str:
    held, width = found
    return f"{100 * held:.1f}% ({100 * width:.1f})"


def table(head: str, last: str, rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {head} | rows | percentile | BCa | {last} |", "|---|--:|--:|--:|--:|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="coverage and width (in points) of 95% intervals")
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    print(table("share of right rows", "Wilson", share_rows(asked.seed)), end="\n\n")
    print(table("won and lost rows", "Bonett and Price", paired_rows(asked.samples, asked.seed)), end="\n\n")
    others = [*mean_rows(3 * asked.samples // 4, asked.seed), *macro_rows(asked.samples // 2, asked.seed)]
    print(table("other scores", "by formula", others))


if __name__ == "__main__":
    main()
