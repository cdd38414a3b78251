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
from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, find, gives, is_known, suffix, value_names
from lfine.evaluation.permutations import PERMUTATIONS, mcnemar, sign_flip, swap_test
from lfine.evaluation.records import CodedAnswers, MetricScore, Scores
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfine.evaluation.metrics.registry import Indices, Statistic, Values

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
    higher_is_better: bool = True
    share: bool = True
    """The values are shares of 1, shown in points of 100."""

    @property
    def gain(self) -> float:
        """By how much the first model is better; negative where it is worse."""
        return self.difference if self.higher_is_better else -self.difference


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
    """Return the difference in one metric; None for a corpus metric of which nothing is kept by row."""
    if name in first.per_example and name in second.per_example:
        return _paired_means(name, first, second, resamples, permutations)
    key = value_names(choice_of(name, first))[0]
    if key in first.facts and key in second.facts:
        statistic = _of_facts(name, first.facts[key] + second.facts[key], first)
    elif first.coded is not None and second.coded is not None:
        statistic = _of_labels(name, first.coded, second.coded, first)
    else:
        return None
    return _paired_corpus(name, first, second, statistic, (resamples, permutations))


def _paired_means(name: str, first: Scores, second: Scores, resamples: int, permutations: int) -> Difference | None:
    """Rows of which either score says nothing are left out; None where that is every row."""
    pairs = zip(first.per_example[name], second.per_example[name], strict=True)
    gaps = np.array([ours - theirs for ours, theirs in pairs if ours is not None and theirs is not None])
    if not len(gaps):
        return None
    seed, confidence = first.settings.seed, first.settings.confidence
    interval = bootstrap_mean(gaps.tolist(), confidence=confidence, seed=seed, resamples=resamples)
    p_value = sign_flip(gaps.tolist(), seed=seed, permutations=permutations)
    return _difference(name, first, second, interval, gaps, p_value)


def _of_labels(name: str, first: CodedAnswers, second: CodedAnswers, scores: Scores) -> Statistic:
    """Return the metric over both models' rows one after the other: row i of the second model is row n + i."""
    ours, theirs, choice = _spell(first), _spell(second), choice_of(name, scores)
    result = find(choice.name).compute(Answered(ours.golds * 2, ours.answers + theirs.answers, ours.labels, choice))
    if not isinstance(result, Corpus):
        raise TypeError(f"{name} is not a corpus metric")
    return result.statistic


def _of_facts(name: str, facts: tuple[tuple[float, ...], ...], scores: Scores) -> Statistic:
    """Return the same for a metric that keeps facts of each row."""
    choice = choice_of(name, scores)
    return find(choice.name).statistics(Facts(facts), choice)[name.removesuffix(suffix(choice))]


def _paired_corpus(
    name: str, first: Scores, second: Scores, statistic: Statistic, draws: tuple[int, int]
) -> Difference:
    """As for means, with the metric computed anew on every resample and every swap."""
    (resamples, permutations), n = draws, first.n
    everyone = np.arange(n, dtype=np.int64)

    def gap(indices: Indices) -> Values:
        return statistic(indices) - statistic(indices + n)

    def swapped_gap(swapped: NDArray[np.bool_]) -> Values:
        return statistic(everyone + n * swapped) - statistic(everyone + n * ~swapped)

    seed, confidence = first.settings.seed, first.settings.confidence
    interval = bootstrap_statistic(gap, n, confidence=confidence, seed=seed, resamples=resamples)
    swaps = min(permutations, CORPUS_PERMUTATIONS)
    p_value = swap_test(swapped_gap, n, interval.value, seed=seed, permutations=swaps)
    return _difference(name, first, second, interval, _row_gaps(first, second, statistic), p_value)


def _row_gaps(first: Scores, second: Scores, statistic: Statistic) -> NDArray[np.float64]:
    """Return by how much each row is better with the first model: right or wrong labels, else the metric of one row."""
    if first.coded is not None and second.coded is not None:
        right = [np.equal(each.golds, each.answers) for each in (first.coded, second.coded)]
        return np.subtract(*right, dtype=np.float64)
    alone = statistic(np.arange(2 * first.n, dtype=np.int64)[:, None])
    return alone[: first.n] - alone[first.n :]


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
    metric = find(choice_of(name, first).name)
    better = gaps if metric.higher_is_better else -gaps
    wins, losses = int((better > 0).sum()), int((better < 0).sum())
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
        higher_is_better=metric.higher_is_better,
        share=metric.share,
    )


def _right_or_wrong(name: str, first: Scores, second: Scores) -> bool:
    """Say whether every row is right or wrong: pass@k of several answers is not."""
    if not find(choice_of(name, first).name).right_or_wrong:
        return False
    return {*first.per_example.get(name, ()), *second.per_example.get(name, ())} <= {0.0, 1.0, None}


def _line(each: Difference, wide: int, headline: str) -> str:
    name = each.metric + (" *" if each.metric == headline else "")
    scale = 100 if each.share else 1
    span = f"{scale * each.difference:+.1f} ({scale * each.low:+.1f} to {scale * each.high:+.1f})"
    values = f"{scale * each.first:>{wide}.1f}{scale * each.second:>{wide + 2}.1f}"
    return f"{name:<14}{values}  {span:<24}{_p_text(each.p_value):>9}{each.wins:>6}{each.losses:>8}{each.ties:>6}"


def _p_text(p_value: float) -> str:
    return "<0.0001" if p_value < 0.0001 else f"{p_value:.4f}"
