"""Scoring with rows that are left out, reasons, several answers, and the code of a custom metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.compare import compare
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics import registry
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, plain
from lfine.evaluation.proportions import wilson
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.reports.answers import example_scores
from lfine.evaluation.reports.tables import length_rows
from lfine.evaluation.scoring import left_out, quick_scores, score
from lfine.schemas.errors import RunError, TaskError

Score = Callable[..., Scores]


def partly(answered: Answered) -> PerExample:
    """Right where the answer is the gold one; of rows whose gold answer is "?" nothing can be said."""
    pairs = list(zip(answered.golds, answered.answers, strict=True))
    return PerExample(
        {"partly": tuple(float(gold == answer) for gold, answer in pairs)},
        left_out={"partly": frozenset(place for place, (gold, _) in enumerate(pairs) if gold == "?")},
        reasons=tuple("no gold" if gold == "?" else None for gold, _ in pairs),
        code="ab" * 32,
    )


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch, settings: ScoringSettings, identity: ScoreIdentity) -> Score:
    """Score (gold, answer) pairs with the metric above."""
    declared = metric(output_types=("text",), kind="mean", source="made here", right_or_wrong=True)(partly)
    found = registry.find

    for module in ("scoring", "compare", "metrics.checking", "metrics.registry"):
        target = f"lfine.evaluation.{module}.find"
        monkeypatch.setattr(target, lambda name: declared if name == "partly" else found(name))
    monkeypatch.setitem(registry.MODULES, "partly", "made here")
    used = replace(settings, metrics=(plain("partly"),), output_type="text", labels=())

    def build(*pairs: tuple[str, str | None], first_id: int = 3) -> Scores:
        rows = [Prediction(row_id, gold, answer) for row_id, (gold, answer) in enumerate(pairs, start=first_id)]
        return score(rows, settings=used, identity=identity)

    return build


def test_rows_that_are_left_out_are_not_in_the_mean(marked: Score, settings: ScoringSettings) -> None:
    scores = marked(("a", "a"), ("?", "a"), ("b", "x"), ("a", "a"), ("?", None))
    low, high = wilson(2, 3, confidence=settings.confidence)
    assert scores.metrics["partly"] == MetricScore(2 / 3, low, high)
    assert scores.per_example["partly"] == (1.0, None, 0.0, 1.0, None)
    assert (scores.n, scores.scored, scores.unscored) == (5, 4, 1)
    assert scores.reasons == {"partly": {"4": "no gold", "7": "no gold"}}
    assert scores.code == {"partly": "ab" * 32}
    assert left_out(scores) == ["2 of 5 rows are left out of partly: no gold (2)"]


def test_where_nothing_can_be_judged_there_is_no_score(marked: Score) -> None:
    with pytest.raises(RunError) as caught:
        marked(("?", "a"), ("?", "b"))
    (problem,) = caught.value.problems
    assert (problem.code, "no gold" in problem.message) == ("LF532", True)


def test_a_comparison_pairs_what_both_have(marked: Score) -> None:
    first, second = marked(("a", "a"), ("?", "a"), ("b", "b")), marked(("a", "a"), ("?", "a"), ("b", "x"))
    found = compare(first, second).main
    assert (found.wins, found.losses, found.ties) == (1, 0, 1)
    assert found.difference == 0.5
    assert found.mcnemar_p == 1.0


def test_where_no_row_has_both_there_is_no_difference(marked: Score) -> None:
    one = marked(("a", "a"), ("b", "x"))
    first = replace(one, per_example={"partly": (1.0, None)})
    second = replace(one, per_example={"partly": (None, 0.0)})
    with pytest.raises(RunError, match="share no metric"):
        compare(first, second)


def test_a_comparison_of_other_code_is_refused(marked: Score) -> None:
    one = marked(("a", "a"), ("b", "b"))
    with pytest.raises(RunError, match="is other code in the two scores"):
        compare(one, replace(one, code={"partly": "cd" * 32}))
    assert compare(one, replace(one, code={})).main.difference == 0


def test_shares_of_several_answers_are_not_right_or_wrong(marked: Score) -> None:
    one = marked(("a", "a"), ("b", "b"), ("c", "x"))
    other = replace(one, per_example={"partly": (0.5, 1.0, 0.0)})
    assert compare(one, one).main.mcnemar_p is not None
    assert compare(one, other).main.mcnemar_p is None


def test_reports_pass_over_rows_that_are_left_out(marked: Score) -> None:
    scores = marked(*[("a", "a"), ("?", "a")] * 8)
    rows = [Prediction(n, "a", "a", prompt_tokens=n) for n in scores.row_ids]
    groups = length_rows(rows, example_scores(scores), confidence=0.95, seed=7)
    assert [(group.rows, group.score) for group in groups] == [(2, 1.0)] * 4


def test_during_training_rows_are_left_out_too(marked: Score, settings: ScoringSettings) -> None:
    del marked  # it declares the metric
    used = replace(settings, metrics=(plain("partly"),), output_type="text", labels=())
    rows = [Prediction(n, gold, answer) for n, (gold, answer) in enumerate([("a", "a"), ("?", "a"), ("b", "x")])]
    assert quick_scores(rows, used) == {"partly": 0.5}


def test_several_answers_need_a_metric_that_looks_at_them(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    rows = [Prediction(3, "auto", "auto", samples=("auto", "home"))]
    with pytest.raises(TaskError) as caught:
        score(rows, settings=settings, identity=identity)
    (problem,) = caught.value.problems
    assert (problem.code, "no metric looks at more than one" in problem.message) == ("LF310", True)


def test_every_answer_is_extracted(
    monkeypatch: pytest.MonkeyPatch, settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    seen: list[Answered] = []

    def compute(answered: Answered) -> PerExample:
        seen.append(answered)
        return PerExample({"pass@1": (1.0,) * len(answered.golds)})

    found = registry.find
    spy = replace(found("code_execution"), compute=compute)
    for module in ("scoring", "metrics.checking", "metrics.registry"):
        monkeypatch.setattr(f"lfine.evaluation.{module}.find", lambda name: spy if name == spy.name else found(name))
    used = replace(settings, metrics=(plain("code_execution"),), output_type="text", labels=())
    used = replace(used, extract=replace(used.extract, type="first_line"))
    rows = [Prediction(3, "g", "a\nb", samples=("a\nb", None, " c ")), Prediction(4, "g", "d\ne")]
    judging = Judging(lambda _: {}, Path())
    score(rows, settings=used, identity=identity, judging=judging)
    assert seen[0].samples == (("a", None, "c"), ("d",))
    assert (seen[0].answers, seen[0].judging) == (("a", "d"), judging)
