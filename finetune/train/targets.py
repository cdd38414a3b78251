"""What each token of a row weighs in the loss: the answer's learned tokens 1, the prompt's what the plan says.

    token_weights(EncodedExample(0, (7, 8, 9), (10, 2)), prompt_weight=0.1) -> (0.0, 0.1, 0.1, 1.0, 1.0)

The first token of a row is predicted from nothing and weighs 0. Tokens between the learned turns of a conversation
(EncodedExample.learned is False there) weigh 0 too.

*Not here:* the loss itself (lfine.finetune.train.losses).
"""

from __future__ import annotations

from dataclasses import dataclass

from lfine.finetune.compile.lengths import EncodedExample


@dataclass(frozen=True)
class Objective:
    """What is minimized; the defaults are the plain mean over the answers' tokens."""

    prompt_weight: float = 0.0
    label_smoothing: float = 0.0
    """Share of the target that is spread over the whole vocabulary."""
    noise_alpha: float | None = None
    """NEFTune: size of the noise on the embeddings."""
    seed: int = 0
    """Of the noise."""


def token_weights(row: EncodedExample, prompt_weight: float) -> tuple[float, ...]:
    """Return one weight for each token of prompt and completion: what it adds to the loss as a target."""
    learned = row.learned or (True,) * len(row.completion_ids)
    prompt = (0.0, *(prompt_weight,) * (len(row.prompt_ids) - 1)) if row.prompt_ids else ()
    return (*prompt, *(1.0 if taught else 0.0 for taught in learned))


def total_weight(row: EncodedExample, prompt_weight: float) -> float:
    """Return the sum of a row's weights."""
    return row.learned_tokens + prompt_weight * max(0, len(row.prompt_ids) - 1)
