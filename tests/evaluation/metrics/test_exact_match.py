"""Exact match: outer white space is all that is forgiven."""

from __future__ import annotations

from hypothesis import given

from lfine.evaluation.metrics.exact_match import exact_match
from lfine.evaluation.metrics.registry import Answered, PerExample
from tests.evaluation.metrics.asking import Pair, asked, parity, per_row, pieces, rows_of


def scores(golds: tuple[str, ...], answers: tuple[str | None, ...]) -> tuple[float, ...]:
    result = exact_match.compute(Answered(golds, answers, ()))
    assert isinstance(result, PerExample)
    return result.scores["exact_match"]


def test_hand_worked_cases() -> None:
    golds = ("SELECT a", "SELECT a", "a b", "a", " a\n", "a")
    answers = ("SELECT a\n", "select a", "a  b", "a.", "a", None)
    assert scores(golds, answers) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


TEXTS = pieces("a", "A", "b", ".", " ", "\t", "\n", "\u00a0", "\u200b", "é", "e\u0301", "0", most=3)


def inner(text: str) -> list[str]:
    """Return the characters from the first that is no white space to the last."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    return [text[place] for place in range(places[0], places[-1] + 1)] if places else []


@parity("exact_match")
@given(rows_of(TEXTS, TEXTS))
def test_equals_comparison_character_by_character(pairs: list[Pair]) -> None:
    expected = [answer is not None and inner(gold) == inner(answer) for gold, answer in pairs]
    assert list(per_row(exact_match, asked(pairs))) == expected
