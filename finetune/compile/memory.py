"""How much memory a run takes, part by part, from the model's shape and the lengths of the rows.

    training_memory(load, shape) -> (MemoryPart("weights", 269_030_016, …), MemoryPart("activations", …), …)
    largest_micro_batch(load, available=25e9) -> 61

What a layer keeps for its backward pass was read off the tensors that autograd saves, family Llama, and the peak of
whole processes was compared with the sum: docs/explanation/memory.md has the table.

*Not here:* choosing the micro-batch (lfine.finetune.compile.passes), time and cost (lfine.finetune.compile.estimates).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import mean, pstdev

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.plan import MemoryPart

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
LIBRARIES = {"cpu": 445_000_000, "cuda": 900_000_000, "mps": 900_000_000}
"""What a process takes before the model: Python, torch and transformers (measured); a CUDA context (not measured)."""
WORKSPACE = {"cpu": 150_000_000, "cuda": 300_000_000, "mps": 300_000_000}
"""What matrix products lay out anew for themselves: measured on the CPU, elsewhere a guess."""
BACKWARD = {"cpu": 0.36, "cuda": 0.1, "mps": 0.1}
"""Gradients of activations and what the allocator keeps, as a share of the activations: measured on the CPU; elsewhere
a guess, because accelerators' allocators give back what is freed."""
HEAP = 2.6
"""The same with kernels, which keep less: the heap of a long run grows for some hundred updates, as rows of changing
lengths leave holes in it; measured at the 250th update of one run (docs/explanation/memory.md)."""
OPTIMIZER_BYTES = {
    "adamw": 8.0,
    "paged_adamw": 8.0,
    "adamw_8bit": 2.03,
    "paged_adamw_8bit": 2.03,
    "lion": 4.0,
    "lion_8bit": 1.02,
    "sgd": 4.0,
    "adafactor": 0.1,
}
"""For each trained number: two moments in float32, one, or in 8 bits with a scale for 256."""
NF4_SCALES = {True: 0.127, False: 0.5}
"""Bits of a 4-bit weight's scale, with and without double quantization (QLoRA, section 3)."""
CHECKPOINTED = {"cpu": 0.25, "cuda": 0.02, "mps": 0.02}
"""With gradient checkpointing: what layers computed again leave behind, as a share of what they would keep without."""
SHARE_FOR_TRAINING = {"cpu": 1 / 3, "cuda": 0.92, "mps": 0.6}
"""Of the memory: a processor's is shared with all else that runs, a GPU's is the run's own."""
SHARE_FOR_GENERATION = 1 / 4
MOST_PROMPTS = {"cpu": 32}
"""Prompts answered at once, by device: on two cores, 96 short ones took 5.2 s in batches of 32, 8.2 s at once."""
MOST_PROMPTS_ELSEWHERE = 96
LEAST_PLACES = 64
"""Learned tokens projected onto the vocabulary at once, at least: fewer would read its weights too often."""
PART_BYTES = {"cpu": 2**24}
"""Of a part's logits in float32, by device: a processor's should stay in its last cache."""
PART_BYTES_ELSEWHERE = 2**28
UNKNOWN_MEMORY = 8_000_000_000
"""Assumed where the system does not tell."""
SPREAD = 2.5
"""Standard errors above the mean that the largest of some hundred micro-batches lies."""


@dataclass(frozen=True)
class Typical:
    """The largest micro-batch that a run is likely to meet: the mean of its rows and 2.5 standard errors more."""

    own_tokens: int
    longest: int
    learned_tokens: int


def typical(own: Sequence[int], learned: Sequence[int], size: int) -> Typical:
    """Return what the largest of some hundred micro-batches of `size` rows holds, from each row's own tokens."""
    longest = min(max(own), round(mean(own) + 2 * pstdev(own)))
    return Typical(_largest_sum(own, size), longest, _largest_sum(learned, size))


def _largest_sum(numbers: Sequence[int], size: int) -> int:
    likely = size * mean(numbers) + SPREAD * math.sqrt(size) * pstdev(numbers)
    return min(size * max(numbers), round(likely))


