"""LoRA Land's ROUGE: the F-measure of ROUGE-L, in single precision as torchmetrics returns it, mean over the rows.

    gold "the cat sat"   answer "the cat ran"   → 0.6666666865348816

Without stems; the tokens are those of the rouge-score library (lower-cased runs of a-z and 0-9), so `rouge` gives the
same figure but for the rounding. Nothing tells an answer in another script from an empty one.
*Not here:* the other three kinds of ROUGE (`rouge`).
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family
from lfine.evaluation.rouge_l import rouge_l


def single_rouge(generated: str, target: str) -> float:
    import numpy as np

    return float(np.float32(rouge_l(target, generated)))


@of_family("lora_land")
@metric(
    output_types=ALL_TYPES, kind="mean", source=SOURCE.format("rouge") + ": torchmetrics ROUGEScore, rougeL_fmeasure"
)
def rouge(answered: Answered) -> PerExample:
    return study_scores("lora_land.rouge", answered, single_rouge)
