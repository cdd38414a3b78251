"""Which answers are shown, in which order, and what of their prompts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lfine.evaluation.records import Prediction, Scores
from lfine.evaluation.reports.examples import ANSWER, PROMPT_END, example_scores, worst
from lfine.evaluation.reports.sources import ModelEvaluation

Build = Callable[..., Scores]

PAIRS: list[tuple[str, str | None]] = [("auto", "auto"), ("home", "auto"), ("home", "auto"), ("auto", None)]


def evaluation(scores: Scores, pairs: list[tuple[str, str | None]], prompts: list[str | None]) -> ModelEvaluation:
    rows = [Prediction(row, gold, answer, prompts[row]) for row, (gold, answer) in enumerate(pairs)]
    return ModelEvaluation(scores, tuple(rows))


def test_lost_rows_come_first(scored: Build) -> None:
    tuned = evaluation(scored(PAIRS), PAIRS, [None] * 4)
    theirs: list[tuple[str, str | None]] = [("auto", "auto"), ("home", "auto"), ("home", "home"), ("auto", "home")]
    base = evaluation(scored(theirs, model="base"), theirs, [None] * 4)
    found = worst(tuned, base, 20)
    assert [example.row_id for example in found] == [2, 1, 3]
    assert (found[0].answer, found[0].rival, found[0].rival_score) == ("auto", "home", 1.0)
    assert found[2].answer is None
    assert [example.row_id for example in worst(tuned, base, 1)] == [2]
    assert [example.row_id for example in worst(tuned, None, 20)] == [1, 2, 3]


def test_lowest_text_scores_come_first(scored: Build) -> None:
    pairs: list[tuple[str, str | None]] = [("a b c", "a b c"), ("a b c", "a"), ("a b c", "x")]
    found = worst(evaluation(scored(pairs, metrics=("rouge",)), pairs, [None] * 3), None, 20)
    assert [(example.row_id, round(example.score, 2)) for example in found] == [(2, 0.0), (1, 0.5)]


def test_only_the_differing_part_of_a_prompt_is_shown(scored: Build) -> None:
    prompts: list[str | None] = [f"Say which. Message: my {word} Answer:" for word in ("car", "cat", "house", "dog")]
    found = worst(evaluation(scored(PAIRS), PAIRS, prompts), None, 20)
    assert [example.prompt for example in found] == ["cat", "house", "dog"]


def test_equal_prompts_are_shown_whole(scored: Build) -> None:
    found = worst(evaluation(scored(PAIRS), PAIRS, ["the same"] * 4), None, 20)
    assert {example.prompt for example in found} == {"the same"}


def test_a_prompt_that_begins_another_is_not_overcut(scored: Build) -> None:
    prompts: list[str | None] = ["a b", "a b c", "a b c d", "a"]
    found = worst(evaluation(scored(PAIRS), PAIRS, prompts), None, 20)
    assert [example.prompt for example in found] == ["a b c", "a b c d", "a"]


def test_long_texts_are_cut_visibly(scored: Build) -> None:
    pairs: list[tuple[str, str | None]] = [("auto", "y" * 5000), ("auto", "z" * 5000)]
    prompts: list[str | None] = ["x" * 3000 + " end 0", "w" * 3000 + " end 1"]
    found = worst(evaluation(scored(pairs), pairs, prompts), None, 20)[0]
    assert found.prompt is not None
    assert found.prompt.startswith("…x")
    assert found.prompt.endswith("end 0")
    assert len(found.prompt) == PROMPT_END + 1
    assert found.answer == "y" * ANSWER + "…"


def test_scores_to_go_by(scored: Build) -> None:
    corpus = scored(PAIRS, metrics=("f1",))
    assert example_scores(corpus) == (1.0, 0.0, 0.0, 0.0)
    assert example_scores(scored(PAIRS, metrics=("f1", "exact_match"))) == (1.0, 0.0, 0.0, 0.0)
    assert example_scores(replace(corpus, coded=None)) == ()
    assert worst(ModelEvaluation(replace(corpus, coded=None), ()), None, 20) == []
