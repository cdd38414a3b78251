"""What a run will take: trained numbers, memory by part, time and money, all before a weight is loaded.

    estimate(training, generation, load, facts, cost) -> Estimate(trainable_parameters=921_600, seconds=412.0, …)

Time is arithmetic operations by the speed that was measured on such a device (lfine.finetune.catalogue.throughput), or
by a stated share of what the GPU's maker promises; the estimate says which.

*Not here:* the parts of memory (memory.py), how a micro-batch is chosen (passes.py).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lfine.finetune.catalogue.cards import ModelCard
from lfine.finetune.catalogue.gpus import gpu
from lfine.finetune.catalogue.linears import Linear, adapted
from lfine.finetune.catalogue.throughput import measured
from lfine.finetune.compile.checkpointing import FORWARD_AGAIN, FORWARD_AND_BACKWARD
from lfine.finetune.compile.evaluation_cost import evaluation_cost
from lfine.finetune.compile.machine import Machine
from lfine.finetune.compile.memory import (
    BYTES,
    Load,
    available,
    kv_bytes,
    largest_micro_batch,
    training_memory,
    typical,
)
from lfine.finetune.compile.plan import (
    AdapterPlan,
    Estimate,
    GenerationPlan,
    LengthPlan,
    MachinePlan,
    ModelPlan,
    TrainingPlan,
)
from lfine.schemas.task import Cost

REACHED = {None: 0.35, 8: 0.2, 4: 0.25}
"""Share of the maker's figure that training reaches on a GPU, by the weights' bits: assumed, not measured."""


@dataclass(frozen=True)
class Facts:
    """What is known before the micro-batch is decided."""

    card: ModelCard
    linears: tuple[Linear, ...]
    """Every linear layer of the model but the output head."""
    lengths: tuple[int, ...]
    """Tokens of each training row, cut."""
    learned: tuple[int, ...]
    """Learned tokens of each."""
    machine: Machine
    validation: int = 0
    """Validation rows whose loss is taken on the way."""


def trained_numbers(adapter: AdapterPlan | None, facts: Facts) -> int:
    """Return how many numbers training changes; biases that are trained too are not counted (they are few)."""
    if adapter is None:
        return facts.card.parameters or 0
    count = 0
    for layer in adapted(facts.linears, adapter.target_modules):
        count += _rank(layer.name, adapter) * (layer.inputs + layer.outputs)
        count += layer.outputs if adapter.use_dora else 0
    saved = [layer.size for layer in facts.linears if layer.name.endswith(adapter.modules_to_save)]
    heads = sum(name in ("lm_head", "embed_tokens", "embed_out", "embed_in") for name in adapter.modules_to_save)
    return count + sum(saved) + heads * facts.card.vocab * facts.card.hidden


def _rank(name: str, adapter: AdapterPlan) -> int:
    """Return the rank of a layer: that of the first pattern that its name or its end matches, as peft reads them."""
    found = (rank for key, rank in adapter.rank_pattern.items() if re.match(rf"(.*\.)?({key})$", name))
    return next(found, adapter.r)


def load_of(
    model: ModelPlan, adapter: AdapterPlan | None, length: LengthPlan, facts: Facts, *, layout: str, optimizer: str
) -> Load:
    """Return what the memory of a micro-batch of one example depends on, without gradient checkpointing."""
    scheme = model.quantization
    longest = min(length.longest, length.max_sequence_length)
    packed = layout == "shared_prefix"
    layers = adapted(facts.linears, adapter.target_modules) if adapter is not None else ()
    return Load(
        card=facts.card,
        device=facts.machine.device,
        dtype=model.dtype,
        bits=None if scheme is None else scheme.bits,
        double_quant=scheme is not None and scheme.double_quant,
        trained=trained_numbers(adapter, facts),
        full=adapter is None,
        adapter_inputs=sum(layer.inputs for layer in layers) // facts.card.layers,
        optimizer=optimizer,
        prefix=length.shared_prefix if packed else 0,
        own=longest - (length.shared_prefix if packed else 0),
        completion=min(length.longest_completion, longest),
        packed=packed,
        checkpointing=False,
        micro_batch=1,
    )


def load_of_run(load: Load, machine: MachinePlan, facts: Facts) -> Load:
    """Return the load of one example as that of the micro-batches that the run is likely to meet."""
    own = [max(1, length - load.prefix) for length in facts.lengths]
    likely = typical(own, facts.learned, machine.micro_batch_size)
    return replace(
        load,
        micro_batch=machine.micro_batch_size,
        checkpointing=machine.gradient_checkpointing,
        checkpointed_layers=machine.checkpointed_layers,
        kernels=machine.kernels,
        attention=machine.attention,
        typical=likely,
    )


def estimate(
    training: TrainingPlan, generation: GenerationPlan | None, load: Load, facts: Facts, cost: Cost
) -> Estimate:
    """Put together what the run takes; `load` is that of the plan's micro-batch."""
    computed, trained = _tokens(training, facts.lengths)
    seconds, speed = _seconds(training, facts, computed)
    answers = 0
    if generation is not None:
        tokens = min(training.length.longest, facts.card.context) + generation.max_new_tokens
        answers = generation.batch_size * kv_bytes(facts.card, BYTES[training.model.dtype], tokens)
    room = available(facts.machine)
    evaluating = evaluation_cost(
        training,
        loss_rows=facts.validation,
        row_tokens=sum(facts.lengths) / len(facts.lengths),
        answers=generation is not None,
        training_operations=computed * passes(training, facts.card),
    )
    return Estimate(
        trainable_parameters=load.trained,
        memory=training_memory(load),
        available=room,
        largest_micro_batch=largest_micro_batch(replace(load, typical=None), available=room),
        keys_and_values=answers,
        trained_tokens=trained,
        computed_tokens=computed,
        seconds=seconds,
        speed=speed,
        usd=_usd(cost, seconds, trained),
        evaluating=replace(evaluating, seconds=None if seconds is None else seconds * evaluating.share),
    )


