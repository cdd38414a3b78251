"""The sentences at the top, for every way a comparison can come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lfine.evaluation.compare import Comparison, Difference, compare
from lfine.evaluation.records import MetricScore, Overlap, Scores
from lfine.evaluation.reports.verdict import notes, verdict

Build = Callable[..., Scores]


def with_value(scores: Scores, value: float, low: float, high: float) -> Scores:
    return replace(scores, metrics={scores.headline: MetricScore(value, low, high)}, n=1000)


@pytest.fixture
def tuned(scored: Build) -> Scores:
    return with_value(scored([("auto", "auto")]), 0.912, 0.894, 0.929)


def against(scores: Scores, second: str, difference: float, low: float, high: float, p_value: float) -> Comparison:
    gap = Difference(
        scores.headline, 0.912, 0.912 - difference, difference, low, high, p_value, None, wins=9, losses=1, ties=990
    )
    return Comparison("claims", scores.model, second, "test", 1000, 0.95, scores.headline, (gap,))


def test_clear_difference(tuned: Scores, scored: Build) -> None:
    base = with_value(scored([("auto", "home")], model="base"), 0.31, 0.28, 0.34)
    said = verdict(tuned, base, against(tuned, "base", 0.602, 0.571, 0.633, 0.0001))
    assert said == (
        "The tuned model answers 91.2% right (89.4–92.9), base 31.0%: +60.2 points (57.1–63.3) on the same 1,000 rows."
    )


def test_doubtful_and_negative_differences(tuned: Scores, scored: Build) -> None:
    base = with_value(scored([("auto", "auto")], model="base"), 0.909, 0.89, 0.93)
    said = verdict(tuned, base, against(tuned, "base", 0.003, -0.009, 0.015, 0.61))
    assert said.endswith(
        "+0.3 points (−0.9 to +1.5) on the same 1,000 rows; a difference of this size can be chance (p = 0.610)."
    )
    worse = verdict(tuned, base, against(tuned, "base", -0.05, -0.07, -0.03, 0.001))
    assert worse.endswith("−5.0 points (−7.0 to −3.0) on the same 1,000 rows.")


def test_alone_and_not_comparable(tuned: Scores, scored: Build) -> None:
    assert verdict(tuned, None, None) == "The tuned model answers 91.2% right (89.4–92.9) on 1,000 held-out rows."
    base = scored([("auto", "auto")], model="base")
    assert "base 100.0% on 1 others, so the two cannot be compared" in verdict(tuned, base, None)


def test_other_models_and_metrics(scored: Build) -> None:
    rouge = scored([("a b", "a b")], metrics=("rouge",), model="gpt-x")
    assert verdict(rouge, None, None) == "Gpt-x reaches 100.0 points of rougeL (20.7–100.0) on 1 held-out rows."
    exact = scored([("a", "a")], metrics=("exact_match",), model="tfidf")
    assert verdict(exact, None, None).startswith("TF-IDF with logistic regression answers 100.0% right to the letter")


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ((0.1, 0.05, 0.15), "reaches 81.2: the tuned model is 10.0 points ahead (5.0–15.0)."),
        ((-0.05, -0.09, -0.01), "reaches 96.2: the tuned model is behind by 5.0 points (−9.0 to −1.0)."),
        ((0.01, -0.02, 0.04), "reaches 90.2: the tuned model is not clearly better (+1.0, −2.0 to +4.0)."),
    ],
)
def test_baselines(tuned: Scores, gap: tuple[float, float, float], said: str) -> None:
    (note,) = notes(tuned, [against(tuned, "tfidf", *gap, 0.1), against(tuned, "base", *gap, 0.1)])
    assert note == f"TF-IDF with logistic regression {said}"


def test_unscored_and_limited_rows_are_said(tuned: Scores) -> None:
    one, limited = notes(replace(tuned, unscored=1, limit=100, n=100), [])
    assert one == "1 answer could not be judged (missing, or with nothing to extract) and counts as wrong."
    assert limited == "Only the first 100 rows of the held-out sample were scored (--limit 100)."
    assert "1,200 answers could not be judged" in notes(replace(tuned, unscored=1200), [])[0]
    assert notes(tuned, []) == []


def test_real_comparison_reads_the_same(scored: Build) -> None:
    good, poor = scored([("auto", "auto")] * 50), scored([("auto", "home")] * 50, model="base")
    assert "base 0.0%: +100.0 points (88.7–100.0) on the same 50 rows." in verdict(good, poor, compare(good, poor))


def test_learned_rows_are_said(tuned: Scores) -> None:
    scores = replace(tuned, n=1000)
    assert notes(replace(scores, overlap=Overlap((), 0, allowed=True)), []) == notes(scores, [])
    known = notes(replace(scores, overlap=Overlap((4, 7), 2, allowed=False)), [])
    assert "2 of the 1,000 rows have the input of a row that the adapter was trained on; they had it when" in known[-1]
    new = notes(replace(scores, overlap=Overlap((4, 7, 9), 2, allowed=True)), [])
    assert "1 of them only since then (--allow-overlap): the score is not that of unseen rows." in new[-1]


def test_a_metric_that_is_no_share_has_no_points(tuned: Scores) -> None:
    numbers = replace(tuned, headline="r2", metrics={"r2": MetricScore(0.64, 0.5, 0.75)})
    base = replace(numbers, model="base", metrics={"r2": MetricScore(-1.5, -2.0, -1.0)})
    gap = against(numbers, "base", 0.1, -0.05, 0.25, 0.2)
    assert verdict(numbers, base, gap) == (
        "The tuned model reaches 0.64 of r2 (0.50–0.75), base −1.50: +0.10 (−0.05 to +0.25) on the same 1,000 rows; "
        "a difference of this size can be chance (p = 0.200)."
    )
    (note,) = notes(numbers, [against(numbers, "tfidf", 0.1, 0.05, 0.15, 0.01)])
    assert note == "TF-IDF with logistic regression reaches 0.81: the tuned model is 0.10 ahead (0.05–0.15)."