@dataclass(frozen=True)
class Load:
    """All that the memory of one micro-batch depends on."""

    card: ModelCard
    device: str
    dtype: str
    bits: int | None
    """Of quantized weights; None: as the dtype."""
    double_quant: bool
    trained: int
    """Trained numbers: the adapter's, or all weights."""
    full: bool
    """Full fine-tuning: the trained numbers are the weights."""
    adapter_inputs: int
    """Inputs of all adapted layers of one decoder layer together."""
    optimizer: str
    prefix: int
    """Tokens computed once for a micro-batch; 0 in the padded layout."""
    own: int
    """Tokens of an example behind the prefix, of the longest kind."""
    completion: int
    """Learned tokens of an example, of the longest kind."""
    packed: bool
    checkpointing: bool
    micro_batch: int
    typical: Typical | None = None
    """What a micro-batch of this run holds at most; None: every example is of the longest kind."""
    checkpointed_layers: int | None = None
    """Layers computed again, from the first, where `checkpointing`; None: all."""
    kernels: tuple[str, ...] = ()
    attention: str = "explicit"
    """Both as in MachinePlan."""

    @property
    def computed_again(self) -> int:
        """Layers that keep their input alone."""
        every = self.card.layers if self.checkpointed_layers is None else self.checkpointed_layers
        return every if self.checkpointing else 0

    @property
    def own_tokens(self) -> int:
        """Tokens behind the prefix, of all examples together."""
        return self.micro_batch * self.own if self.typical is None else self.typical.own_tokens

    @property
    def padded_tokens(self) -> int:
        """The same, each example as long as the longest of them."""
        return self.micro_batch * (self.own if self.typical is None else self.typical.longest)

    @property
    def learned_tokens(self) -> int:
        return self.micro_batch * self.completion if self.typical is None else self.typical.learned_tokens


def training_memory(load: Load) -> tuple[MemoryPart, ...]:
    """Return the parts of the peak of training, largest causes named."""
    return (
        MemoryPart("libraries", LIBRARIES[load.device], f"a process with torch and transformers on {load.device}"),
        _weights(load),
        MemoryPart("adapter", 0 if load.full else 4 * load.trained, f"{load.trained:,} trained numbers in float32"),
        MemoryPart("gradients", 4 * load.trained, "one for each trained number, in float32"),
        MemoryPart("optimizer", round(OPTIMIZER_BYTES[load.optimizer] * load.trained), load.optimizer),
        MemoryPart("workspace", WORKSPACE[load.device], "what matrix products lay out anew"),
        MemoryPart("activations", activations(load), _activation_reason(load)),
        MemoryPart("backward", _backward(load), "gradients of activations, and the allocator's slack"),
        MemoryPart("logits", logits(load), f"{load.learned_tokens:,} learned tokens, {load.card.vocab:,} each"),
    )


def _backward(load: Load) -> int:
    whole, again = activations(replace(load, checkpointing=False)), load.computed_again / load.card.layers
    kept = HEAP if load.device == "cpu" and load.kernels else BACKWARD[load.device]
    return round(whole * ((1 - again) * kept + again * CHECKPOINTED[load.device]))


def _weights(load: Load) -> MemoryPart:
    card, width = load.card, BYTES[load.dtype]
    count = card.parameters or 0
    if load.bits is None:
        return MemoryPart("weights", count * width, f"{count:,} in {load.dtype}")
    if load.device == "cpu":
        return MemoryPart(
            "weights", count * width, f"{count:,}, {load.bits}-bit ones dequantized to {load.dtype} at load"
        )
    inner = count - card.embedding_parameters
    each = load.bits / 8 + (NF4_SCALES[load.double_quant] / 8 if load.bits == 4 else 0.002)
    total = round(inner * each) + card.embedding_parameters * width
    return MemoryPart(
        "weights", total, f"{inner:,} in {load.bits} bits, {card.embedding_parameters:,} of embeddings in {load.dtype}"
    )


def _activation_reason(load: Load) -> str:
    tokens = load.prefix + (load.own_tokens if load.packed else load.padded_tokens)
    layers, again = load.card.layers, load.computed_again
    kept = f"{layers} layers"
    if again:
        kept += f", of {again} their input alone" if again < layers else ", of each its input, and one layer whole"
    return f"{tokens:,} tokens through {kept}"


