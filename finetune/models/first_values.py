"""The first values of an adapter's weights, drawn or computed, the same on every device.

    default     A uniform (Kaiming), B zero                                             Hu et al. 2021
    gaussian    A normal with deviation 1/r, B zero
    orthogonal  A and B from the two halves of an orthogonal matrix: neither zero, their product is
    pissa       B A = the r largest singular directions of the weight                   Meng et al. 2024
    olora       B A = the first r columns and rows of the weight's QR decomposition     Buyukakyuz 2024
    eva         A = the main directions of what the layer sees in training rows, B zero Paischer et al. 2024

pissa and olora take B A out of the weight, so that the model begins as it was. Here the weight stays as it is, in
whatever bits it has: a second, frozen adapter `initial` with the same values and the sign turned takes them out.
With eva every layer keeps the rank that was asked for (no redistribution).

*Not here:* putting adapters into a model and saving them (lfine.finetune.models.adapters).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import peft
import torch
from peft.tuners.lora import LoraLayer
from peft.tuners.lora.eva import get_eva_state_dict
from peft.utils.integrations import dequantize_module_weight
from torch import Tensor, nn

from lfine.finetune.compile.lengths import EncodedExample
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem

ADAPTER, INITIAL = "default", "initial"
"""peft's names of the adapter that is trained, and of the frozen one that takes its first values out of the model."""
OF_THE_WEIGHT = ("pissa", "olora")
EVA_ROWS, EVA_BATCH, MOST_EVA_BATCHES = 256, 8, 1000
"""Training rows that eva looks at, in batches, again and again until the directions stand still (cosine 0.99)."""
Halves = tuple[Tensor, Tensor]
"""A (r, in) and B (out, r), float32."""


def set_first_values(model: peft.PeftModel, init: str, *, seed: int, rows: Sequence[EncodedExample]) -> None:
    """Fill every A and B of the adapter; `rows` are the training rows, which only eva looks at.

    Drawn on the CPU layer by layer in the order of their names, so that they depend on `seed` alone.
    """
    if init == "eva":
        set_eva(model, rows)
        return
    generator = torch.Generator().manual_seed(seed)
    values = of_the_weight(init) if init in OF_THE_WEIGHT else DRAWN[init]
    for _, layer in layers_of(model):
        set_halves(layer, ADAPTER, values(layer, generator))


def layers_of(model: nn.Module) -> list[tuple[str, LoraLayer]]:
    """Return the adapted layers in the order of their names."""
    return sorted((name, layer) for name, layer in model.named_modules() if isinstance(layer, LoraLayer))


def set_halves(layer: LoraLayer, name: str, halves: Halves) -> None:
    with torch.no_grad():
        layer.lora_A[name].weight.copy_(halves[0])
        layer.lora_B[name].weight.copy_(halves[1])


def draw_default(layer: LoraLayer, generator: torch.Generator) -> Halves:
    """Kaiming uniform with bound 1/sqrt(in), as peft draws it."""
    a, b = empty(layer)
    nn.init.kaiming_uniform_(a, a=math.sqrt(5), generator=generator)
    return a, b.zero_()


def draw_gaussian(layer: LoraLayer, generator: torch.Generator) -> Halves:
    a, b = empty(layer)
    return a.normal_(std=1 / a.shape[0], generator=generator), b.zero_()


