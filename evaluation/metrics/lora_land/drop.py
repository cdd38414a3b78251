"""LoRA Land's score for DROP: ROUGE-L with the text between the first `[` and `]` of the gold answer, numbers as words.

    gold "{'spans': array(['4'], dtype=object), 'types': …}"   answer "four"   → 1.0
    gold "{'spans': array(['4'], dtype=object), 'types': …}"   answer "4"      → 1.0
    gold "{'spans': array(['4'], dtype=object), 'types': …}"   answer "4.0"    → 0.0   (only whole numbers become words)

Of several spans the quotes and commas between them vanish as all punctuation does. An answer in the form of the gold
one is cut in the same way. A number from 10**36 on, and an answer in that form without `]`, stop the study's script:
here the row scores 0 and is counted as not judged. A gold answer without brackets is refused. The published table's row
`drop` was scored with `lora_land.rouge` instead.
*Not here:* the measure of the DROP paper (`drop`).
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.number_words import number_words
from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.lora_land.rouge import single_rouge
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

OPENING = "{'spans': array(['"


def _between_brackets(text: str) -> str:
    """Return what stands from two characters behind the first `[` to one before the first `]`; ValueError without."""
    return text[text.index("[") + 2 : text.index("]") - 1]


def _in_words(text: str) -> str | None:
    try:
        number = int(text)
    except ValueError:
        return text
    return number_words(number)


def _spoken(generated: str, target: str) -> float | None:
    said = generated.lower()
    try:
        wanted = _between_brackets(target).lower()
        said = _between_brackets(said) if said.startswith(OPENING) else said
    except ValueError:
        return None
    in_words, spoken = _in_words(wanted), _in_words(said)
    return None if in_words is None or spoken is None else single_rouge(spoken, in_words)


@of_family("lora_land")
@metric(
    output_types=ALL_TYPES,
    kind="mean",
    source=SOURCE.format("drop"),
    judges=lambda gold: "[" in gold and "]" in gold,
)
def drop(answered: Answered) -> PerExample:
    return study_scores("lora_land.drop", answered, _spoken)
