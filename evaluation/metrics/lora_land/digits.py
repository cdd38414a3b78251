"""The rule that three of the study's tasks share: one of some digits stands anywhere in both texts.

    shared_digit("012")("0, 1 or 2", "2") == 1.0

*Not here:* which digits a task takes.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.accuracy import alike
from lfine.evaluation.metrics.lora_land.reading import Judge


def shared_digit(digits: str) -> Judge:
    def judge(generated: str, target: str) -> float:
        return alike(generated, target) or float(any(digit in generated and digit in target for digit in digits))

    return judge
