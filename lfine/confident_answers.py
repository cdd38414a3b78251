"""Answers of a model on this machine, each with how sure the model is of it among the task's labels.

    for answer, share in confident_texts(model, prompts, how, ("claims", "home"), room, row_ids=[0, 1]):
        answer.number, answer.text, share       # 0, "claims", 0.982; the share of a text that is no label is None

The texts are those of lfine.finetune.generate.local_answers.answer_texts, which answers what the labels do not show.

*Not here:* the share itself (lfine.evaluation.label_confidence), held-out rows with gold answers (lfine.answering).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lfine.evaluation.label_confidence import confidence
from lfine.finetune.generate.local_answers import Asking, TextAnswer, answer_texts, beliefs

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
    longest = max(map(len, how.renderer.completion_ids_batch(labels)))
    places = [place for place, prompt in enumerate(prompts) if len(prompt) + longest <= context]
    believed: dict[int, Mapping[str, float]] = {}
    answered: set[int] = set()
    fitting, ids = [prompts[place] for place in places], [row_ids[place] for place in places]
    # no gold answer is known: any label stands for it, and costs nothing
    for at, belief, answer in beliefs(model, fitting, [labels[0]] * len(places), how, labels, ids):
        place = places[at]
        believed[place] = belief.labels
        if answer is not None:
            answered.add(place)
            yield replace(answer, number=place), confidence(belief.labels, answer.text)
    left = [place for place in range(len(prompts)) if place not in answered]
    for answers in answer_texts(model, [prompts[place] for place in left], how, [row_ids[place] for place in left]):
        for each in answers:
            place = left[each.number]
            yield replace(each, number=place), confidence(believed.get(place, {}), each.text)
