"""Whether words tell a label: a naive Bayes of one half of the rows on the other, against the most frequent label.

    told(["my card is lost", …], ["card", …]) -> Told(right=0.81, frequent=0.34)

It settles which of several columns of labels is the one that the texts are about; a score it is not.

*Not here:* the baselines that are scored (lfine.evaluation.baselines).
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

ROWS = 400
"""Rows that are looked at."""
FEWEST = 20
"""Rows from which words can be told from chance."""
SEED = 42
_WORD = re.compile(r"\w+")
_WORDS = 60  # words of a text that count


@dataclass(frozen=True)
class Told:
    right: float
    """Share of labels that the words tell."""
    frequent: float
    """Share of the most frequent label."""

    @property
    def gain(self) -> float:
        return self.right - self.frequent


def told(texts: Sequence[str], labels: Sequence[str]) -> Told | None:
    """Return how well words tell labels, each half of the rows told from the other; None for too few rows."""
    labelled = [(text, label) for text, label in zip(texts, labels, strict=True) if label]
    if len(labelled) < FEWEST:
        return None
    # by chance: labels often come in turn, and every other row would then have one label alone
    chosen = random.Random(SEED).sample(labelled, min(ROWS, len(labelled)))  # noqa: S311 (a sample, not a secret)
    rows = [(_WORD.findall(text.lower())[:_WORDS], label) for text, label in chosen]
    halves = rows[::2], rows[1::2]
    right = _right(halves[0], halves[1]) + _right(halves[1], halves[0])
    return Told(right / len(rows), Counter(label for _, label in rows).most_common(1)[0][1] / len(rows))


def _right(known: Sequence[tuple[list[str], str]], asked: Sequence[tuple[list[str], str]]) -> int:
    labels = Counter(label for _, label in known)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for words, label in known:
        counts[label].update(set(words))
    size = len({word for of_label in counts.values() for word in of_label}) + 1
    totals = {label: sum(counts[label].values()) + size for label in labels}

    def score(words: list[str], label: str) -> float:
        shown = sum(math.log((counts[label][word] + 1) / totals[label]) for word in set(words))
        return math.log(labels[label]) + shown

    return sum(max(labels, key=lambda label: score(words, label)) == truth for words, truth in asked)
