"""LoRA Land's score for DBpedia: ROUGE-L of class names, an answer that is a whole number standing for the class there.

    gold "Artist"   answer "2"                        → 1.0
    gold "Artist"   answer "Artist, Album or Film"    → 0.4   (not an accuracy, though the published table says so)
    gold "Film"     answer "-2"                       → 1.0   (Python counts from the end)

A number beyond the 14 classes stops the study's script: here the row scores 0 and is counted as not judged.
*Not here:* `accuracy` over the class names.
"""

from __future__ import annotations

from lfine.evaluation.metrics.lora_land.reading import ALL_TYPES, SOURCE, study_scores
from lfine.evaluation.metrics.lora_land.rouge import single_rouge
from lfine.evaluation.metrics.registry import Answered, PerExample, metric, of_family

CLASSES = (
    *("Company", "EducationalInstitution", "Artist", "Athlete", "OfficeHolder", "MeanOfTransportation", "Building"),
    *("NaturalPlace", "Village", "Animal", "Plant", "Album", "Film", "WrittenWork"),
)


def _named(generated: str, target: str) -> float | None:
    try:
        place = int(generated)
    except ValueError:
        return single_rouge(generated, target)
    return single_rouge(CLASSES[place], target) if -len(CLASSES) <= place < len(CLASSES) else None


@of_family("lora_land")
@metric(output_types=ALL_TYPES, kind="mean", source=SOURCE.format("dbpedia"))
def dbpedia(answered: Answered) -> PerExample:
    return study_scores("lora_land.dbpedia", answered, _named)
