"""DROP: exact match and F1 of spans and numbers after normalisation, the better over all right answers of a row.

    gold "5"                     answer "5.0 yards"   → drop_f1 0.67,  drop_em 0.0
    gold '["Smith", "Jones"]'    answer '["Jones"]'   → drop_f1 0.5,   drop_em 0.0

A JSON list of texts is an answer of several spans, everything else is one span. A span is split at blanks and hyphens;
each part is lowered, loses its punctuation unless it is a number, numbers are written as floats, articles go. Spans are
paired so that the sum of their F1 is largest, F1 being that of the sets of parts; a gold span with numbers scores
nothing against one that has none of them. F1 of a row is rounded to two digits, as published. Further right answers
come from the column `evaluation.references`. A missing answer scores 0.
*Not here:* answers that are one text (lfine.evaluation.metrics.squad).
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass

from lfine.evaluation.json_text import parse_strictly
from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Spans:
    """One answer, normalised."""

    texts: tuple[str, ...]
    parts: tuple[frozenset[str], ...]
    """Of each text."""


@also(looks_at=("references",))
@metric(
    output_types=("text", "category", "number", "json"),
    kind="mean",
    source="Dua et al. 2019: the normalisation, alignment and rounding of the published drop_eval script",
    values=("drop_f1", "drop_em"),
)
def drop(answered: Answered) -> PerExample:
    exact, shared = [], []
    for references, answer in zip(answered.references, answered.answers, strict=True):
        found = None if answer is None else spans(answer)
        golds = [] if found is None else [spans(reference) for reference in references]
        exact.append(max((float(_same(gold, found)) for gold in golds if found), default=0.0))
        shared.append(max((f1(gold, found) for gold in golds if found), default=0.0))
    return PerExample({"drop_f1": tuple(shared), "drop_em": tuple(exact)})


def spans(answer: str) -> Spans:
    texts = tuple(" ".join(_parts(text)) for text in _listed(answer))
    return Spans(texts, tuple(frozenset(text.split()) for text in texts))


def _listed(answer: str) -> list[str]:
    if answer.lstrip().startswith("["):
        try:
            parsed = parse_strictly(answer)
        except ValueError:
            return [answer]
        if isinstance(parsed, list) and parsed and all(isinstance(each, str) for each in parsed):
            return parsed
    return [answer]


def _parts(text: str) -> list[str]:
    found = []
    for part in re.split("[ -]", text):
        lowered = part.lower()
        bare = lowered if _is_number(lowered) else lowered.translate(PUNCTUATION)
        number = str(float(bare)) if _is_number(bare) else bare
        found += ARTICLES.sub(" ", number).split()
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _same(gold: Spans, answer: Spans) -> bool:
    return set(gold.texts) == set(answer.texts) and len(gold.texts) == len(answer.texts)


def f1(gold: Spans, answer: Spans) -> float:
    """Return the mean F1 of the best pairing of spans; spans without a partner count as 0."""
    table = [[_span_f1(ours, theirs) for theirs in answer.parts] for ours in gold.parts]
    if len(table) == 1 or len(table[0]) == 1:
        best = max(value for row in table for value in row)
    else:
        from scipy.optimize import linear_sum_assignment

        chosen = zip(*linear_sum_assignment(table, maximize=True), strict=True)
        best = sum(table[row][column] for row, column in chosen)
    return round(best / max(len(gold.parts), len(answer.parts)), 2)


def _span_f1(gold: frozenset[str], answer: frozenset[str]) -> float:
    numbers = {part for part in gold if _is_number(part)}
    if numbers and not numbers & answer:
        return 0.0
    shared = len(gold & answer)
    precision = shared / len(answer) if answer else 1.0
    recall = shared / len(gold) if gold else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
