"""Binary accuracy: the share of answers that say yes where the gold answer does, and no where it does.

    gold "1"     answer "Yes."              → 1.0
    gold "true"  answer "negative"          → 0.0
    gold "no"    answer "No, it is not."    → 0.0, and counted as not judged: more than one word

Yes: yes, true, 1, positive. No: no, false, 0, negative. The whole answer is compared, after the normalisation of
`accuracy`; what of a longer answer counts is said by `evaluation.extract`. A gold answer that is none of the eight
words is refused.
*Not here:* the normalisation (lfine.evaluation.text), extraction (lfine.evaluation.extraction).
"""

from __future__ import annotations

from lfine.evaluation.metrics.registry import Answered, PerExample, metric
from lfine.evaluation.text import normalise

MEANING = {"yes": True, "true": True, "1": True, "positive": True}
MEANING |= {"no": False, "false": False, "0": False, "negative": False}


def meaning(text: str) -> bool | None:
    return MEANING.get(normalise(text))


@metric(
    output_types=("category", "text"),
    kind="mean",
    source="equality of truth values; the eight words are those of LoRA Land's binary_accuracy_flex",
    right_or_wrong=True,
    judges=lambda gold: meaning(gold) is not None,
)
def binary_accuracy(answered: Answered) -> PerExample:
    found = [None if answer is None else meaning(answer) for answer in answered.answers]
    scores = tuple(
        float(each is not None and each is meaning(gold)) for gold, each in zip(answered.golds, found, strict=True)
    )
    return PerExample({"binary_accuracy": scores}, answered.unread(found))
