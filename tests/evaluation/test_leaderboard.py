"""Arranging scores: order, lifts beside `compare` itself, Holm over the tasks of one rival, averages, left out ones."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lfine.evaluation.compare import compare
from lfine.evaluation.holm import holm
from lfine.evaluation.leaderboard import Average, Cost, Evaluation, LeftOut, Lift, Record, leaderboard
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import score

Build = Callable[..., Scores]
N = 40


@pytest.fixture
def on(scored: Build) -> Callable[..., Scores]:
    """Scores of a model that is right on the first `right` of 40 rows of a task."""

    def build(task: str, model: str, right: int, *, n: int = N, metrics: Sequence[str] = ("accuracy",)) -> Scores:
        pairs = [("auto", "auto" if row < right else "home") for row in range(n)]
        return replace(scored(pairs, model=model, metrics=metrics), task=task)

    return build


def test_models_stand_in_their_order_and_tasks_as_they_came(on: Build) -> None:
    names = ("zeta-remote", "majority", "base", "tuned", "few_shot", "alpha-remote")
    board = leaderboard([Evaluation(on(task, name, 20)) for task in ("second", "first") for name in names])
    assert board.models == ("tuned", "base", "few_shot", "majority", "alpha-remote", "zeta-remote")
    assert [row.task for row in board.rows] == ["second", "first"]


def test_a_lift_is_that_of_compare(on: Build) -> None:
    tuned, base = on("a", "tuned", 30), on("a", "base", 12)
    (row,) = leaderboard([Evaluation(base), Evaluation(tuned)]).rows
    main = compare(tuned, base).main
    assert row.lifts == {"base": Lift("base", main.gain, main.low, main.high, main.p_value, main.p_value)}
    assert (row.tuned, row.best_other, row.over_best) == ("tuned", "base", row.lifts["base"])


def test_where_less_is_better_a_lift_is_turned_and_nothing_is_averaged(
    settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    def unsure(model: str, by: float) -> Evaluation:
        rows = [Prediction(row, "a b", "a b", gold_log_probability=-by - row / 100, gold_tokens=2) for row in range(N)]
        asked = replace(settings, output_type="text", labels=(), metrics=(plain("perplexity"),))
        return Evaluation(score(rows, settings=asked, identity=replace(identity, model=model)))

    board = leaderboard([unsure("tuned", 1.0), unsure("base", 3.0), unsure("few_shot", 2.0)])
    (row,) = board.rows
    lift = row.lifts["base"]
    assert 0 < lift.low < lift.gain < lift.high
    assert (row.winners, row.best_other, row.share) == (("tuned",), "few_shot", False)
    assert (board.common, board.average("tuned")) == ((), None)


def test_p_values_are_adjusted_over_the_tasks_of_one_rival(on: Build) -> None:
    rights = {"a": (40, 10), "b": (25, 18), "c": (22, 20)}
    found = []
    for task, (tuned, base) in rights.items():
        found += [Evaluation(on(task, "tuned", tuned)), Evaluation(on(task, "base", base))]
    found.append(Evaluation(on("a", "majority", 39)))
    board = leaderboard(found)
    raw = [row.lifts["base"].p_value for row in board.rows]
    assert len(set(raw)) == 3
    assert [row.lifts["base"].adjusted for row in board.rows] == list(holm(raw))
    alone = board.rows[0].lifts["majority"]
    assert alone.adjusted == alone.p_value
    best = [row.over_best for row in board.rows if row.over_best]
    assert [lift.over for lift in best] == ["majority", "base", "base"]
    assert [lift.adjusted for lift in best] == list(holm([lift.p_value for lift in best]))


def test_better_worse_and_undecided_are_counted(on: Build) -> None:
    rights = {"a": (40, 10), "b": (8, 35), "c": (21, 20)}
    pairs = [(on(task, "tuned", tuned), on(task, "base", base)) for task, (tuned, base) in rights.items()]
    board = leaderboard([Evaluation(scores) for pair in pairs for scores in pair])
    assert board.against("base") == board.against(None) == Record(better=1, worse=1, undecided=1)
    assert board.against("nobody") == Record(0, 0, 0)


def test_equals_win_together(on: Build) -> None:
    board = leaderboard([Evaluation(on("a", model, right)) for model, right in (("tuned", 30), ("x", 30), ("base", 3))])
    assert board.rows[0].winners == ("tuned", "x")
    assert [board.wins(model) for model in board.models] == [1, 0, 1]


def test_the_average_is_over_tasks_that_every_model_has(on: Build) -> None:
    found = [Evaluation(on(task, "tuned", right)) for task, right in (("a", 40), ("b", 20), ("c", 0))]
    found += [Evaluation(on(task, "base", 10)) for task in ("a", "b")]
    board = leaderboard(found)
    assert [row.task for row in board.common] == ["a", "b"]
    a, b = (row.value("tuned") for row in board.rows[:2])
    assert a is not None
    assert b is not None
    mean = board.average("tuned")
    assert mean is not None
    assert (mean.value, mean.tasks) == (0.75, 2)
    assert mean.low == pytest.approx(0.75 - math.hypot(a.value - a.low, b.value - b.low) / 2)
    assert board.average("nobody") is None


def test_intervals_of_an_average_shrink_as_those_of_independent_tasks(on: Build) -> None:
    board = leaderboard([Evaluation(on(task, "tuned", 20)) for task in "abcd"])
    one, mean = board.rows[0].value("tuned"), board.average("tuned")
    assert isinstance(one, MetricScore)
    assert isinstance(mean, Average)
    assert mean.high - mean.value == pytest.approx((one.high - one.value) / math.sqrt(4))


def test_scores_on_other_rows_are_left_out_and_said(on: Build) -> None:
    board = leaderboard([Evaluation(on("a", "tuned", 5, n=10)), Evaluation(on("a", "base", 5))])
    assert (board.models, board.rows[0].lifts) == (("tuned",), {})
    assert board.left_out == (LeftOut("a", "base", "scored on 40 other rows of test than tuned (10)"),)


def test_without_a_tuned_model_there_are_values_and_no_lifts(on: Build) -> None:
    (row,) = leaderboard([Evaluation(on("a", "base", 5)), Evaluation(on("a", "gpt", 9))]).rows
    assert (row.tuned, row.lifts, row.best_other, row.over_best) == (None, {}, "gpt", None)


def test_the_last_of_the_same_task_and_model_counts(on: Build) -> None:
    (row,) = leaderboard([Evaluation(on("a", "tuned", right)) for right in (5, 30)]).rows
    value = row.value("tuned")
    assert value is not None
    assert value.value == 0.75


def test_several_tuned_models(on: Build) -> None:
    scores = on("a", "tuned", 30)
    names = ("tuned (big)", "tuned (small)")
    board = leaderboard([Evaluation(scores, names[1]), Evaluation(on("a", "tuned", 39), names[0])], tuned=names)
    (row,) = board.rows
    assert (board.models, row.tuned, list(row.lifts)) == (names, names[0], [names[1]])
    assert (row.best_other, row.over_best) == (None, None)


def test_the_json_form(on: Build) -> None:
    cost = Cost(2.5, 100, 7, None)
    found = [Evaluation(on("a", "tuned", 30), cost=cost), Evaluation(on("a", "base", 10))]
    document = leaderboard(found).record()
    assert list(document) == ["models", "tasks", "averages", "left_out"]
    (task,) = json.loads(json.dumps(document["tasks"]))
    assert task["costs"] == {"tuned": {"seconds": 2.5, "prompt_tokens": 100, "completion_tokens": 7, "usd": None}}
    assert task["models"]["base"]["value"] == 0.25
    assert task["over_best"] == task["lifts"][0]
