"""Models of every family, rows that share a prefix and stems, and plans of the machine, for the tests of this room.

*Not here:* the plain reference (reference.py).
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan

FLOAT32 = 1e-5
"""Relative: sums in another order, over tens of terms."""
GRADIENT = 1e-4
"""Relative to the gradient's norm; two layers of softmax and norms amplify the same rounding."""
PREFIX, STEM = 9, 20
OWN_NAMES = ("gpt_neox", "opt")
"""Families whose configuration does not know key heads of their own."""


def machine(micro: int, layout: str = "shared_prefix", *, checkpointing: bool = False, tokens: int = 0) -> MachinePlan:
    return MachinePlan(
        "cpu", layout, micro, gradient_checkpointing=checkpointing, deterministic=False, micro_batch_tokens=tokens
    )


def rows_with_stems(count: int = 10) -> tuple[EncodedExample, ...]:
    """Rows that begin alike; every third one goes on alike too, for STEM tokens, and every fourth of the others."""
    draw = random.Random(5)

    def some(size: int) -> tuple[int, ...]:
        return tuple(draw.randrange(3, 300) for _ in range(size))

    shared, stems = some(PREFIX), {0: some(STEM), 1: some(STEM + 3)}
    found = []
    for number in range(count):
        stem = stems[0] if number % 3 == 0 else stems[1] if number % 4 == 1 else ()
        found.append(
            EncodedExample(
                number, (*shared, *stem, *some(draw.randint(2, 16))), (*some(draw.randint(0, 4)), 2), learned=None
            )
        )
    return tuple(found)


def family_model(model_type: str) -> PreTrainedModel:
    """Return a small random model of a family, every weight trainable, attention as its loss wants it."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {} if model_type in OWN_NAMES else {"num_key_value_heads": 2}
    if model_type.startswith(("gemma", "glm", "helium")):
        more["head_dim"] = 8
    if model_type == "opt":
        sizes |= {"ffn_dim": 48, "word_embed_proj_dim": 32}
    ids = {"pad_token_id": 2, "bos_token_id": 1, "eos_token_id": 2}
    config = AutoConfig.for_model(model_type, vocab_size=400, max_position_embeddings=128, **ids, **sizes, **more)
    torch.manual_seed(3)
    attention = "eager" if model_type == "gemma2" else "sdpa"  # sdpa leaves out the cap on its scores
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, attn_implementation=attention).eval()
    return model


def gradient(model: nn.Module) -> Tensor:
    """Return all gradients in one vector, and take them away."""
    parts = [value.grad.flatten() for value in model.parameters() if value.grad is not None]
    model.zero_grad()
    return torch.cat(parts)


def close(found: Tensor, expected: Tensor, tolerance: float = GRADIENT) -> bool:
    """Say whether two vectors differ by at most `tolerance` of the expected one's length."""
    return bool((found - expected).norm() <= tolerance * expected.norm())


def same_beginnings(rows: Sequence[EncodedExample]) -> set[tuple[int, ...]]:
    return {row.prompt_ids[:PREFIX] for row in rows}
