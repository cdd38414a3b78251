"""LoRA Land's score for STS-B: 1 minus the distance of two numbers divided by 5, whatever the numbers.

    gold "4"   answer "-3"         → -0.4   (a bare number is not kept within 0 and 5)
    gold "4"   answer "about 3.5"  → 0.9    (else the first number of the text, if it lies within 0 and 5)
    gold "4"   answer "none"       → 0.0

So the score can be negative. A first number with commas (`1,000 cats`) stops the study's script, and `nan` or `inf`
makes its mean so: here such a row scores 0 and is counted as not judged. A gold answer without a number is refused.
*Not here:* `bounded_error` with `range: 5`, which never goes below 0 and takes whole answers only.
"""

from __future__ import annotations

import math
import re

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})*(?:\.\d+)?")
LARGEST = 5.0


def first_number(text: str) -> str | None:
    match = NUMBER.search(text)
    return None if match is None else match.group()


def _number(text: str) -> float | None:
    """Return the study's number of a text, None without one; ValueError where its script stops."""
    try:
        return float(text)
    except ValueError:
        first = first_number(text)
    value = None if first is None else float(first)
    return value if value is not None and value <= LARGEST else None


def _closeness(generated: str, target: str) -> float | None:
    try:
        said, wanted = _number(generated), _number(target)
    except ValueError:
        return None
    if said is None or wanted is None:
        return 0.0
    score = 1 - abs(said - wanted) / LARGEST
    return score if math.isfinite(score) else None


def _is_judged(gold: str) -> bool:
    try:
        return _number(gold) is not None
    except ValueError:
        return False


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("stsb"), judges=_is_judged)
def stsb(answered: Answered) -> PerExample:
    return study_scores("lora_land.stsb", answered, _closeness)
