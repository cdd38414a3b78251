"""LoRA Land's score for GSM8K: the last run of digits, dollars, commas and full stops of both texts, equal as floats.

    gold "… #### 1200"   answer "It is $1,200."      → 1.0
    gold "72"            answer "72 (see ...)"       → 0.0   ("..." is such a run too, and no number)
    gold "5"             answer "3-5"                → 0.0   (the hyphen makes it -5)

*Not here:* `numeric_match`, which knows where a number ends.
"""

from __future__ import annotations

import re

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

RUN = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")


def _last_float(text: str) -> float | None:
    runs = RUN.findall(text)
    if not runs:
        return None
    try:
        return float("".join(runs[-1]).strip("$.").replace(",", ""))
    except ValueError:
        return None


def _equal(generated: str, target: str) -> float:
    said, wanted = _last_float(generated), _last_float(target)
    return float(said is not None and said == wanted)


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("gsm8k_regex"), right_or_wrong=True)
def gsm8k_regex(answered: Answered) -> PerExample:
    return study_scores("lora_land.gsm8k_regex", answered, _equal)
