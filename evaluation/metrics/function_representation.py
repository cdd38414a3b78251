"""Function representation: the meaning of an answer like `inform(name[Portal 2], genres[puzzle, platformer])`, as sets.

    gold "request(genres[a, b], rating[c])"   answer "request(rating[c], genres[b, a])"   → all four 1.0
    gold "request(genres[a, b], rating[c])"   answer "request(genres[a], rating[c])"      → values F1 0.8, exact 0.0

Four scores: `function_representation` (function, attributes and values all the same), `…_function` (the function's name
is right), `…_attributes` (F1 of the attributes' names) and `…_values` (F1 of the pairs of attribute and value). Neither
the order of attributes nor that of values counts, nor white space around them; upper and lower case do. An attribute
without a value (`esrb[]`) is the pair of it and nothing. An answer that cannot be parsed scores 0 in all four; a gold
answer, and it is refused. Values are parted at commas, those in round brackets not; so are the commas of `Spectrum
HoloByte, Inc.`, on both sides alike.

The notation is that of ViGGO (Juraska et al. 2019).
*Not here:* representations inside a longer answer: `extract`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from lfine.evaluation.metrics.registry import Answered, PerExample, metric

VALUES = (
    "function_representation",
    "function_representation_function",
    "function_representation_attributes",
    "function_representation_values",
)
WHOLE = re.compile(r"\s*(\w+)\s*\(\s*(.*?)\s*\)\s*", re.DOTALL)
ATTRIBUTE = re.compile(r"\s*(\w+)\s*(?:\[([^\[\]]*)\])?\s*(?:,|\Z)")


@dataclass(frozen=True)
class Representation:
    function: str
    attributes: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    """(attribute, value); a value of "" for an attribute without one."""


def parse(text: str) -> Representation | None:
    """Return the parts of a representation, None where the text is none."""
    whole = WHOLE.fullmatch(text)
    if whole is None:
        return None
    function, rest = whole.groups()
    pairs: set[tuple[str, str]] = set()
    place = 0
    while place < len(rest):
        found = ATTRIBUTE.match(rest, place)
        if found is None:
            return None
        name, values = found.groups()
        pairs |= {(name, " ".join(value.split())) for value in _parted(values or "")}
        place = found.end()
    if rest.rstrip().endswith(","):
        return None
    return Representation(function, frozenset(name for name, _ in pairs), frozenset(pairs))


def _parted(values: str) -> list[str]:
    """Part at the commas outside round brackets, however deep; a bracket without a partner is none."""
    commas: list[int] = []
    opened: list[int] = []  # how many commas stand before each bracket that is still open
    for place, character in enumerate(values):
        if character == ",":
            commas.append(place)
        elif character == "(":
            opened.append(len(commas))
        elif character == ")" and opened:
            del commas[opened.pop() :]
    return [values[before + 1 : behind] for before, behind in pairwise([-1, *commas, len(values)])]


@metric(
    output_types=("text",),
    kind="mean",
    source="sets of function, attributes and values in ViGGO's notation; F1 = 2·shared / (gold + answered)",
    values=VALUES,
    judges=lambda gold: parse(gold) is not None,
)
def function_representation(answered: Answered) -> PerExample:
    rows = [
        _scores(gold, answer)
        for gold, answer in zip(map(parse, answered.golds), map(_parsed, answered.answers), strict=True)
    ]
    reasons = tuple(
        "the answer is no representation" if answer is not None and parse(answer) is None else None
        for answer in answered.answers
    )
    scores = {name: tuple(row[place] for row in rows) for place, name in enumerate(VALUES)}
    return PerExample(scores, reasons=reasons)


def _parsed(answer: str | None) -> Representation | None:
    return None if answer is None else parse(answer)


def _scores(gold: Representation | None, answer: Representation | None) -> tuple[float, float, float, float]:
    if gold is None or answer is None:
        return 0.0, 0.0, 0.0, 0.0
    return (
        float(gold == answer),
        float(gold.function == answer.function),
        _f1(gold.attributes, answer.attributes),
        _f1(gold.pairs, answer.pairs),
    )


def _f1(gold: frozenset[object], answer: frozenset[object]) -> float:
    """Return 1 for two empty sets."""
    total = len(gold) + len(answer)
    return 2 * len(gold & answer) / total if total else 1.0
