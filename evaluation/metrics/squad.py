"""SQuAD: exact match and token F1 after normalisation, the better of them over all right answers of a row.

    gold "the Eiffel Tower"   answer "Eiffel tower."        → squad_f1 1.0,  squad_em 1.0
    gold "Eiffel Tower"       answer "the tower in Paris"   → squad_f1 0.4,  squad_em 0.0

Both sides: lower case, without punctuation (the ASCII marks), without the articles a, an and the, runs of white space
one space. F1 is that of the words as a bag. Where one side has no word left, F1 is 1 if the other has none either (as
in SQuAD 2.0). Further right answers come from the column `evaluation.references`. A missing answer scores 0.
*Not here:* questions whose gold answers are lists of spans or numbers (lfine.evaluation.metrics.drop).
"""

from __future__ import annotations

import re
import string
from collections import Counter

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


@also(looks_at=("references",))
@metric(
    output_types=("text", "category"),
    kind="mean",
    source="Rajpurkar et al. 2016, 2018: the normalisation and the two measures of the published evaluate-v2.0 script",
    values=("squad_f1", "squad_em"),
)
def squad(answered: Answered) -> PerExample:
    exact, shared = [], []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        found = None if answer is None else words(answer)
        golds = [words(reference) for reference in references]
        exact.append(float(found in golds))
        shared.append(0.0 if found is None else max(f1(gold, found) for gold in golds))
    return PerExample({"squad_f1": tuple(shared), "squad_em": tuple(exact)})


def words(text: str) -> list[str]:
    """Return the words that are compared."""
    return ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split()


def f1(gold: list[str], answer: list[str]) -> float:
    if not gold or not answer:
        return float(gold == answer)
    shared = (Counter(gold) & Counter(answer)).total()
    return 2 * shared / (len(gold) + len(answer))
