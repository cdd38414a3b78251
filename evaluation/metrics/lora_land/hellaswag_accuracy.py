"""LoRA Land's accuracy for HellaSwag: equal texts, or any of the digits 0, 1, 2 and 3 that occurs in both texts.

    gold "3"   answer "0, 1, 2, 3"   → 1.0   (an answer that lists all labels is always right)
    gold "3"   answer "ending 13"    → 1.0

*Not here:* `accuracy` with `extract: label`, which wants exactly one label.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.digits import shared_digit
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("hellaswag_accuracy"), right_or_wrong=True)
def hellaswag_accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.hellaswag_accuracy", answered, shared_digit("0123"))
