"""What the figures come to, in sentences.

    The tuned model answers 91.2% right (89.4–92.9), base 31.0%: +60.2 points (57.1–63.3) on the same 1,000 rows.
    3 answers could not be judged and count as wrong.

*Not here:* the figures (lfine.evaluation.scoring, lfine.evaluation.compare).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.evaluation.compare import Comparison, Difference
from lfine.evaluation.records import Overlap, Scores
from lfine.evaluation.reports.numbers import NO_SHARES, probability, shown, shown_change, shown_change_span, shown_span

NAMES = {
    "tuned": "the tuned model",
    "base": "the base model",
    "few_shot": "the base model with examples in its prompt",
    "tfidf": "TF-IDF with logistic regression",
    "majority": "the most frequent answer",
}
"""How models without a name of their own are called in a sentence."""


RIGHT = ("accuracy", "accuracy_case", "numeric_match", "json_match", "sql_match")
"""Values that are a share of right answers."""


def verdict(scores: Scores, base: Scores | None, comparison: Comparison | None) -> str:
    """Return the one sentence at the top: how good, and how much better than the base model on the same rows."""
    subject = named(scores.model)
    said = f"{subject[:1].upper()}{subject[1:]} {_reaches(scores)}"
    if base is None:
        return f"{said} on {scores.n:,} held-out rows."
    score = base.metrics.get(scores.headline)
    rival = base.model + (f" {shown(scores.headline, score.value)}{_unit(scores)}" if score else "")
    if comparison is None:
        return f"{said} on {scores.n:,} held-out rows; {rival} on {base.n:,} others, so the two cannot be compared."
    gap = comparison.main
    change = f"{shown_change(gap.metric, gap.difference)}{_points(gap.metric)} ({_interval(gap)})"
    return f"{said}, {rival}: {change} on the same {scores.n:,} rows{_doubt(gap)}."


def notes(scores: Scores, comparisons: Sequence[Comparison]) -> list[str]:
    """Return what else a reader must know before believing the sentence."""
    said = [_against_baseline(each) for each in comparisons if each.second in ("few_shot", "tfidf", "majority")]
    if scores.unscored:
        answers = "1 answer" if scores.unscored == 1 else f"{scores.unscored:,} answers"
        verb = "counts" if scores.unscored == 1 else "count"
        said.append(f"{answers} could not be judged (missing, or with nothing to extract) and {verb} as wrong.")
    if scores.overlap is not None and scores.overlap.row_ids:
        said.append(_learned(scores.overlap, scores.n))
    if scores.limit is not None:
        said.append(f"Only the first {scores.n:,} rows of the held-out sample were scored (--limit {scores.limit}).")
    return said


def _learned(overlap: Overlap, n: int) -> str:
    """Say how many scored rows were learned: those that the data came with, and those that somebody let pass."""
    new = len(overlap.row_ids) - overlap.known
    said = f"{len(overlap.row_ids):,} of the {n:,} rows have the input of a row that the adapter was trained on"
    if not new:
        return f"{said}; they had it when the run was planned."
    return f"{said}, {new:,} of them only since then (--allow-overlap): the score is not that of unseen rows."


def named(model: str) -> str:
    return NAMES.get(model, model)


def _reaches(scores: Scores) -> str:
    score = scores.metrics[scores.headline]
    figures = f"{shown(scores.headline, score.value)}{_unit(scores)}"
    interval = f"({shown_span(scores.headline, score.low, score.high)})"
    if scores.headline in RIGHT:
        return f"answers {figures} right {interval}"
    if scores.headline == "exact_match":
        return f"answers {figures} right to the letter {interval}"
    return f"reaches {figures}{_points(scores.headline)} of {scores.headline} {interval}"


def _unit(scores: Scores) -> str:
    return "%" if scores.headline in (*RIGHT, "exact_match") else ""


def _points(metric: str) -> str:
    return "" if metric in NO_SHARES else " points"


def _interval(gap: Difference) -> str:
    """Return the interval; both signs are written only where one of them is a minus."""
    if gap.low >= 0:
        return shown_span(gap.metric, gap.low, gap.high)
    return shown_change_span(gap.metric, gap.low, gap.high)


def _doubt(gap: Difference) -> str:
    if gap.low > 0 or gap.high < 0:
        return ""
    return f"; a difference of this size can be chance (p = {probability(gap.p_value)})"


def _against_baseline(comparison: Comparison) -> str:
    gap = comparison.main
    rival = named(comparison.second)
    figures = f"{rival[:1].upper()}{rival[1:]} reaches {shown(gap.metric, gap.second)}"
    size, interval = f"{shown(gap.metric, abs(gap.difference))}{_points(gap.metric)}", f"({_interval(gap)})"
    if gap.low > 0:
        return f"{figures}: {named(comparison.first)} is {size} ahead {interval}."
    if gap.high < 0:
        return f"{figures}: {named(comparison.first)} is behind by {size} {interval}."
    change = shown_change(gap.metric, gap.difference)
    return f"{figures}: {named(comparison.first)} is not clearly better ({change}, {_interval(gap)})."
