"""Multiple choice by likelihood: the share of rows on which the right answer is the most probable of those on offer.

    gold "B"   label_log_probabilities {"A": -1.2, "B": -0.4, "C": -2.0}        → 1.0, per byte 1.0
    gold "yes" label_log_probabilities {"yes": -2.0, "certainly not": -1.8}     → 0.0

`likelihood_choice_bytes` divides each logarithm by the bytes of the answer in UTF-8 before they are compared, so that
long answers can win (lm-evaluation-harness calls it acc_norm). What was generated is not looked at: the logarithms
stand in the predictions, field `label_log_probabilities`, put there by whoever asked the model. Of equally probable
ones the first counts. A row without the field, or whose field lacks the gold answer, is wrong and counted as not
judged; where no row has it, scoring stops.
*Not here:* computing probabilities (lfine.finetune.generate), answers as text
(lfine.evaluation.metrics.multiple_choice).
"""

from __future__ import annotations

from collections.abc import Mapping

from lfine.evaluation.metrics.registry import Answered, PerExample, also, metric


@also(looks_at=("label_log_probabilities",))
@metric(
    output_types=("category", "text"),
    kind="mean",
    source="argmax of summed token log-probabilities, also per byte: lm-evaluation-harness's acc and acc_norm",
    values=("likelihood_choice", "likelihood_choice_bytes"),
    right_or_wrong=True,
)
def likelihood_choice(answered: Answered) -> PerExample:
    found = [
        (gold.strip(), row.label_log_probabilities or {})
        for gold, row in zip(answered.golds, answered.rows, strict=True)
    ]
    return PerExample(
        {
            "likelihood_choice": tuple(float(most_likely(each) == gold) for gold, each in found),
            "likelihood_choice_bytes": tuple(float(most_likely(_per_byte(each)) == gold) for gold, each in found),
        },
        unjudged=sum(gold not in map(str.strip, each) for gold, each in found),
    )


def most_likely(logarithms: Mapping[str, float]) -> str | None:
    """Return the answer with the largest logarithm, the first of equals; None where there is none."""
    return max(logarithms, key=logarithms.__getitem__).strip() if logarithms else None


def _per_byte(logarithms: Mapping[str, float]) -> dict[str, float]:
    return {answer: value / max(1, len(answer.encode("utf-8", "replace"))) for answer, value in logarithms.items()}
