"""Multiple choice by text: the share of answers that name the right one of the labels, or its text, and no other.

    labels A B C, choices "red", "blue", "green", gold "B"
    answer "B"   "(B) blue"   "b) Blue"   "The answer is B."   "It is blue, I think."   → 1.0 each
    answer "A or B"   "red or blue"   "A good question."                                → 0.0, and counted as not judged

Looked for in this order: the whole answer is a label or a choice; it begins with a label and one of `) ] . : ,` or a
line's end; it says "answer is", "answer:" or "choose" and then a label; it holds the text of exactly one choice as
whole words. Only the first two take a label of one letter in lower case, because "a" is a word too. The texts come from
the column `evaluation.choices`, in the order of the sorted labels; without it only labels are found.
*Not here:* choosing by probability (lfine.evaluation.metrics.likelihood_choice).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric
from lfine.evaluation.text import normalise


@also(looks_at=("choices",))
@metric(
    output_types=("category",),
    kind="mean",
    source="equality of the named label with the gold label; the forms that are read are those of this page",
    right_or_wrong=True,
)
def multiple_choice(answered: Answered) -> PerExample:
    labels = sorted({*answered.labels, *answered.golds}, key=_order)
    reader = label_reader(labels)
    found = [
        None if answer is None else chosen(answer, labels, row.choices or (), reader)
        for row, answer in zip(answered.rows, answered.answers, strict=True)
    ]
    scores = tuple(float(label == gold) for label, gold in zip(found, answered.golds, strict=True))
    return PerExample({"multiple_choice": scores}, answered.unread(found))


def _order(label: str) -> tuple[int, int, str]:
    """Sort numbers by their value, then everything else by its letters."""
    return (0, int(label), "") if label.isdecimal() and len(label) < 10 else (1, 0, label)


def chosen(
    answer: str, labels: Sequence[str], choices: Sequence[str], reader: Callable[[str], str | None]
) -> str | None:
    """Return the label that an answer names, None where it names none or several."""
    texts = dict(zip(labels, map(normalise, choices), strict=False))
    whole = normalise(answer)
    alone = [label for label in labels if normalise(label) == whole] or [
        label for label, text in texts.items() if text == whole
    ]
    if len(alone) == 1:
        return alone[0]
    return reader(answer.strip()) or _by_text(whole, texts)


def label_reader(labels: Sequence[str]) -> Callable[[str], str | None]:
    """Return the function that finds the label which an answer begins with, or says to be the answer."""
    any_label = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    ended = r"\s*(?:[)\].:,]|\n|$)"
    another = rf"[\s(]*(?:or|and)?[\s(]*(?:{any_label}){ended}"
    either_case = re.compile(rf"\W*?({any_label}){ended}(?!{another})", re.IGNORECASE)
    said = re.compile(rf"(?i:answer(?:\s+is)?|choose)\s*:?\s*[(\[\"'*]*({any_label})(?![\w'])(?!\s+\w)")
    folded = {label.casefold(): label for label in labels}

    def read(answer: str) -> str | None:
        begun = either_case.match(answer)
        if begun:
            named = begun.group(1)
            return named if named in labels else folded.get(named.casefold())
        found = {match.group(1) for match in said.finditer(answer)}
        return found.pop() if len(found) == 1 else None

    return read


def _by_text(answer: str, texts: dict[str, str]) -> str | None:
    """Return the one label whose text stands in the answer; a longer text hides a shorter one inside it."""
    named, rest = [], answer
    for label, text in sorted(texts.items(), key=lambda item: -len(item[1])):
        pattern = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        if text and pattern.search(rest):
            named.append(label)
            rest = pattern.sub("\0", rest)
    return named[0] if len(named) == 1 else None
