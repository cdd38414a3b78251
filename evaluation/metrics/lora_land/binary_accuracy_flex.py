"""LoRA Land's flexible binary accuracy: truth values found anywhere in a text, also inside other words.

    gold "0"   answer "I do not know"    → 1.0   ("no" stands in "not")
    gold "0"   answer "10 reasons: no"   → 0.0   ("1" is looked for first)
    gold "1"   answer "maybe"            → 0.0

Looked for in this order: 1, 0, yes, no, true, false, positive, negative; the first that occurs decides.
*Not here:* `binary_accuracy`, which compares whole answers.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

SIGNS = {
    "1": True,
    "0": False,
    "yes": True,
    "no": False,
    "true": True,
    "false": False,
    "positive": True,
    "negative": False,
}
"""In the order in which they are looked for."""


def _truth(text: str) -> bool | None:
    lowered = text.lower()
    return next((value for sign, value in SIGNS.items() if sign in lowered), None)


def _agree(generated: str, target: str) -> float:
    said, wanted = _truth(generated), _truth(target)
    return float(said is not None and said is wanted)


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("binary_accuracy_flex"), right_or_wrong=True)
def binary_accuracy_flex(answered: Answered) -> PerExample:
    return study_scores("lora_land.binary_accuracy_flex", answered, _agree)