def _tokens(training: TrainingPlan, lengths: Sequence[int]) -> tuple[int, int]:
    """Return the tokens that the run computes, and those of its examples."""
    mean = sum(lengths) / len(lengths)
    micro = training.machine.micro_batch_size
    parts = training.steps * math.ceil(training.batch_size / micro)
    if training.machine.layout == "shared_prefix":
        prefix = training.length.shared_prefix
        own = (mean - prefix) * (1 - training.length.stems)
        computed = parts * prefix + training.train_examples * own
    else:
        ordered = sorted(lengths)
        longest = ordered[min(len(ordered) - 1, len(ordered) * micro // (micro + 1))]  # expected of `micro` rows
        computed = training.train_examples * longest
    return round(computed), round(training.train_examples * mean)


def operations(training: TrainingPlan, card: ModelCard) -> float:
    """Return the multiplications and additions for one token of an update."""
    return passes(training, card) * ((card.parameters or 0) - card.embedding_parameters)


def passes(training: TrainingPlan, card: ModelCard) -> float:
    """Return the operations for a token and a weight: forward, backward, and what checkpointing does again."""
    again = 0.0
    if training.machine.gradient_checkpointing:
        layers = training.machine.checkpointed_layers
        again = 1.0 if layers is None else layers / card.layers
    return FORWARD_AND_BACKWARD[training.adapter is None] + FORWARD_AGAIN * again


def _seconds(training: TrainingPlan, facts: Facts, computed: int) -> tuple[float | None, str]:
    machine, each = facts.machine, operations(training, facts.card)
    if not each:
        return None, "the size of this model is not known"
    found = measured(machine.accelerator or machine.device, training.model.dtype)
    if found is not None:
        return computed * each / found.operations, found.said
    card = gpu(machine.accelerator or "")
    if card is None:
        return None, f"no speed was measured on {machine.accelerator or machine.device} with {training.model.dtype}"
    share = REACHED[None if training.model.quantization is None else training.model.quantization.bits]
    return computed * each / (
        card.tflops * 1e12 * share
    ), f"assumed, not measured: {share:.0%} of {card.tflops:g} TFLOP/s"


def _usd(cost: Cost, seconds: float | None, tokens: int) -> float | None:
    if cost.gpu_hour_usd is not None:
        return None if seconds is None else cost.gpu_hour_usd * seconds / 3600
    if cost.training_usd_per_million_tokens is not None:
        return cost.training_usd_per_million_tokens * tokens / 1e6
    return None
