"""F1, precision and recall of every average against scikit-learn on 500 random samples; and labels as positions."""

from __future__ import annotations

import random
from typing import Literal

import numpy as np
import pytest
from sklearn import config_context
from sklearn.metrics import precision_recall_fscore_support

from lfine.evaluation.intervals import resampled_rows
from lfine.evaluation.metrics.f1 import f1
from lfine.evaluation.metrics.label_counts import encode
from lfine.evaluation.metrics.precision import precision
from lfine.evaluation.metrics.recall import recall
from lfine.evaluation.metrics.registry import Answered, Corpus, Metric, plain
from lfine.schemas.task import MetricChoice

LABELS = ("a", "b", "c", "d")


def values(
    metric: Metric,
    golds: list[str],
    answers: list[str | None],
    indices: list[list[int]],
    choice: MetricChoice | None = None,
) -> list[float]:
    result = metric.compute(Answered(tuple(golds), tuple(answers), LABELS, choice or plain(metric.name)))
    assert isinstance(result, Corpus)
    return [float(each) for each in result.statistic(np.asarray(indices, dtype=np.int64))]


def library_values(
    golds: list[str], answers: list[str | None], *, average: str = "macro", beta: float = 1.0
) -> tuple[float, float, float]:
    """Precision, recall and F-beta of scikit-learn."""
    gold_codes = np.asarray([LABELS.index(gold) for gold in golds])
    answer_codes = np.asarray([LABELS.index(answer) if answer in LABELS else len(LABELS) for answer in answers])
    over = np.arange(len(LABELS)) if average == "micro" else [0] if average == "binary" else np.unique(gold_codes)
    with config_context(skip_parameter_validation=True):
        found = precision_recall_fscore_support(
            gold_codes,
            answer_codes,
            labels=over,
            average="macro" if average == "binary" else average,
            beta=beta,
            zero_division=0,
        )
    return float(found[0]), float(found[1]), float(found[2])


@pytest.mark.parametrize(
    ("metric", "expected"), [(f1, (2 / 3 + 4 / 5) / 2), (precision, (1 + 2 / 3) / 2), (recall, 3 / 4)]
)
def test_hand_worked_values(metric: Metric, expected: float) -> None:
    golds, answers = ["a", "a", "b", "b"], ["a", "b", "b", "b"]
    assert values(metric, golds, list(answers), [[0, 1, 2, 3]]) == pytest.approx([expected])


def test_equals_scikit_learn_on_500_random_samples() -> None:
    """Each resample of 12 rows is a case of its own: labels that vanish, are never answered, or never right."""
    rng = random.Random(4)
    golds = [rng.choice("aaaabbbccd") for _ in range(12)]
    answers = [gold if rng.random() < 0.5 else rng.choice((*LABELS, "x", None)) for gold in golds]
    (drawn,) = resampled_rows(12, seed=5, resamples=500)
    rows = drawn.tolist()
    expected = [library_values([golds[i] for i in each], [answers[i] for i in each]) for each in rows]
    for place, metric in enumerate((precision, recall, f1)):
        found = values(metric, golds, answers, rows)
        assert found == pytest.approx([each[place] for each in expected], abs=1e-12)
        assert len(set(found)) > 50


@pytest.mark.parametrize("average", ["macro", "micro", "weighted", "binary"])
@pytest.mark.parametrize("beta", [None, 0.5, 2.0])
def test_every_average_and_beta_equals_scikit_learn(
    average: Literal["macro", "micro", "weighted", "binary"], beta: float | None
) -> None:
    rng = random.Random(9)
    golds = [rng.choice("aaaabbbccd") for _ in range(12)]
    answers = [gold if rng.random() < 0.5 else rng.choice((*LABELS, "x", None)) for gold in golds]
    (drawn,) = resampled_rows(12, seed=6, resamples=500)
    rows = drawn.tolist()
    expected = [
        library_values([golds[i] for i in each], [answers[i] for i in each], average=average, beta=beta or 1.0)
        for each in rows
    ]
    for place, metric in enumerate((precision, recall, f1)):
        positive = "a" if average == "binary" else None
        choice = MetricChoice(metric.name, average, positive, beta if metric is f1 else None, None, None)
        found = values(metric, golds, answers, rows, choice)
        assert found == pytest.approx([each[place] for each in expected], abs=1e-12)
        assert len(set(found)) > (1 if average == "binary" else 5)


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
