"""Answers of a local model, many prompts at once.

    for answers in generate(model, prompts, GenerationSettings(8, stop_ids=frozenset({2}), batch_size=64)):
        answers[0].number, answers[0].token_ids, answers[0].finish_reason

The tokens that all prompts begin with are run once; prompts are sorted by length; a row that has ended leaves the
batch; identical prompts are answered once, unless answers are drawn. The text is that of answering one prompt at a
time, and a drawn row's chance is its own. How it is computed: packed (local_packed.py), or padded (local_padded.py)
for families that the packed way does not take; the plan says which (docs/explanation/generation.md).

*Not here:* texts (local_answers.py), chance (local_sampling.py), what is allowed (constraints.py), remote models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from transformers import PreTrainedModel

from lfine.finetune.generate.local_packed import answer_packed
from lfine.finetune.generate.local_padded import answer_padded
from lfine.finetune.generate.local_rows import Answer, GenerationSettings, packed_part, rows_of
from lfine.finetune.models.laid_out import laid_out


def ready(model: PreTrainedModel, settings: GenerationSettings) -> AbstractContextManager[None]:
    """Do to the weights, once for many calls of `generate`, what each would do anew; afterwards they are as before.

    The price is the memory of a second copy for as long (see lfine.finetune.models.laid_out).
    """
    return laid_out(model, tokens=settings.batch_size) if settings.layout == "packed" else nullcontext()


@torch.inference_mode()
def generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    settings: GenerationSettings,
    row_ids: Sequence[int] | None = None,
) -> Iterator[list[Answer]]:
    """Yield answers as rows end, shortest prompts first; every prompt is answered exactly once.

    `prompts` are token ids (at least one each); `model` is a transformers causal model in eval mode. `row_ids` (their
    positions, unless given) decide the chance of each row where answers are drawn.
    """
    if not prompts:
        return
    rows = rows_of(prompts, range(len(prompts)) if row_ids is None else row_ids, apart=settings.drawn)
    longest = [len(row.prompt) + settings.max_new_tokens for row in rows]
    packed, padded = packed_part(range(len(rows)), longest, settings)
    for places, answer in ((packed, answer_packed), (padded, answer_padded)):
        if places:
            for done in answer(model, [rows[place] for place in places], settings):
                yield [each for row in done for each in row.answers()]
