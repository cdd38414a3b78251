"""Two models on the same rows: by how much the first is better, and whether chance alone could have done it.

    compare(tuned, base).text()
        tuned against base on the same 1,000 rows of test
        metric        tuned    base   difference                      p  wins  losses  ties
        accuracy *     91.2    31.0   +60.2 (+57.1 to +63.3)    <0.0001   624      22   354

Differences are first minus second, in points of 100. Rows are paired: the interval is a bootstrap over rows, p is a
two-sided permutation test that swaps the two models' answers row by row.
*Not here:* choosing which scores to compare, and exit codes (lfine.cli).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfine.evaluation.intervals import RESAMPLES, bootstrap_mean, bootstrap_statistic
from lfine.evaluation.metrics.registry import Answered, Corpus, find, gives, is_known
from lfine.evaluation.permutations import PERMUTATIONS, mcnemar, sign_flip, swap_test
from lfine.evaluation.records import CodedAnswers, MetricScore, Scores
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Indices, Values

CORPUS_PERMUTATIONS = 2_000
"""At most so many for a corpus metric, which is computed anew each time (macro F1, 1,000 rows, 77 labels: 1 s)."""

SAME_ROWS = "score both on the same split with the same --limit and seed"


@dataclass(frozen=True)
class Difference:
    """One metric of two models."""

    metric: str
    first: float
    second: float
    difference: float
    """first - second."""
    low: float
    high: float
    """Ends of the paired bootstrap interval of the difference."""
    p_value: float
    """Two-sided permutation test."""
    mcnemar_p: float | None
    """Exact; for metrics whose per-example scores are 0 or 1."""
    wins: int
    """Rows on which the first model is better."""
    losses: int
    ties: int


@dataclass(frozen=True)
class Comparison:
    """Two models on the same rows."""

    task: str
    first: str
    """Model of the first scores."""
    second: str
    split: str
    n: int
    confidence: float
    headline: str
    """The metric that speaks for both: the first scores' headline, or the first metric they share."""
    differences: tuple[Difference, ...]
    """The headline first."""

    @property
    def main(self) -> Difference:
        return self.differences[0]

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)

    def text(self) -> str:
        """Return the table for people, in points of 100, without a trailing newline."""
        wide = max(len(self.first), len(self.second), 8)
        title = f"{self.first} against {self.second} on the same {self.n:,} rows of {self.split}"
        heads = f"{self.first:>{wide}}{self.second:>{wide + 2}}  {'difference':<24}{'p':>9}  wins  losses  ties"
        lines = [title, f"{'metric':<14}{heads}"]
        lines += [_line(difference, wide, self.headline) for difference in self.differences]
        exact = next((each.mcnemar_p for each in self.differences if each.mcnemar_p is not None), None)
        lines.append(f"* headline; intervals at {100 * self.confidence:g}%, paired bootstrap; p by permutation")
        if exact is not None:
            lines.append(f"  exact McNemar p: {_p_text(exact)}")
        return "\n".join(lines)


def compare(
    first: Scores, second: Scores, *, resamples: int = RESAMPLES, permutations: int = PERMUTATIONS
) -> Comparison:
    """Compare two models row by row in every metric that both have; level and seed are those of `first`.

    Raises:
        RunError: LF502, the two do not score the same rows, share no metric that can be paired, or a custom metric is
            not the same code in both.
    """
    _check_rows(first, second)
    _check_code(first, second)
    shared = [name for name in first.metrics if name in second.metrics]
    shared.sort(key=lambda name: name != first.headline)  # stable: the headline first
    pairs = ((name, _paired(name, first, second, resamples, permutations)) for name in shared)
    differences = tuple(difference for _, difference in pairs if difference is not None)
    if not differences:
        names = f"{', '.join(first.metrics)} and {', '.join(second.metrics)}"
        raise RunError(Problem("LF502", f"the two scores share no metric: {names}", "score both with the same metrics"))
    return Comparison(
        task=first.task,
        first=first.model,
        second=second.model,
        split=first.split,
        n=first.n,
        confidence=first.settings.confidence,
        headline=differences[0].metric,
        differences=differences,
    )


def _check_rows(first: Scores, second: Scores) -> None:
    ours, theirs = set(first.row_ids), set(second.row_ids)
    if ours != theirs:
        counts = f"{len(ours):,} and {len(theirs):,}, of which {len(ours & theirs):,} are shared"
        raise RunError(Problem("LF502", f"the two score different rows: {counts}", SAME_ROWS))
    if first.row_ids != second.row_ids or first.rows_hash != second.rows_hash or first.split != second.split:
        message = f"the two score {len(ours):,} rows of the same numbers, but of other data, split or order"
        raise RunError(Problem("LF502", message, "compare models of the same task on the same data"))


