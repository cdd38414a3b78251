"""Label and explanation: how near an answer's explanation comes to the gold one, 0 where its label is wrong.

    gold   '{"label": "yes", "explanation": "it rains"}'
    answer '{"label": "Yes", "explanation": "it rains today"}'   → 0.8, label 1.0, explanation 0.8
    answer '{"label": "no", "explanation": "it rains"}'          → 0.0, label 0.0, explanation 1.0

A gold answer is a JSON mapping of two keys, `explanation` and another one, whose value is the label; any other gold
answer is refused. Labels are compared as by `accuracy`, explanations by the F-measure of ROUGE-L. JSON inside a longer
answer is found; an answer without both keys is counted as not judged.
*Not here:* the study's own reading, which takes any two keys
(lfine.evaluation.metrics.lora_land.label_and_explanation).
"""

from __future__ import annotations

from lfine.evaluation.json_text import embedded, same
from lfine.evaluation.metrics.registry import Answered, PerExample, metric
from lfine.evaluation.rouge_l import rouge_l
from lfine.evaluation.text import normalise

EXPLANATION = "explanation"
Pair = tuple[object, str]
"""(label, explanation)"""


def label_key(gold: str) -> str | None:
    """Return the key of a gold answer's label, None where it has not the two keys."""
    parsed = embedded(gold)
    if not isinstance(parsed, dict) or len(parsed) != 2 or not isinstance(parsed.get(EXPLANATION), str):
        return None
    return next(str(key) for key in parsed if key != EXPLANATION)


def _pair(answer: str | None, key: str | None) -> Pair | None:
    parsed = None if answer is None else embedded(answer)
    if not isinstance(parsed, dict) or key not in parsed or not isinstance(parsed.get(EXPLANATION), str):
        return None
    return parsed[key], parsed[EXPLANATION]


@metric(
    output_types=("json", "text"),
    kind="mean",
    source="equality of labels times rouge_score's rougeL F-measure of the explanations; LoRA Land's measure, strictly",
    values=("label_and_explanation", "label_and_explanation_label", "label_and_explanation_rougeL"),
    judges=lambda gold: label_key(gold) is not None,
)
def label_and_explanation(answered: Answered) -> PerExample:
    rows: list[tuple[float, float]] = []
    unjudged = 0
    for gold, answer in zip(answered.golds, answered.answers, strict=True):
        key = label_key(gold)
        wanted, found = _pair(gold, key), _pair(answer, key)
        unjudged += answer is not None and found is None
        rows.append((0.0, 0.0) if wanted is None or found is None else _compared(wanted, found))
    names = label_and_explanation.values
    columns = tuple(right * near for right, near in rows), *zip(*rows, strict=True)
    return PerExample(dict(zip(names, columns, strict=True)) if rows else dict.fromkeys(names, ()), unjudged)


def _compared(gold: Pair, answer: Pair) -> tuple[float, float]:
    """Return whether the labels are equal, and how near the explanations are."""
    (wanted, why), (found, because) = gold, answer
    texts = isinstance(wanted, str) and isinstance(found, str)
    right = normalise(str(wanted)) == normalise(str(found)) if texts else same(wanted, found)
    return float(right), rouge_l(why, because)
