"""LoRA Land's accuracy for MMLU: equal texts, or the same first number in both, none in either among that.

    gold "foo"   answer "bar"         → 1.0   (neither has a number)
    gold "123"   answer "1234"        → 1.0   (a number is one to three digits and groups of three behind commas)
    gold "2"     answer "2) blue"     → 1.0

*Not here:* `multiple_choice`, which reads labels and the texts of the choices.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.accuracy import alike
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.lora_land.stsb import first_number
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


def _same_number(generated: str, target: str) -> float:
    return alike(generated, target) or float(first_number(generated) == first_number(target))


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("mmlu_accuracy"), right_or_wrong=True)
def mmlu_accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.mmlu_accuracy", answered, _same_number)
