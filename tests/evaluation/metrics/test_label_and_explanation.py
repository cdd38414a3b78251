"""Label and explanation against rouge-score and a comparison of labels; forms that are not judged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from lfine.evaluation.metrics.label_and_explanation import label_and_explanation
from tests.evaluation.metrics.asking import asked, parity, per_row, pieces, unjudged

SCORER = RougeScorer(["rougeL"])
TEXTS = pieces("it", "rains", "today", "snow", "It's", "naïve", "дом", "\n", "-", most=5, between=" ")
LABELS = {
    "yes": "yes",
    "Yes.": "yes",
    " YES\n": "yes",
    "no": "no",
    "1": "1",
    1: 1.0,
    0: 0.0,
    "": "",
    "ß": "ss",
}
"""A label, and one text or number for all that count as the same."""
WRITTEN = [*LABELS, 1.0, True, None]
FORMS = ("{}", "Here: {} .", "```json\n{}\n```")
BAD = (
    "",
    "yes, it rains",
    "[]",
    '{"label": "yes"}',
    '{"label": "yes", "explanation": 3}',
    '{"explanation": "it"}',
    "{",
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


@parity("label_and_explanation")
@given(
    st.sampled_from((*LABELS, True)),
    TEXTS,
    st.sampled_from(WRITTEN),
    TEXTS,
    st.sampled_from((*FORMS, *FORMS, "gold", "same label", None, *BAD)),
)
def test_equals_rouge_where_the_labels_are_equal(
    gold: str | float, why: str, said: str | float | None, because: str, form: str | None
) -> None:
    label = gold if form in ("gold", "same label") else said
    because = why if form == "gold" else because
    answer: str | None = json.dumps({"explanation": because, "label": label, "more": form == "same label"})
    answer = form if form is None or form in BAD else form.replace("{}", str(answer)) if form in FORMS else answer
    answered = asked([(json.dumps({"label": gold, "explanation": why}), answer)])
    found = tuple(per_row(label_and_explanation, answered, name)[0] for name in label_and_explanation.values)
    if form is None or form in BAD:
        assert found == (0.0, 0.0, 0.0)
        assert unjudged(label_and_explanation, answered) == (form is not None)
        return
    ours, theirs = (
        "true" if each is True else LABELS.get(each) if each is not None else None for each in (gold, label)
    )
    right = float(type(ours) is type(theirs) and ours == theirs and (gold is True) == (label is True))
    near = SCORER.score(why, because)["rougeL"].fmeasure
    assert found == pytest.approx((right * near, right, near), abs=1e-12)
    assert unjudged(label_and_explanation, answered) == 0


def test_a_gold_answer_has_two_keys() -> None:
    assert label_and_explanation.judges('{"verdict": 2, "explanation": ""}')
    for gold in ('{"label": 2}', '{"label": 2, "explanation": 3}', "yes", '{"a": 1, "b": 2}', '{"explanation": ""}'):
        assert not label_and_explanation.judges(gold), gold


def test_no_rows() -> None:
    assert per_row(label_and_explanation, asked([])) == ()
