"""chrF (Popović 2015): matching character sequences of one to six characters over all answers, recall counting twice.

    gold "the cat sat"   answer "the cats sat"   → 0.861

Of all rows together, not the mean of rows; the figure of sacrebleu divided by 100. White space does not count. With
`word_order: 2` sequences of one and two words count too: chrF++ (Popović 2017), value `chrf_word2`. With
`evaluation.references` each answer is compared with the reference that it comes nearest to.
*Not here:* sums over resampled rows (lfine.evaluation.metrics.resampling).
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lfine.evaluation.metrics.registry import Answered, Facts, also, metric
from lfine.evaluation.metrics.resampling import sums

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import FactTable, Statistic, Values
    from lfine.schemas.task import MetricChoice

CHARACTERS = 6
"""Characters of the longest sequence."""
SQUARE = 4.0
"""beta squared: recall counts twice as much as precision."""

Grams = list[Counter[str]]


def pooled(facts: FactTable, choice: MetricChoice) -> dict[str, Statistic]:
    del choice
    summed = sums(facts)
    return {"chrf": lambda indices: _chrf(summed(indices))}


@also(looks_at=("references",), pool=pooled)
@metric(
    output_types=("text",),
    kind="corpus",
    source="sacrebleu.metrics.CHRF(word_order=…).corpus_score, divided by 100",
    parameters={"word_order": 0},
)
def chrf(answered: Answered) -> Facts:
    words = answered.choice.word_order or 0
    rows = []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        grams = _grams(answer or "", words)
        rows.append(_nearest([_counts(grams, _grams(reference, words)) for reference in references]))
    return Facts(tuple(rows))


def _grams(text: str, words: int) -> Grams:
    joined = "".join(text.split())
    found = [Counter(joined[at : at + n] for at in range(len(joined) - n + 1)) for n in range(1, CHARACTERS + 1)]
    parted = _parted(text) if words else []
    found += [Counter(" ".join(parted[at : at + n]) for at in range(len(parted) - n + 1)) for n in range(1, words + 1)]
    return found


def _parted(text: str) -> list[str]:
    """Return the words, one punctuation mark at the end, or else at the beginning, of each taken off."""
    found: list[str] = []
    for word in text.split():
        if len(word) > 1 and word[-1] in string.punctuation:
            found += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in string.punctuation:
            found += [word[0], word[1:]]
        else:
            found.append(word)
    return found


def _counts(answer: Grams, reference: Grams) -> tuple[float, ...]:
    """Return, for each order, sequences of the answer, of the reference, and shared ones."""
    found: list[float] = []
    for ours, theirs in zip(answer, reference, strict=True):
        shared = sum(min(count, theirs[gram]) for gram, count in ours.items() if gram in theirs)
        found += [ours.total() if theirs else 0, theirs.total(), shared]
    return tuple(map(float, found))


def _nearest(counted: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    import numpy as np

    return counted[int(_chrf(np.asarray(counted)).argmax())] if len(counted) > 1 else counted[0]


def _chrf(summed: FactTable) -> Values:
    """Return chrF of (resamples, 3 × orders) sums; an order that a side is too short for does not count."""
    import numpy as np

    ours, theirs, shared = (summed[:, start::3] for start in range(3))
    there = (ours > 0) & (theirs > 0)
    orders = np.maximum(there.sum(axis=1), 1)
    precision = np.where(there, shared / np.maximum(ours, 1), 0.0).sum(axis=1) / orders
    recall = np.where(there, shared / np.maximum(theirs, 1), 0.0).sum(axis=1) / orders
    whole = SQUARE * precision + recall
    value: Values = (1 + SQUARE) * precision * recall / np.where(whole > 0, whole, 1.0)
    return value
