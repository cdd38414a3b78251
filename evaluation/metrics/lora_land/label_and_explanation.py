"""LoRA Land's score for explained labels: ROUGE-L of the explanations where the two labels are equal, else 0.

    gold '{"label": 1, "explanation": "it rains"}'   answer '{"x": 1, "explanation": "it rains"}'   → 1.0
    gold '{"label": 1, "explanation": "it rains"}'   answer '{"label": 2, "explanation": "it rains"}' → 0.0

Both texts must be JSON of two keys, one of them `explanation`; the name of the other is not compared, its value is (`1`
equals `true`). Everything else scores 0, a gold answer of another form too. An explanation that is no text stops the
study's script: here the row scores 0 and is counted as not judged.
*Not here:* `label_and_explanation`, which gives label and explanation apart.
"""

from __future__ import annotations

import json

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.lora_land.rouge import single_rouge
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

EXPLANATION = "explanation"


def _parsed(text: str) -> tuple[object, object] | None:
    """Return (label, explanation); None for what is no JSON of these two."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or len(value) != 2 or EXPLANATION not in value:
        return None
    (label,) = (each for key, each in value.items() if key != EXPLANATION)
    return label, value[EXPLANATION]


def _explained(generated: str, target: str) -> float | None:
    said, wanted = _parsed(generated), _parsed(target)
    if said is None or wanted is None or said[0] != wanted[0]:
        return 0.0
    if not isinstance(said[1], str) or not isinstance(wanted[1], str):
        return None
    return single_rouge(said[1], wanted[1])


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("label_and_explanation"))
def label_and_explanation(answered: Answered) -> PerExample:
    return study_scores("lora_land.label_and_explanation", answered, _explained)
