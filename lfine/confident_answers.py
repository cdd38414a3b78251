"""Answers of a model on this machine, each with how sure the model is of it among the task's labels.

    for answer, share in confident_texts(model, prompts, how, ("claims", "home"), room, row_ids=[0, 1]):
        answer.number, answer.text, share       # 0, "claims", 0.982; the share of a text that is no label is None

The texts are those of lfine.finetune.generate.local_answers.answer_texts, which answers what the labels do not show.

*Not here:* the share itself (lfine.evaluation.label_confidence), held-out rows with gold answers (lfine.answering).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lfine.evaluation.label_confidence import confidence
from lfine.finetune.generate.local_answers import Asking, TextAnswer, answer_texts, beliefs, fitting

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def confident_texts(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    how: Asking,
    labels: Sequence[str],
    context: int,
    row_ids: Sequence[int],
) -> Iterator[tuple[TextAnswer, float | None]]:
    """Yield every prompt's answer once, in any order, with its share; None too where no label fits into the context."""
    golds = [labels[0]] * len(prompts)  # no gold answer is known: any label stands for it, and costs nothing
    believed: dict[int, Mapping[str, float]] = {}
    answered: set[int] = set()
    places = fitting(prompts, golds, how, labels, context)
    for place, belief, answer in beliefs(model, prompts, golds, how, labels, row_ids, places):
        believed[place] = belief.labels
        if answer is not None:
            answered.add(place)
            yield answer, confidence(belief.labels, answer.text)
    left = [place for place in range(len(prompts)) if place not in answered]
    for answers in answer_texts(model, prompts, how, row_ids, left):
        for each in answers:
            yield each, confidence(believed.get(each.number, {}), each.text)