def draw_orthogonal(layer: LoraLayer, generator: torch.Generator) -> Halves:
    """Halves of one orthogonal (r, r) matrix, r even: A from its even rows, B from the odd ones, so B A is zero."""
    a, b = empty(layer)
    rank = a.shape[0]
    square, _ = torch.linalg.qr(torch.randn(rank, rank, generator=generator))
    wide = torch.randn(a.shape[1], rank // 2, generator=generator) / 10
    high = torch.randn(b.shape[0], rank // 2, generator=generator) / 10
    return (wide @ square[0::2]).T, high @ square[1::2]


DRAWN: dict[str, Callable[[LoraLayer, torch.Generator], Halves]] = {
    "default": draw_default,
    "gaussian": draw_gaussian,
    "orthogonal": draw_orthogonal,
}


def empty(layer: LoraLayer) -> Halves:
    a, b = layer.lora_A[ADAPTER].weight, layer.lora_B[ADAPTER].weight
    return torch.empty(a.shape), torch.empty(b.shape)


def of_the_weight(init: str) -> Callable[[LoraLayer, torch.Generator], Halves]:
    """Return the function that takes A and B from a layer's own weight and gives the initial adapter their negative."""

    def values(layer: LoraLayer, generator: torch.Generator) -> Halves:  # noqa: ARG001 (nothing is drawn)
        weight = plain_weight(layer)  # (out, in)
        rank, scale = layer.r[ADAPTER], layer.scaling[ADAPTER]
        a, b = principal(weight, rank, scale) if init == "pissa" else leading(weight, rank)
        set_halves(layer, INITIAL, (a, -b))
        return a, b

    return values


def plain_weight(layer: LoraLayer) -> Tensor:
    """Return the layer's weight (out, in) in float32, dequantized where it is stored in few bits."""
    inner = layer.get_base_layer()
    stored = inner.weight if inner.weight.is_floating_point() else dequantize_module_weight(inner)
    weight: Tensor = stored.detach().float()
    return weight.T if getattr(layer, "fan_in_fan_out", False) else weight


def principal(weight: Tensor, rank: int, scale: float) -> Halves:
    """The largest singular directions, their values shared between A and B and divided by the adapter's scale."""
    left, values, right = torch.linalg.svd(weight, full_matrices=False)
    root = (values[:rank] / scale).sqrt()
    return root[:, None] * right[:rank], left[:, :rank] * root


def leading(weight: Tensor, rank: int) -> Halves:
    orthogonal, upper = torch.linalg.qr(weight)
    return upper[:rank], orthogonal[:, :rank]


def set_eva(model: peft.PeftModel, rows: Sequence[EncodedExample]) -> None:
    """Take each A from the incremental principal components of the layer's inputs (all tokens, no padding)."""
    layers = layers_of(model)
    config = peft.LoraConfig(
        r=max(layer.r[ADAPTER] for _, layer in layers),
        init_lora_weights="eva",
        eva_config=peft.EvaConfig(rho=1.0),  # as many directions for every layer: no redistribution of ranks
    )
    found = get_eva_state_dict(model, EvaBatches(rows[:EVA_ROWS]), peft_config=config, show_progress_bar=False)
    for name, layer in layers:
        _, b = empty(layer)
        set_halves(layer, ADAPTER, (found[name][: layer.r[ADAPTER]], b.zero_()))


class EvaBatches:
    """Padded batches of training rows, round and round; RunError LF504 when eva never has enough."""

    def __init__(self, rows: Sequence[EncodedExample]) -> None:
        self._rows = rows
        self._given = 0

    def __len__(self) -> int:
        return math.ceil(len(self._rows) / EVA_BATCH)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        for start in range(0, len(self._rows), EVA_BATCH):
            self._given += 1
            if self._given > MOST_EVA_BATCHES:
                message = f"the first values by eva did not settle within {MOST_EVA_BATCHES} batches of training rows"
                cure = "lower adapter.r, or write adapter.init_lora_weights: default"
                raise RunError(Problem("LF504", message, cure))
            yield padded(self._rows[start : start + EVA_BATCH])


def padded(rows: Sequence[EncodedExample]) -> dict[str, Tensor]:
    """Return ids and mask (B, T) of prompt and completion, padded at the end."""
    longest = max(row.length for row in rows)
    ids, mask = torch.zeros((len(rows), longest), dtype=torch.long), torch.zeros((len(rows), longest), dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : row.length] = torch.tensor([*row.prompt_ids, *row.completion_ids])
        mask[number, : row.length] = 1
    return {"input_ids": ids, "attention_mask": mask}
