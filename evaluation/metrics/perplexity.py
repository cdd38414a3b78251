"""Perplexity: how many tokens the model hesitates between, on average, where the gold answer has one. Less is better.

    gold_log_probability -2.0, gold_tokens 4; -1.0, 2   → e^(3.0 / 6) = 1.649

exp(-sum of the gold answers' log-probabilities / sum of their tokens), over all rows together. Both stand in the
predictions (fields `gold_log_probability` and `gold_tokens`), put there by whoever asked the model; tokens are the
model's own, so two models compare only where their tokenizers are the same. Nothing that was generated is looked at.
Rows without the two fields are left out and counted as not judged; where no row has them, scoring stops.
*Not here:* computing probabilities (lfine.finetune.generate).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfine.evaluation.metrics.registry import OUTPUT_TYPES, Answered, Facts, also, metric
from lfine.evaluation.metrics.resampling import sums

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import FactTable, Indices, Statistic, Values
    from lfine.schemas.task import MetricChoice

LARGEST = 700.0
"""Exponent beyond which a float has no room: a perplexity of 10**304."""


def pooled(facts: FactTable, choice: MetricChoice) -> dict[str, Statistic]:
    """Facts of a row: log-probability and tokens."""
    del choice
    summed = sums(facts)

    def statistic(indices: Indices) -> Values:
        import numpy as np

        logarithms, tokens = summed(indices).T
        value: Values = np.exp(np.clip(-logarithms / np.maximum(tokens, 1), 0.0, LARGEST))
        return value

    return {"perplexity": statistic}


@also(looks_at=("gold_log_probability",), pool=pooled, higher_is_better=False, share=False)
@metric(output_types=OUTPUT_TYPES, kind="corpus", source="exp of the mean negative log-likelihood for each token")
def perplexity(answered: Answered) -> Facts:
    rows = [(row.gold_log_probability, row.gold_tokens) for row in answered.rows]
    known = [(value, tokens) if value is not None and tokens else None for value, tokens in rows]
    return Facts(tuple((0.0, 0.0) if each is None else (each[0], float(each[1])) for each in known), known.count(None))
