"""The linear layers of a base model with their sizes, and which of them a list of names means.

    linear_layers(folder, card)[0] == Linear("model.layers.0.self_attn.q_proj", inputs=576, outputs=576)
    adapted(layers, ("q_proj",))   → the 30 of them

Read from the headers of the weight files; from the family's names and the card where there are none.

*Not here:* building adapters (lfine.finetune.models.adapters).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.catalogue.cards import ModelCard, linear_modules
from lfine.finetune.catalogue.weights import read_tensors

HEADS = ("lm_head", "embed_out", "embed_tokens", "wte", "wpe", "word_embeddings", "embed_in", "embed_positions")
"""Last names of embeddings and output heads: matrices that are no linear layer of the decoder."""


@dataclass(frozen=True)
class Linear:
    name: str
    """Its path in the model."""
    inputs: int
    outputs: int

    @property
    def size(self) -> int:
        """Weights, the bias not counted."""
        return self.inputs * self.outputs


def linear_layers(folder: Path, card: ModelCard) -> tuple[Linear, ...]:
    """Return every linear layer but the output head; empty where neither files nor family tell."""
    stored = [
        Linear(tensor.name.removesuffix(".weight"), tensor.shape[1], tensor.shape[0])
        for tensor in read_tensors(folder)
        if len(tensor.shape) == 2 and tensor.name.endswith(".weight")
    ]
    stored = [
        layer for layer in stored if layer.name.rpartition(".")[2] not in HEADS and ".layernorm" not in layer.name
    ]
    return tuple(stored) or _by_family(card)


def _by_family(card: ModelCard) -> tuple[Linear, ...]:
    """Put the layers together from the family's names; a name whose shape is not known here gives none at all."""
    names, sizes = linear_modules(card) or (), shapes(card)
    if not all(name in sizes for name in names):
        return ()
    return tuple(Linear(f"layers.{layer}.{name}", *sizes[name]) for layer in range(card.layers) for name in names)


def shapes(card: ModelCard) -> dict[str, tuple[int, int]]:
    """Return inputs and outputs of the layers that families share by name."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    fused = (card.hidden, queries + 2 * keys)
    up, down = (card.hidden, card.intermediate), (card.intermediate, card.hidden)
    return {
        "q_proj": (card.hidden, queries),
        "k_proj": (card.hidden, keys),
        "v_proj": (card.hidden, keys),
        "o_proj": (queries, card.hidden),
        "out_proj": (queries, card.hidden),
        "dense": (queries, card.hidden),
        "query_key_value": fused,
        "qkv_proj": fused,
        "gate_proj": up,
        "up_proj": up,
        "fc1": up,
        "dense_h_to_4h": up,
        "gate_up_proj": (card.hidden, 2 * card.intermediate),
        "down_proj": down,
        "fc2": down,
        "dense_4h_to_h": down,
    }


def adapted(layers: Sequence[Linear], names: Sequence[str] | str) -> tuple[Linear, ...]:
    """Return the layers that target modules mean, as peft reads them: whole names or ends of paths; all-linear: all."""
    if isinstance(names, str):
        return tuple(layers)
    return tuple(layer for layer in layers if any(_ends(layer.name, name) for name in names))


def _ends(path: str, name: str) -> bool:
    return path == name or path.endswith(f".{name}")
