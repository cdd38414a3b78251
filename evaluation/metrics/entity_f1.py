"""Entity F1: precision, recall and their harmonic mean over all entities of all rows, as CoNLL 2003 is scored.

    gold '{"person": ["Ada"], "place": ["Rome", "Oslo"]}'   answer '{"person": ["Ada", "Rome"]}'   → F1 0.4
    gold '["B-PER", "I-PER", "O"]'                          answer '["B-PER", "O", "O"]'           → F1 0.0

Two forms of answers are read. A mapping from a type to the texts of its entities (LoRA Land's form of CoNLL++ and
BC5CDR; there `B-Disease` and `I-Disease` are types like others): an entity is its type with its text, character for
character but for white space, and counts as often as it stands there. A list of tags, one for each token: an entity is
its type with its first and last token, read as by conlleval (B begins one, and so does I after O or after another
type). JSON inside a longer answer is found. Rows without any entity count for nothing, and an answer that cannot be
read has none. A gold answer that cannot be read is refused.
*Not here:* sums over resampled rows (lfine.evaluation.metrics.resampling), JSON in a text (lfine.evaluation.json_text).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lfine.evaluation.json_text import embedded
from lfine.evaluation.metrics.registry import Answered, Facts, also, metric
from lfine.evaluation.metrics.resampling import divide, sums

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import FactTable, Statistic
    from lfine.schemas.task import MetricChoice

Entities = Counter[tuple[object, ...]]


def pooled(facts: FactTable, choice: MetricChoice) -> dict[str, Statistic]:
    """Facts of a row: right entities, gold ones, answered ones."""
    del choice
    summed = sums(facts)
    return {
        "entity_f1": lambda indices: divide(2 * (found := summed(indices))[:, 0], found[:, 1] + found[:, 2]),
        "entity_precision": lambda indices: divide((found := summed(indices))[:, 0], found[:, 2]),
        "entity_recall": lambda indices: divide((found := summed(indices))[:, 0], found[:, 1]),
    }


@also(pool=pooled)
@metric(
    output_types=("json", "text"),
    kind="corpus",
    source="Tjong Kim Sang and De Meulder 2003 (conlleval): micro-averaged over entities",
    values=("entity_f1", "entity_precision", "entity_recall"),
    judges=lambda gold: entities(gold) is not None,
)
def entity_f1(answered: Answered) -> Facts:
    rows, unjudged = [], 0
    for gold, answer in zip(answered.golds, answered.answers, strict=True):
        wanted, found = entities(gold) or Counter(), None if answer is None else entities(answer)
        unjudged += answer is not None and found is None
        given = found or Counter()
        rows.append((float((wanted & given).total()), float(wanted.total()), float(given.total())))
    return Facts(tuple(rows), unjudged)


def entities(answer: str) -> Entities | None:
    """Return the entities of an answer, None where it has neither of the two forms."""
    parsed = embedded(answer)
    if isinstance(parsed, dict):
        texts = [
            (kind, each if isinstance(each, list) else [each]) for kind, each in parsed.items() if each is not None
        ]
        if all(isinstance(text, str) for _, listed in texts for text in listed):
            return Counter((kind, " ".join(text.split())) for kind, listed in texts for text in listed)
    if isinstance(parsed, list) and parsed and all(isinstance(tag, str) and _is_tag(tag) for tag in parsed):
        return Counter(tag_spans(parsed))
    return None


def _is_tag(tag: str) -> bool:
    return tag == "O" or tag[:2] in ("B-", "I-")


def tag_spans(tags: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Yield (type, first token, last token) of each entity."""
    kind, start = "", 0
    for place, tag in enumerate([*tags, "O"]):
        goes_on = kind and tag == f"I-{kind}"
        if kind and not goes_on:
            yield kind, start, place - 1
        if not goes_on:
            kind, start = tag[2:], place
