"""Each answer as a row: its state, its score, what the base model made of it, and what of its prompt is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lfine.evaluation.records import EndpointUse, FailedRow, Prediction, Scores
from lfine.evaluation.reports.answers import STATES, answer_rows, example_metric, example_scores, worst_first
from lfine.evaluation.reports.sources import ModelEvaluation

Build = Callable[..., Scores]
Pairs = list[tuple[str, str | None]]

PAIRS: Pairs = [("auto", "auto"), ("home", "auto"), ("home", "auto"), ("auto", None)]
THEIRS: Pairs = [("auto", "auto"), ("home", "auto"), ("home", "home"), ("auto", "home")]


def evaluation(scores: Scores, pairs: Pairs, prompts: list[str | None] | None = None) -> ModelEvaluation:
    given = prompts or [None] * len(pairs)
    rows = [Prediction(row, gold, answer, given[row]) for row, (gold, answer) in enumerate(pairs)]
    return ModelEvaluation(scores, tuple(rows))


def test_rows_stand_beside_the_base_model_s(scored: Build) -> None:
    rows = answer_rows(evaluation(scored(PAIRS), PAIRS), evaluation(scored(THEIRS, model="base"), THEIRS))
    assert [row.state for row in rows] == ["right", "wrong", "wrong", "unscored"]
    assert [row.rival for row in rows] == ["auto", "auto", "home", "home"]
    assert [row.change for row in rows] == ["even", "even", "lost", "even"]
    assert [(row.gold_label, row.answer_label) for row in rows][2:] == [("home", "auto"), ("auto", "(no label)")]
    turned = answer_rows(evaluation(scored(THEIRS), THEIRS), evaluation(scored(PAIRS), PAIRS))
    assert [row.change for row in turned] == ["even", "even", "won", "even"]


def test_without_a_base_model_nothing_is_won_or_lost(scored: Build) -> None:
    rows = answer_rows(evaluation(scored(PAIRS), PAIRS), None)
    assert {row.change for row in rows} == {None}
    assert {row.rival for row in rows} == {None}


def test_a_text_can_be_partly_right(scored: Build) -> None:
    pairs: Pairs = [("a b c", "a b c"), ("a b c", "a"), ("a b c", "x"), ("a b c", " ")]
    rows = answer_rows(evaluation(scored(pairs, metrics=("rouge",)), pairs), None)
    assert [row.state for row in rows] == ["right", "partly", "wrong", "unscored"]
    assert rows[1].gold_label is None
    assert {row.state for row in rows} <= set(STATES)


def test_rows_that_nothing_is_said_of(scored: Build) -> None:
    scores = scored(PAIRS)
    silent = replace(scores, per_example={"accuracy": (1.0, None, 0.0, 0.0)})
    assert [row.state for row in answer_rows(evaluation(silent, PAIRS), None)][:3] == ["right", "left out", "wrong"]
    corpus = replace(scores, per_example={}, coded=None, unscored=0)
    assert {row.state for row in answer_rows(evaluation(corpus, PAIRS), None)} == {"answered"}
    assert answer_rows(ModelEvaluation(scores, ()), None) == []


def test_reasons_of_metrics_and_of_requests(scored: Build) -> None:
    use = EndpointUse("h", "m", "chat", (), 9, 3, 0, 1, 0, 1, None, None, None, (FailedRow(3, "429"),), ())
    told = replace(scored(PAIRS), reasons={"sql": {"1": "no such table"}}, endpoint=use)
    rows = answer_rows(evaluation(told, PAIRS), None)
    assert [row.reason for row in rows] == [None, "no such table", None, "request failed: 429"]
    both = replace(told, reasons={"sql": {"1": "no such table"}, "code": {"1": "time"}})
    assert answer_rows(evaluation(both, PAIRS), None)[1].reason == "sql: no such table; code: time"


def test_lost_rows_come_first_among_the_worst(scored: Build) -> None:
    rows = answer_rows(evaluation(scored(PAIRS), PAIRS), evaluation(scored(THEIRS, model="base"), THEIRS))
    assert [row.row_id for row in worst_first(rows)] == [2, 1, 3]
    assert [row.row_id for row in worst_first(answer_rows(evaluation(scored(PAIRS), PAIRS), None))] == [1, 2, 3]


def test_lowest_text_scores_come_first(scored: Build) -> None:
    pairs: Pairs = [("a b c", "a b c"), ("a b c", "a"), ("a b c", "x")]
    rows = answer_rows(evaluation(scored(pairs, metrics=("rouge",)), pairs), None)
    assert [(row.row_id, round(row.score or 0, 2)) for row in worst_first(rows)] == [(2, 0.0), (1, 0.5)]


def prompts_shown(scored: Build, prompts: list[str | None]) -> list[str | None]:
    return [row.prompt for row in answer_rows(evaluation(scored(PAIRS), PAIRS, prompts), None)]


def test_only_the_differing_part_of_a_prompt_is_shown(scored: Build) -> None:
    prompts: list[str | None] = [f"Say which. Message: my {word} Answer:" for word in ("car", "cat", "house", "dog")]
    assert prompts_shown(scored, prompts) == ["car", "cat", "house", "dog"]


def test_equal_prompts_are_shown_whole(scored: Build) -> None:
    assert set(prompts_shown(scored, ["the same"] * 4)) == {"the same"}


def test_a_prompt_that_begins_another_is_not_overcut(scored: Build) -> None:
    assert prompts_shown(scored, ["a b", "a b c", "a b c d", "a"]) == ["a b", "a b c", "a b c d", "a"]


def test_scores_to_go_by(scored: Build) -> None:
    corpus = scored(PAIRS, metrics=("f1",))
    assert (example_scores(corpus), example_metric(corpus)) == ((1.0, 0.0, 0.0, 0.0), "label right")
    both = scored(PAIRS, metrics=("f1", "exact_match"))
    assert (example_scores(both), example_metric(both)) == ((1.0, 0.0, 0.0, 0.0), "exact_match")
    assert example_scores(replace(corpus, coded=None)) == ()
