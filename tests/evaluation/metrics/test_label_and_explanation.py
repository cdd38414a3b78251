"""Label and explanation against rouge-score and a comparison of labels; forms that are not judged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from lfine.evaluation.metrics.label_and_explanation import label_and_explanation
from tests.evaluation.metrics.asking import Pair, asked, often, per_row, rows_of, unjudged

SCORER = RougeScorer(["rougeL"])
WORDS = st.lists(st.sampled_from(("it", "rains", "today", "snow", "It's")), max_size=5).map(" ".join)
GOLDS = st.builds(
    lambda label, why: json.dumps({"label": label, "explanation": why}), st.sampled_from(("yes", "no", 1)), WORDS
)
ANSWERS = st.builds(
    lambda label, why, more: json.dumps({"label": label, "explanation": why} | more),
    st.sampled_from(("Yes.", "no", 1, True, "1")),
    WORDS,
    st.sampled_from(({}, {"extra": 1})),
)


@pytest.mark.parametrize(
    ("answer", "scores", "unread"),
    [
        ('{"label": "Yes", "explanation": "it rains today"}', (0.8, 1.0, 0.8), 0),
        ('Here: {"explanation": "it rains", "label": "no"}', (0.0, 0.0, 1.0), 0),
        ('{"answer": "yes", "explanation": "it rains"}', (0.0, 0.0, 0.0), 1),
        ('{"label": "yes", "explanation": 3}', (0.0, 0.0, 0.0), 1),
        ("yes, it rains", (0.0, 0.0, 0.0), 1),
        (None, (0.0, 0.0, 0.0), 0),
    ],
)
def test_worked_examples(answer: str | None, scores: tuple[float, ...], unread: int) -> None:
    answered = asked([('{"label": "yes", "explanation": "it rains"}', answer)])
    found = tuple(per_row(label_and_explanation, answered, name)[0] for name in label_and_explanation.values)
    assert found == pytest.approx(scores)
    assert unjudged(label_and_explanation, answered) == unread


@given(rows_of(GOLDS, ANSWERS))
@often
def test_equals_rouge_where_the_labels_are_equal(pairs: list[Pair]) -> None:
    found = zip(
        *(per_row(label_and_explanation, asked(pairs), name) for name in label_and_explanation.values), strict=True
    )
    for (gold, answer), scores in zip(pairs, found, strict=True):
        if answer is None:
            assert scores == (0.0, 0.0, 0.0)
            continue
        ours, theirs = json.loads(gold), json.loads(answer)
        alike = {"Yes.": "yes"}.get(theirs["label"], theirs["label"])
        right = float(type(alike) is type(ours["label"]) and alike == ours["label"])
        near = SCORER.score(ours["explanation"], theirs["explanation"])["rougeL"].fmeasure
        assert scores == pytest.approx((right * near, right, near), abs=1e-12)


def test_a_gold_answer_has_two_keys() -> None:
    assert label_and_explanation.judges('{"verdict": 2, "explanation": ""}')
    for gold in ('{"label": 2}', '{"label": 2, "explanation": 3}', "yes", '{"a": 1, "b": 2}', '{"explanation": ""}'):
        assert not label_and_explanation.judges(gold), gold


def test_no_rows() -> None:
    assert per_row(label_and_explanation, asked([])) == ()
