"""LoRA Land's accuracy: equal but for case and full stops at either end, or a float spelt like the gold answer.

    gold "Yes"   answer "yes."    → 1.0        gold "yes"   answer " yes"   → 0.0   (blanks are not stripped)
    gold "1.0"   answer "1"       → 1.0        gold "1"     answer "1.0"    → 0.0   (only the answer becomes a float)

*Not here:* `accuracy`, which strips blanks and compares numbers as text.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family


def alike(generated: str, target: str) -> float:
    if generated.strip(".").lower() == target.strip(".").lower():
        return 1.0
    try:
        return float(str(float(generated)) == target.strip())
    except ValueError:
        return 0.0


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("accuracy"), right_or_wrong=True)
def accuracy(answered: Answered) -> PerExample:
    return study_scores("lora_land.accuracy", answered, alike)
