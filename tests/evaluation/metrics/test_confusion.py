"""The confusion matrix against scikit-learn and by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from lfine.evaluation.metrics.confusion import confusion
from lfine.evaluation.metrics.registry import Answered
from lfine.evaluation.records import Confusion
from tests.evaluation.metrics.asking import outcome, parity
from tests.evaluation.metrics.test_label_counts import LABELS, SAMPLES, Sample, codes


def matrix(golds: tuple[str, ...], answers: tuple[str | None, ...], labels: tuple[str, ...]) -> Confusion:
    result = outcome(confusion, Answered(golds, answers, labels))
    assert isinstance(result, Confusion)
    return result


def test_rows_are_gold_and_the_last_column_is_no_label() -> None:
    found = matrix(("a", "a", "b", "b"), ("a", "b", None, "what"), ("a", "b"))
    assert found == Confusion(("a", "b"), ((1, 1, 0), (0, 0, 2)))


@parity("confusion")
@given(SAMPLES, st.integers(0, len(LABELS)))
def test_equals_scikit_learn(sample: Sample, known: int) -> None:
    """The labels that are not known beforehand are those of the gold answers, sorted, behind the others."""
    golds, answers = zip(*((gold, answer) for gold, (answer, _) in sample), strict=True)
    found = matrix(golds, answers, LABELS[:known])
    assert found.labels == (*LABELS[:known], *sorted({*golds} - {*LABELS[:known]}))
    wanted, said = codes(sample, found.labels)
    expected = confusion_matrix(wanted, said, labels=range(len(found.labels) + 1))[:-1]
    assert [list(row) for row in found.counts] == expected.tolist()
