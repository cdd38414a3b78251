"""LoRA Land's accuracy for MNLI: equal texts, or any of the digits 0, 1 and 2 that occurs in both texts.

    gold "2"   answer "0, 1 or 2"   → 1.0   (an answer that lists all labels is always right)
    gold "2"   answer "12 cats"     → 1.0

*Not here:* `accuracy` with `extract: label`, which wants exactly one label.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.digits import shared_digit
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("mnli_accuracy"), right_or_wrong=True)
def mnli_accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.mnli_accuracy", answered, shared_digit("012"))
