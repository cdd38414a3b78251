"""Metrics beside independent implementations on the texts, labels and numbers of real data sets, not random ones.

The answers are gold answers of which a third are cut, a third are those of other rows, and some are missing.
*Not here:* random cases (each metric's own test), gold answers as answers (test_real_sets.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer
from scipy import stats
from sklearn import metrics as sklearn

from lfine.evaluation.metrics.registry import find, plain
from tests.evaluation.metrics.asking import Pair, asked, measured
from tests.evaluation.metrics.test_real_sets import Set, rows_of, shuffled
from tests.evaluation.metrics.test_real_sets import pytestmark as needs_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = needs_data

Reference = Callable[[list[str], list[str]], float]

TEXTS = (Set("viggo", "target", ()), Set("webnlg", "lex", ()), Set("cnn_dailymail_mini", "highlights", ()))
LABELS = (Set("ag_news", "label_text", ()), Set("covid", "Sentiment", ()), Set("mmlu", "answer_letter", ()))
NUMBERS = Set("glue_stsb", "score", ())


def pairs_of(which: Set, *, cut: bool) -> list[Pair]:
    rows = rows_of(which)
    found: list[Pair] = []
    for place, (row, other) in enumerate(zip(rows, shuffled(rows), strict=True)):
        short = " ".join(row.gold.split()[: -(place % 5) or None]) if cut else row.gold
        found.append((row.gold, None if place % 50 == 7 else (row.gold, short, other.prediction)[place % 3]))
    return found


def rouge(name: str) -> Reference:
    def mean(golds: list[str], answers: list[str]) -> float:
        scorer = RougeScorer([name])
        pairs = zip(golds, answers, strict=True)
        return float(np.mean([scorer.score(gold, answer)[name].fmeasure for gold, answer in pairs]))

    return mean


OF_TEXTS: dict[str, Reference] = {
    "rougeL": rouge("rougeL"),
    "rouge1": rouge("rouge1"),
    "rouge2": rouge("rouge2"),
    "rougeLsum": rouge("rougeLsum"),
    "bleu": lambda golds, answers: sacrebleu.corpus_bleu(answers, [golds]).score / 100,
    "chrf": lambda golds, answers: sacrebleu.corpus_chrf(answers, [golds]).score / 100,
    "exact_match": lambda golds, answers: float(np.mean(np.equal(golds, answers))),
}
OF_LABELS: dict[str, Reference] = {
    "accuracy": sklearn.accuracy_score,
    "mcc": sklearn.matthews_corrcoef,
    **{
        name: lambda golds, answers, score=score: score(  # type: ignore[misc]
            golds, answers, labels=sorted(set(golds)), average="macro", zero_division=0
        )
        for name, score in (
            ("f1", sklearn.f1_score),
            ("precision", sklearn.precision_score),
            ("recall", sklearn.recall_score),
        )
    },
}


@pytest.mark.parametrize("which", TEXTS, ids=str)
@pytest.mark.parametrize("metric", ["rouge", "bleu", "chrf", "exact_match"])
def test_texts(which: Set, metric: str) -> None:
    pairs = pairs_of(which, cut=True)
    golds, answers = [gold for gold, _ in pairs], [answer or "" for _, answer in pairs]
    found = measured(find(metric), asked(pairs, plain(metric)))
    for name, (score,) in found.items():
        assert 0.2 < score < 0.95
        assert score == pytest.approx(OF_TEXTS[name](golds, answers), abs=1e-9), name


@pytest.mark.parametrize("which", LABELS, ids=str)
@pytest.mark.parametrize("metric", list(OF_LABELS))
def test_labels(which: Set, metric: str) -> None:
    pairs = pairs_of(which, cut=False)
    golds, answers = [gold for gold, _ in pairs], [answer or "(no label)" for _, answer in pairs]
    (found,) = measured(find(metric), asked(pairs, plain(metric), tuple(sorted(set(golds)))))[metric]
    assert 0.5 < found < 0.95
    assert found == pytest.approx(OF_LABELS[metric](golds, answers), abs=1e-12)


@pytest.mark.parametrize(("metric", "reference"), [("pearson", stats.pearsonr), ("spearman", stats.spearmanr)])
def test_numbers(
    metric: str, reference: Callable[[NDArray[np.float64], NDArray[np.float64]], tuple[float, float]]
) -> None:
    pairs = [(gold, answer) for gold, answer in pairs_of(NUMBERS, cut=False) if answer is not None]
    golds, answers = (np.array(each, dtype=np.float64) for each in zip(*pairs, strict=True))
    (found,) = measured(find(metric), asked(pairs, plain(metric)))[metric]
    assert found == pytest.approx(reference(golds, answers)[0], abs=1e-12)
