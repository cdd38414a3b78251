"""From a plan and prompts to texts: how a task's answers are generated, and each answer as a person reads it.

    how = asking(plan.evaluation.generation, prepared.model, labels=plan.evaluation.labels)
    for answers in answer_texts(model, prompts, how, row_ids=[7, 3]):
        answers[0].number, answers[0].text, answers[0].finish_reason

*Not here:* tokens (local.py), prompts (lfine.finetune.catalogue.rendering), keeping answers on disk (lfine.answering).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from transformers import PreTrainedModel

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.plan import GenerationPlan
from lfine.finetune.compile.prepare import PreparedModel
from lfine.finetune.generate.constraints import Constraint
from lfine.finetune.generate.json_grammar import JsonGrammar
from lfine.finetune.generate.label_trie import LabelTrie
from lfine.finetune.generate.local import generate
from lfine.finetune.generate.local_likelihood import log_probabilities
from lfine.finetune.generate.local_rows import Answer, GenerationSettings
from lfine.finetune.generate.local_sampling import Drawing
from lfine.finetune.generate.stopping import StopTexts

Each = TypeVar("Each")


@dataclass(frozen=True)
class Asking:
    """How the answers of one task are generated and read."""

    settings: GenerationSettings
    renderer: Renderer
    labels: LabelTrie | None
    """Under `constrain: labels`."""


@dataclass(frozen=True)
class TextAnswer:
    number: int
    """Position of the prompt among those given."""
    text: str
    """Without white space around it; under `constrain: labels` one of them, letter for letter."""
    finish_reason: str
    """stop: the answer ended; length: max_new_tokens were generated."""
    tokens: int
    """Generated tokens, the end-of-sequence token among them."""
    token_ids: tuple[int, ...] = ()
    """They themselves, without the one that ended the answer."""


@dataclass(frozen=True)
class Belief:
    """Log-probabilities after one prompt, each summed over its tokens with the end-of-sequence token."""

    labels: dict[str, float]
    gold: float
    gold_tokens: int


def asking(plan: GenerationPlan, model: PreparedModel, *, labels: Sequence[str] = ()) -> Asking:
    """Return how the plan's answers are generated.

    Under `constrain: labels` the longest label takes the place of max_new_tokens, and stop texts do not count: an
    answer is always a whole label. Raises MachineError LF401 without the library for json_schema, TaskError LF104 for a
    schema that it cannot follow.
    """
    renderer = model.renderer
    settings = GenerationSettings(
        plan.max_new_tokens,
        renderer.stop_ids,
        plan.batch_size,
        drawing=Drawing(plan.temperature, plan.top_p, plan.top_k, plan.min_p, plan.seed),
        repetition_penalty=plan.repetition_penalty,
        layout=plan.layout,
        window=plan.window,
    )
    if plan.constrain == "labels":
        tokens = renderer.completion_ids_batch(labels)
        trie = LabelTrie({tuple(ids): label for ids, label in zip(tokens, labels, strict=True)})
        return Asking(replace(settings, constraint=trie, max_new_tokens=trie.longest), renderer, trie)
    constraint: Constraint | None = None
    if plan.constrain == "json_schema":
        lead = renderer.completion_text("").removesuffix(renderer.end_token)
        file = model.folder / "tokenizer.json"
        constraint = JsonGrammar(plan.json_schema or "{}", file, end_id=renderer.end_id, lead=lead)
    stop = StopTexts(model.tokenizer.decode, plan.stop) if plan.stop else None
    return Asking(replace(settings, stop=stop, constraint=constraint), renderer, None)


def answer_texts(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    how: Asking,
    row_ids: Sequence[int] | None = None,
    places: Sequence[int] | None = None,
) -> Iterator[list[TextAnswer]]:
    """Yield the answers batch by batch as they come; every prompt is answered exactly once (see local.generate).

    `places`: those of the prompts that are asked, all unless given.
    """
    part = range(len(prompts)) if places is None else places
    for answers in generate(model, _at(prompts, part), how.settings, part if row_ids is None else _at(row_ids, part)):
        yield [_text_answer(each, part[each.number], how) for each in answers]


def fitting(
    prompts: Sequence[Sequence[int]], golds: Sequence[str], how: Asking, labels: Sequence[str], context: int
) -> list[int]:
    """Return the places of the prompts that leave room in the context for every label and for their gold answer."""
    lengths = [len(ids) for ids in how.renderer.completion_ids_batch([*golds, *labels])]
    most = max(lengths[len(golds) :], default=0)
    longest = [len(prompt) + max(most, own) for prompt, own in zip(prompts, lengths[: len(golds)], strict=True)]
    return [place for place, length in enumerate(longest) if length <= context]


def beliefs(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    golds: Sequence[str],
    how: Asking,
    labels: Sequence[str],
    row_ids: Sequence[int] | None = None,
    places: Sequence[int] | None = None,
) -> Iterator[tuple[int, Belief, TextAnswer | None]]:
    """Yield, in any order, how probable each label and the gold answer are after each prompt.

    With it comes the model's own answer, that of `answer_texts`, where it is one of these. `places` as there.
    """
    part = range(len(prompts)) if places is None else places
    told = how.renderer.completion_ids_batch([*labels, *_at(golds, part)])
    known, gold_ids = told[: len(labels)], told[len(labels) :]
    asked = [known if golds[at] in labels else [*known, ids] for at, ids in zip(part, gold_ids, strict=True)]
    ids = part if row_ids is None else _at(row_ids, part)
    for found in log_probabilities(model, _at(prompts, part), asked, how.settings, ids):
        place, sums = part[found.place], found.logarithms
        gold = sums[labels.index(golds[place]) if golds[place] in labels else len(labels)]
        belief = Belief(dict(zip(labels, sums, strict=False)), gold, len(gold_ids[found.place]))
        yield place, belief, None if found.answer is None else _text_answer(found.answer, place, how)


def _at(every: Sequence[Each], places: Sequence[int]) -> list[Each]:
    return [every[place] for place in places]


def _text_answer(answer: Answer, place: int, how: Asking) -> TextAnswer:
    return TextAnswer(place, _text(answer, how), answer.finish_reason, answer.generated, answer.token_ids)


def _text(answer: Answer, how: Asking) -> str:
    if how.labels is not None:
        return how.labels.labels[*answer.token_ids, how.renderer.end_id]
    return how.renderer.tokenizer.decode(answer.token_ids)[: answer.cut].strip()
