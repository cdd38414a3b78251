"""BLEU (Papineni et al. 2002): matching word sequences of one to four words over all answers, by the sacrebleu library.

    gold "the cat sat on the mat"   answer "the cat sat on a mat"   → 0.537

Of all rows together, not the mean of rows; sacrebleu's figure divided by 100, with its own settings (mixed case, exp
smoothing). `tokenize` says how a text is split into words: 13a (not given), intl, zh, char (for languages without
blanks), none. With `evaluation.references` a sequence of any reference counts, and the length nearest to the answer's.
A missing answer adds its gold answer's length to what is too short.
*Not here:* sums over resampled rows (lfine.evaluation.metrics.resampling).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.evaluation.metrics.registry import Answered, Facts, also, metric
from lfine.evaluation.metrics.resampling import sums

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import FactTable, Statistic, Values
    from lfine.schemas.task import MetricChoice

ORDERS = 4
"""Words of the longest sequence."""


def pooled(facts: FactTable, choice: MetricChoice) -> dict[str, Statistic]:
    del choice
    summed = sums(facts)
    return {"bleu": lambda indices: _bleu(summed(indices))}


@also(looks_at=("references",), pool=pooled)
@metric(
    output_types=("text",),
    kind="corpus",
    source="sacrebleu.metrics.BLEU(tokenize=…).corpus_score, divided by 100",
    parameters={"tokenize": "13a"},
)
def bleu(answered: Answered) -> Facts:
    from sacrebleu.metrics.bleu import BLEU

    # Of one sentence only the counts are taken, and effective_order does not change them.
    counter = BLEU(tokenize=answered.choice.tokenize or "13a", effective_order=True)
    rows: list[tuple[float, ...]] = []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        found = counter.sentence_score(answer or "", list(references))
        rows.append((found.sys_len, found.ref_len, *found.counts, *found.totals))
    return Facts(tuple(tuple(map(float, row)) for row in rows))


def _bleu(summed: FactTable) -> Values:
    """Return BLEU of (resamples, 10) sums: length, reference length, matches by order, sequences by order."""
    import numpy as np

    length, reference = summed[:, 0], summed[:, 1]
    matches, totals = summed[:, 2 : 2 + ORDERS], summed[:, 2 + ORDERS :]
    # exp smoothing: the k-th order without a match counts as if it had 1 / 2**k
    halvings = np.cumsum((matches == 0) & (totals > 0), axis=1)
    precisions = np.where(matches > 0, matches, 0.5**halvings) / np.maximum(totals, 1)
    known = (totals > 0).all(axis=1) & (matches > 0).any(axis=1)
    brevity = np.minimum(1.0, np.exp(1 - reference / np.maximum(length, 1)))
    value: Values = np.where(known, brevity * np.exp(np.log(precisions).mean(axis=1)), 0.0)
    return value
