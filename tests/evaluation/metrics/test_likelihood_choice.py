"""Multiple choice by likelihood against numpy's argmax, whole and per byte; rows that record nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lfine.evaluation.metrics.likelihood_choice import likelihood_choice
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Prediction
from tests.evaluation.metrics.asking import parity, per_row, unjudged

OPTIONS = ("A", "yes", "très long", "certainly not")
Logarithms = tuple[int, int, int, int]
CASES = st.lists(
    st.tuples(
        st.sampled_from((*OPTIONS, " yes\n", "other")),
        st.tuples(*[st.integers(-12, 0)] * 4) | st.just((-4, -4, -4, -4)) | st.none(),
    ),
    min_size=1,
    max_size=2,
)


def rows(cases: Sequence[tuple[str, dict[str, float] | None]]) -> Answered:
    given = tuple(
        Prediction(place, gold, None, label_log_probabilities=found) for place, (gold, found) in enumerate(cases)
    )
    return Answered(tuple(gold for gold, _ in cases), (None,) * len(cases), (), given=given)


def test_worked_examples() -> None:
    answered = rows(
        [("B", {"A": -1.2, "B": -0.4}), ("yes", {"yes": -2.0, "certainly not": -1.8}), ("no", None), ("x", {"y": 0.0})]
    )
    assert per_row(likelihood_choice, answered) == (1.0, 0.0, 0.0, 0.0)
    assert per_row(likelihood_choice, answered, "likelihood_choice_bytes") == (1.0, 0.0, 0.0, 0.0)
    assert unjudged(likelihood_choice, answered) == 2


def test_long_answers_can_win_per_byte() -> None:
    answered = rows([("certainly not", {"yes": -2.0, "certainly not": -3.0})])
    assert per_row(likelihood_choice, answered) == (0.0,)
    assert per_row(likelihood_choice, answered, "likelihood_choice_bytes") == (1.0,)


@parity("likelihood_choice")
@given(CASES)
def test_equals_argmax(cases: list[tuple[str, Logarithms | None]]) -> None:
    """Of quarters, so that ties are many: the first of them counts, as numpy's does."""
    made = rows(
        [(gold, dict(zip(OPTIONS, (each / 4 for each in row), strict=True)) if row else None) for gold, row in cases]
    )
    table = np.asarray([row or (0,) * 4 for _, row in cases]) / 4
    lengths = np.asarray([len(option.encode()) for option in OPTIONS])
    for name, values in (("likelihood_choice", table), ("likelihood_choice_bytes", table / lengths)):
        expected = [
            row is not None and OPTIONS[place] == gold.strip()
            for (gold, row), place in zip(cases, values.argmax(axis=1), strict=True)
        ]
        assert list(per_row(likelihood_choice, made, name)) == expected
    assert unjudged(likelihood_choice, made) == sum(row is None or gold == "other" for gold, row in cases)