def activations(load: Load) -> int:
    """Return the bytes that the layers hold between forward and backward."""
    card, width = load.card, BYTES[load.dtype]
    tokens = load.prefix + (load.own_tokens if load.packed else load.padded_tokens)
    layer, again = tokens * _token_bytes(load) + _attention_bytes(load), load.computed_again
    saved = (card.layers - again) * layer + again * tokens * card.hidden * width
    return saved + (layer if again == card.layers else 0)  # else the layers kept whole are free when one is done again


def _token_bytes(load: Load) -> int:
    """Return what one layer keeps of one token outside attention.

    Norms compute in float32 and keep a copy; an adapted layer's input is kept in the adapter's float32, one copy for
    each layer where the computation is narrower; of the gated block: gate, up and what the activation gives. Kernels
    keep a norm's input as it is, an input that several adapted layers share once (and a byte a number for dropout), and
    of the gated block gate and up.
    """
    card, width = load.card, BYTES[load.dtype]
    norms = 2 * card.hidden * (width if _has(load, "norm", "liger") else 4)
    if _has(load, "adapter"):
        adapter = load.adapter_inputs * width // 2 + load.adapter_inputs
    else:
        adapter = load.adapter_inputs * 4 if width < 4 else 2 * card.hidden * 4
    inputs = 4 * card.hidden * width if load.full else 0  # trained weights keep their inputs
    return norms + adapter + inputs + (2 if _has(load, "gate", "liger") else 3) * card.intermediate * width


def _has(load: Load, *kernels: str) -> bool:
    return any(name in load.kernels for name in kernels)


def _attention_bytes(load: Load) -> int:
    """Return what one layer's attention keeps: queries, keys, values, what comes out, and weights written out.

    Written out, the keys and values that an example looks at are gathered for it, the prefix's among them.
    """
    card, width = load.card, BYTES[load.dtype]
    padded, heads, keys = load.padded_tokens, card.heads * card.head_dim, card.kv_heads * card.head_dim
    tokens = load.prefix + load.own_tokens if load.packed else padded
    if not load.packed or load.attention == "flex":
        return tokens * width * (2 * heads + 2 * keys)
    gathered = load.micro_batch * load.prefix + padded
    return attention_weights(load) + width * ((padded + load.prefix) * heads + 2 * (gathered + tokens) * keys)


def attention_weights(load: Load) -> int:
    """Return the bytes of one layer's attention weights where a packed row writes them out: (H, B·S, P + S)."""
    longest = load.padded_tokens // load.micro_batch
    return BYTES[load.dtype] * load.card.heads * (load.padded_tokens * (load.prefix + longest) + load.prefix**2)


def logits(load: Load) -> int:
    """Return the bytes of a part of the vocabulary projection: logits and their gradient in the dtype, and float32.

    Learned tokens are projected a part at a time, as lfine.finetune.train.vocabulary does.
    """
    part = max(LEAST_PLACES, PART_BYTES.get(load.device, PART_BYTES_ELSEWHERE) // (4 * load.card.vocab))
    return min(part, load.learned_tokens) * load.card.vocab * (4 + 2 * BYTES[load.dtype])


def available(machine: Machine) -> int:
    """Return the bytes that training may take of a device's memory."""
    return int((machine.memory or UNKNOWN_MEMORY) * SHARE_FOR_TRAINING[machine.device])


def total(parts: tuple[MemoryPart, ...]) -> int:
    return sum(part.bytes for part in parts)


def largest_micro_batch(load: Load, *, available: int) -> int:
    """Return how many examples of the longest kind fit; 0 where not even one does."""

    def needed(size: int) -> int:
        return total(training_memory(replace(load, micro_batch=size)))

    one, two = needed(1), needed(2)
    if one > available:
        return 0
    return 1 + (available - one) // (two - one)  # every part grows evenly with the examples


def largest_generation_batch(card: ModelCard, *, memory: int, tokens: int, device: str) -> int:
    """Return how many sequences of `tokens` keep their keys and values (float32) in a quarter of the memory."""
    most = MOST_PROMPTS.get(device, MOST_PROMPTS_ELSEWHERE)
    return max(1, min(most, int((memory or UNKNOWN_MEMORY) * SHARE_FOR_GENERATION / kv_bytes(card, 4, tokens))))


def kv_bytes(card: ModelCard, width: int, tokens: int) -> int:
    """Return the bytes of the keys and values of one sequence."""
    return 2 * card.layers * card.kv_heads * card.head_dim * width * max(1, tokens)
