"""LoRA Land's accuracy for MRPC: equal texts, or any of the digits 1 and 2 that occurs in both texts.

    gold "1"   answer "Label: 1"   → 1.0
    gold "0"   answer "Label: 0"   → 0.0   (there is no rule for 0: the labels were taken to be 1 and 2)

*Not here:* `accuracy` with `extract: label`, which wants exactly one label.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.digits import shared_digit
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("mrpc_accuracy"), right_or_wrong=True)
def mrpc_accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.mrpc_accuracy", answered, shared_digit("12"))