def _check_code(first: Scores, second: Scores) -> None:
    """Refuse two scores by functions of the same name that are not the same code."""
    for name, code in first.code.items():
        if second.code.get(name, code) != code:
            message = (
                f"the metric {name} is other code in the two scores: sha256 {code[:12]}… and {second.code[name][:12]}…"
            )
            raise RunError(Problem("LF502", message, "score both with the same file"))


def _paired(name: str, first: Scores, second: Scores, resamples: int, permutations: int) -> Difference | None:
    """Return the difference in one metric; None for a corpus metric of a text output, whose answers are not kept."""
    if name in first.per_example and name in second.per_example:
        return _paired_means(name, first, second, resamples, permutations)
    if first.coded is not None and second.coded is not None:
        return _paired_corpus(name, first, second, resamples, permutations)
    return None


def _paired_means(name: str, first: Scores, second: Scores, resamples: int, permutations: int) -> Difference:
    pairs = zip(first.per_example[name], second.per_example[name], strict=True)
    gaps = np.array([ours - theirs for ours, theirs in pairs if ours is not None and theirs is not None])
    seed, confidence = first.settings.seed, first.settings.confidence
    interval = bootstrap_mean(gaps.tolist(), confidence=confidence, seed=seed, resamples=resamples)
    p_value = sign_flip(gaps.tolist(), seed=seed, permutations=permutations)
    return _difference(name, first, second, interval, gaps, p_value)


def _paired_corpus(name: str, first: Scores, second: Scores, resamples: int, permutations: int) -> Difference:
    """As for means, with the metric computed anew on every resample and every swap."""
    assembled = [_spell(scores.coded) for scores in (first, second) if scores.coded is not None]
    golds, answers = assembled[0].golds, assembled[0].answers + assembled[1].answers
    # Both models' rows one after the other: row i of the second model is row n + i.
    choice = choice_of(name, first)
    result = find(choice.name).compute(Answered(golds * 2, answers, assembled[0].labels, choice))
    if not isinstance(result, Corpus):
        raise TypeError(f"{name} is not a corpus metric")
    statistic, n = result.statistic, first.n
    everyone = np.arange(n, dtype=np.int64)

    def gap(indices: Indices) -> Values:
        return statistic(indices) - statistic(indices + n)

    def swapped_gap(swapped: NDArray[np.bool_]) -> Values:
        return statistic(everyone + n * swapped) - statistic(everyone + n * ~swapped)

    seed, confidence = first.settings.seed, first.settings.confidence
    interval = bootstrap_statistic(gap, n, confidence=confidence, seed=seed, resamples=resamples)
    swaps = min(permutations, CORPUS_PERMUTATIONS)
    p_value = swap_test(swapped_gap, n, interval.value, seed=seed, permutations=swaps)
    right = [gold == answer for gold, answer in zip(golds * 2, answers, strict=True)]
    gaps = np.subtract(right[:n], right[n:], dtype=np.float64)
    return _difference(name, first, second, interval, gaps, p_value)


def choice_of(value: str, scores: Scores) -> MetricChoice:
    """Return the metric, with its parameters, that gave this value of the scores."""
    known = (choice for choice in scores.settings.metrics if is_known(choice.name))
    return next(choice for choice in known if gives(choice, value))


def _spell(coded: CodedAnswers) -> Answered:
    """Turn positions back into labels."""
    spelled = (*coded.labels, None)
    golds = tuple(coded.labels[place] for place in coded.golds)
    return Answered(golds, tuple(spelled[place] for place in coded.answers), coded.labels)


def _difference(
    name: str, first: Scores, second: Scores, interval: MetricScore, gaps: NDArray[np.float64], p_value: float
) -> Difference:
    wins, losses = int((gaps > 0).sum()), int((gaps < 0).sum())
    return Difference(
        metric=name,
        first=first.metrics[name].value,
        second=second.metrics[name].value,
        difference=interval.value,
        low=interval.low,
        high=interval.high,
        p_value=p_value,
        mcnemar_p=mcnemar(wins, losses) if _right_or_wrong(name, first, second) else None,
        wins=wins,
        losses=losses,
        ties=len(gaps) - wins - losses,
    )


def _right_or_wrong(name: str, first: Scores, second: Scores) -> bool:
    """Say whether every row is right or wrong: pass@k of several answers is not."""
    if not find(choice_of(name, first).name).right_or_wrong:
        return False
    return {*first.per_example.get(name, ()), *second.per_example.get(name, ())} <= {0.0, 1.0, None}


def _line(each: Difference, wide: int, headline: str) -> str:
    name = each.metric + (" *" if each.metric == headline else "")
    span = f"{100 * each.difference:+.1f} ({100 * each.low:+.1f} to {100 * each.high:+.1f})"
    values = f"{100 * each.first:>{wide}.1f}{100 * each.second:>{wide + 2}.1f}"
    return f"{name:<14}{values}  {span:<24}{_p_text(each.p_value):>9}{each.wins:>6}{each.losses:>8}{each.ties:>6}"


def _p_text(p_value: float) -> str:
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.4f}"
