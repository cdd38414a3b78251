"""LoRA Land's accuracy for customer support: equal texts, or the gold answer anywhere in the answer.

    gold "card"   answer "card or loan"   → 1.0   (an answer that lists all labels is always right)
    gold "card"   answer "discard it"     → 1.0

*Not here:* `accuracy` with `extract: label`, which wants exactly one label as a whole word.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.accuracy import alike
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


def _contains(generated: str, target: str) -> float:
    return alike(generated, target) or float(target.lower() in generated.lower())


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("customer_support_accuracy"), right_or_wrong=True)
def customer_support_accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.customer_support_accuracy", answered, _contains)
