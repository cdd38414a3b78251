"""How sure a model is of the label that it answered: its share among all labels.

    confidence({"claims": -0.2, "home": -1.7}, "claims")     -> 0.818
    confidence({"claims": -0.2, "home": -1.7}, "clams")      -> None

The softmax over the labels' log-probabilities: what the model gives to texts that are no label is left out.
*Not here:* the log-probabilities (lfine.finetune.generate), how often such answers are right (reports).
"""

from __future__ import annotations

import math
from collections.abc import Mapping


def confidence(logarithms: Mapping[str, float], answer: str | None) -> float | None:
    """Return the share of `answer`, white space around it left out; None where it is none of the labels."""
    label = None if answer is None else answer.strip()
    if label is None or label not in logarithms:
        return None
    most = max(logarithms.values())
    return math.exp(logarithms[label] - most) / sum(math.exp(each - most) for each in logarithms.values())
