"""F1, precision and recall of every average against scikit-learn; and labels as positions."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import precision_recall_fscore_support

from lfine.evaluation.metrics.f1 import f1
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.precision import precision
from lfine.evaluation.metrics.recall import recall
from lfine.evaluation.metrics.registry import Answered, Corpus, Metric, plain
from lfine.schemas.task import MetricChoice
from tests.evaluation.metrics.asking import outcome, parity, resampled, seeds

Average = Literal["macro", "micro", "weighted", "binary"]
LABELS = ("a", "B b", "ä", "d")
ANSWERS = [
    *[(label, label) for label in LABELS] * 3,
    *((" A.", "a"), ("b\nB", "B b"), ("A\u0308", "ä"), ("aa", None), ("", None), (None, None), ("x", None)),
]
"""What is answered, and the label that it is, if any."""
Sample = list[tuple[str, tuple[str | None, str | None]]]
SAMPLES: st.SearchStrategy[Sample] = st.lists(
    st.sampled_from([(gold, answer) for gold in LABELS for answer in ANSWERS]), min_size=1, max_size=7
)


def codes(sample: Sample, labels: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Return gold and answered labels as places, that of no label behind all others."""
    places = {label: place for place, label in enumerate(labels)}
    return [places[gold] for gold, _ in sample], [places.get(said or "", len(labels)) for _, (_, said) in sample]


def values(
    metric: Metric,
    golds: list[str],
    answers: list[str | None],
    indices: list[list[int]],
    choice: MetricChoice | None = None,
) -> list[float]:
    result = outcome(metric, Answered(tuple(golds), tuple(answers), LABELS, choice or plain(metric.name)))
    assert isinstance(result, Corpus)
    return [float(each) for each in result.statistic(np.asarray(indices, dtype=np.int64))]


def library_values(golds: NDArray[np.int64], answers: NDArray[np.int64], average: Average, beta: float) -> list[float]:
    """Precision, recall and F-beta of scikit-learn."""
    over = np.arange(len(LABELS)) if average == "micro" else [0] if average == "binary" else np.unique(golds)
    with config_context(skip_parameter_validation=True):
        found = precision_recall_fscore_support(
            golds,
            answers,
            labels=over,
            average="macro" if average == "binary" else average,
            beta=beta,
            zero_division=0,
        )
    return [float(each) for each in found[:3]]


@pytest.mark.parametrize(
    ("metric", "expected"), [(f1, (2 / 3 + 4 / 5) / 2), (precision, (1 + 2 / 3) / 2), (recall, 3 / 4)]
)
def test_hand_worked_values(metric: Metric, expected: float) -> None:
    golds, answers = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    assert values(metric, golds, list(answers), [[0, 1, 2, 3]]) == pytest.approx([expected])


@parity("precision", "recall", "f1")
@given(SAMPLES, seeds, st.sampled_from(get_args(Average)), st.sampled_from((None, 0.5, 1.0, 2.0)))
def test_every_average_and_beta_equals_scikit_learn(
    sample: Sample, seed: int, average: Average, beta: float | None
) -> None:
    """Of a few rows: labels that vanish, are never answered, or never right."""
    drawn = resampled(len(sample), seed)
    coded_golds, coded_answers = map(np.asarray, codes(sample, LABELS))
    expected = [library_values(coded_golds[rows], coded_answers[rows], average, beta or 1.0) for rows in drawn]
    golds, answers = [gold for gold, _ in sample], [answer for _, (answer, _) in sample]
    for place, metric in enumerate((precision, recall, f1)):
        positive = LABELS[0] if average == "binary" else None
        choice = MetricChoice(metric.name, average, positive, beta if metric is f1 else None, None, None)
        found = values(metric, golds, answers, drawn, choice)
        assert found == pytest.approx([each[place] for each in expected], abs=1e-12)


def test_a_positive_label_that_occurs_nowhere_is_zero() -> None:
    choice = MetricChoice("f1", "binary", "z", None, None, None)
    assert values(f1, ["a", "b"], ["a", "b"], [[0, 1]], choice) == [0.0]


def test_answers_become_positions() -> None:
    answered = Answered(("a", "b", "a", "b", "a"), ("a", "B.", "x", None, " A"), ("a", "b"))
    coded = encode(answered)
    assert coded.golds == (0, 1, 0, 1, 0)
    assert coded.answers == (0, 1, 2, 2, 0)


def test_labels_alike_in_normal_form_are_told_apart_character_by_character() -> None:
    coded = encode(Answered(("A", "a", "a"), ("A", "a", "a."), ("A", "a")))
    assert coded.answers == (0, 1, 2)


def test_gold_answers_outside_the_labels_become_labels() -> None:
    coded = encode(Answered(("z", "a"), ("z", "a"), ("a",)))
    assert (coded.labels, coded.golds, coded.answers) == (("a", "z"), (1, 0), (1, 0))
