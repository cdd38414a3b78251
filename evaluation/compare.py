"""Two models on the same rows: by how much the first is better, and whether chance alone could have done it.

    compare(tuned, base).main
        →  Difference("accuracy", 0.912, 0.31, difference=0.602, low=0.571, high=0.633, p_value=0.0001, wins=624, …)

Differences are first minus second. Rows are paired: the interval is one of the paired difference, p is a two-sided
permutation test that swaps the two models' answers row by row. p decides whether a difference is shown.
*Not here:* words for people (lfine.evaluation.comparison_text), which scores to compare, exit codes (lfine.comparing).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lfine.evaluation.holm import holm
from lfine.evaluation.intervals import bootstrap_statistic, mean_interval
from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, find, gives, is_known, suffix, value_names
from lfine.evaluation.permutations import mcnemar, sign_flip, swap_test
from lfine.evaluation.power import shown_by_interval, shown_by_pairs
from lfine.evaluation.proportions import paired
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

Verdict = Literal["better", "worse", "no difference shown"]
"""Of the first model against the second."""


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
    """Ends of the interval of the paired difference."""
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
    shown_from: float | None = None
    """The smallest difference that these rows would show four times in five; None: none, or not known."""
    verdict: Verdict = "no difference shown"
    """Better or worse where p is below 1 - confidence, adjusted where the comparison is one of several."""

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
    holm_p: float | None = None
    """p-value of the headline, adjusted for the comparisons that were made together; None: it is the only one."""

    @property
    def main(self) -> Difference:
        return self.differences[0]

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


def compare(first: Scores, second: Scores, *, only: str | None = None) -> Comparison:
    """Compare two models row by row in every metric that both have; level, seed and interval are those of `first`.

    `only`: in this metric alone.

    Raises:
        RunError: LF502, the two do not score the same rows, share no metric that can be paired, or a custom metric is
            not the same code in both.
    """
    _check_rows(first, second)
    _check_code(first, second)
    shared = [name for name in first.metrics if name in second.metrics and only in (None, name)]
    shared.sort(key=lambda name: name != first.headline)  # stable: the headline first
    paired_by_row = (_paired(name, first, second) for name in shared)
    differences = tuple(each for each in paired_by_row if each is not None)
    broken = [each.metric for each in differences if not math.isfinite(each.difference)]
    if broken:
        message = f"{' and '.join(broken)} of {first.model} or {second.model} is not a number"
        raise RunError(Problem("LF505", message, "run lfine evaluate again"))
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


def _paired(name: str, first: Scores, second: Scores) -> Difference | None:
    """Return the difference in one metric; None for a corpus metric of which nothing is kept by row."""
    if name in first.per_example and name in second.per_example:
        return _paired_means(name, first, second)
    key = value_names(choice_of(name, first))[0]
    if key in first.facts and key in second.facts:
        statistic = _of_facts(name, first.facts[key] + second.facts[key], first)
    elif first.coded is not None and second.coded is not None:
        statistic = _of_labels(name, first.coded, second.coded, first)
    else:
        return None
    return _paired_corpus(name, first, second, statistic)


def _paired_means(name: str, first: Scores, second: Scores) -> Difference | None:
    """Rows of which either score says nothing are left out; None where that is every row."""
    scored = zip(first.per_example[name], second.per_example[name], strict=True)
    pairs = [(ours, theirs) for ours, theirs in scored if ours is not None and theirs is not None]
    if not pairs:
        return None
    gaps = np.array([ours - theirs for ours, theirs in pairs])
    seed, confidence = first.settings.seed, first.settings.confidence
    if all(each in (0.0, 1.0) for pair in pairs for each in pair):
        wins, losses = int((gaps > 0).sum()), int((gaps < 0).sum())
        interval = MetricScore(float(gaps.mean()), *paired(wins, losses, len(gaps), confidence=confidence))
        shown_from = shown_by_pairs(wins, losses, len(gaps))
    else:
        method = first.settings.interval
        interval = mean_interval(gaps.tolist(), confidence=confidence, seed=seed, method=method, within=(-1.0, 1.0))
        shown_from = shown_by_interval(interval.low, interval.high, confidence=confidence)
    return _difference(
        name, (first, second), interval, gaps, p_value=sign_flip(gaps.tolist(), seed=seed), shown_from=shown_from
    )


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


def _paired_corpus(name: str, first: Scores, second: Scores, statistic: Statistic) -> Difference:
    """As for means, with the metric computed anew on every resample and every swap."""
    n, everyone = first.n, np.arange(first.n, dtype=np.int64)

    def gap(indices: Indices) -> Values:
        return statistic(indices) - statistic(indices + n)

    def swapped_gap(swapped: NDArray[np.bool_]) -> Values:
        return statistic(everyone + n * swapped) - statistic(everyone + n * ~swapped)

    seed, confidence, method = first.settings.seed, first.settings.confidence, first.settings.interval
    interval = bootstrap_statistic(gap, n, confidence=confidence, seed=seed, method=method)
    return _difference(
        name,
        (first, second),
        interval,
        _row_gaps(first, second, statistic),
        p_value=swap_test(swapped_gap, n, interval.value, seed=seed, permutations=CORPUS_PERMUTATIONS),
        # Resamples that are all alike say nothing of what another sample could show.
        shown_from=shown_by_interval(interval.low, interval.high, confidence=confidence) or None,
    )


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
    name: str,
    models: tuple[Scores, Scores],
    interval: MetricScore,
    gaps: NDArray[np.float64],
    *,
    p_value: float,
    shown_from: float | None,
) -> Difference:
    first, second = models
    metric = find(choice_of(name, first).name)
    better = gaps if metric.higher_is_better else -gaps
    wins, losses = int((better > 0).sum()), int((better < 0).sum())
    found = Difference(
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
        shown_from=shown_from,
    )
    return replace(found, verdict=_verdict(found, p_value, first.settings.confidence))


def _verdict(gap: Difference, p_value: float, confidence: float) -> Verdict:
    if p_value >= 1 - confidence or gap.gain == 0:
        return "no difference shown"
    return "better" if gap.gain > 0 else "worse"


def adjusted(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Return comparisons that were made together, their headlines judged by Holm's p; a single one as it is."""
    if len(comparisons) < 2:
        return tuple(comparisons)
    found = []
    for each, p_value in zip(comparisons, holm([each.main.p_value for each in comparisons]), strict=True):
        main = replace(each.main, verdict=_verdict(each.main, p_value, each.confidence))
        found.append(replace(each, differences=(main, *each.differences[1:]), holm_p=p_value))
    return tuple(found)


def _right_or_wrong(name: str, first: Scores, second: Scores) -> bool:
    """Say whether every row is right or wrong: pass@k of several answers is not."""
    if not find(choice_of(name, first).name).right_or_wrong:
        return False
    return {*first.per_example.get(name, ()), *second.per_example.get(name, ())} <= {0.0, 1.0, None}
