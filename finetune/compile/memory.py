"""How much memory a micro-batch and a generation batch take, from the model's shape: a first estimate.

    largest_micro_batch(length, card, memory=25e9, dtype="bfloat16", checkpointing=False, layout="shared_prefix") -> 61

*Not here:* weights, optimizer and the estimate by part that is checked against measured peaks.
"""

from __future__ import annotations

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.plan import LengthPlan

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
HIDDEN_COPIES = 14
"""Activations of hidden width that one layer keeps for its backward pass: norms, projections, residuals, LoRA."""
INNER_COPIES = 4
"""Activations of intermediate width: gate, up, their product and the activation."""
SHARE_FOR_TRAINING, SHARE_FOR_GENERATION = 1 / 3, 1 / 4
MOST_PROMPTS = {"cpu": 32}
"""Prompts answered at once, by device: on two cores, 96 short ones took 5.2 s in batches of 32, 8.2 s at once."""
MOST_PROMPTS_ELSEWHERE = 96
UNKNOWN_MEMORY = 8_000_000_000
"""Assumed where the system does not tell."""


def activation_bytes(card: ModelCard, *, dtype: str, checkpointing: bool) -> int:
    """Return the bytes that one token's activations hold between forward and backward."""
    layer = HIDDEN_COPIES * card.hidden + INNER_COPIES * card.intermediate
    kept = card.layers * card.hidden + layer if checkpointing else card.layers * layer
    return kept * BYTES[dtype]


def largest_micro_batch(
    length: LengthPlan, card: ModelCard, *, memory: int, dtype: str, checkpointing: bool, layout: str
) -> int:
    """Return how many examples of the longest kind fit a third of the memory; at least 1."""
    longest = min(length.longest, length.max_sequence_length)  # tokens of a row, after cutting
    own = longest - (length.shared_prefix if layout == "shared_prefix" else 0)
    logits = length.longest_completion * card.vocab * 12  # float32 logits, their softmax and gradient
    scores = card.layers * card.heads * own * longest * BYTES[dtype] * 2
    example = own * activation_bytes(card, dtype=dtype, checkpointing=checkpointing) + logits
    example += scores // card.layers if checkpointing else scores
    return max(1, int((memory or UNKNOWN_MEMORY) * SHARE_FOR_TRAINING / example))


def largest_generation_batch(card: ModelCard, *, memory: int, tokens: int, device: str) -> int:
    """Return how many sequences of `tokens` keep their keys and values (float32) in a quarter of the memory."""
    most = MOST_PROMPTS.get(device, MOST_PROMPTS_ELSEWHERE)
    sequence = 2 * card.layers * card.kv_heads * card.head_dim * 4 * max(1, tokens)
    return max(1, min(most, int((memory or UNKNOWN_MEMORY) * SHARE_FOR_GENERATION / sequence)))
