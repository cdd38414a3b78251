"""Computing layers again changes no bit of loss and gradient, and only the first ones are."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.checkpointing import checkpoint_layers
from lfine.finetune.models.loading import load_base
from tests.finetune.models.plans import lora

LAYERS = 4
IDS = torch.arange(5, 29)[None]


def model_of(count: int | None, *, checkpointing: bool = True, dropout: float = 0.0) -> PreTrainedModel:
    """Four layers with an adapter in each; the same weights every time."""
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    model = LlamaForCausalLM(config)
    adapted = add_adapter(model, lora(dropout=dropout), seed=7)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.1)
    if checkpointing:
        checkpoint_layers(model, count)
    return model.train()


def loss_and_gradients(model: PreTrainedModel) -> tuple[Tensor, list[Tensor]]:
    torch.manual_seed(0)
    loss = model(input_ids=IDS, labels=IDS).loss
    loss.backward()
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    return loss.detach(), gradients


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("count", [1, 3, None])
def test_loss_and_gradients_are_the_same_bit_for_bit(count: int | None, dropout: float) -> None:
    loss, gradients = loss_and_gradients(model_of(None, checkpointing=False, dropout=dropout))
    again, others = loss_and_gradients(model_of(count, dropout=dropout))
    assert torch.equal(loss, again)
    assert len(gradients) == len(others) == LAYERS * 4
    assert all(torch.equal(one, other) for one, other in zip(gradients, others, strict=True))


def saved_bytes(model: PreTrainedModel) -> int:
    """What autograd holds between the passes, weights left out."""
    weights = {weight.untyped_storage().data_ptr() for weight in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(input_ids=IDS, labels=IDS).loss
    loss.backward()
    return sum(kept.values())


def test_each_layer_more_keeps_less() -> None:
    kept = [saved_bytes(model_of(count, checkpointing=count > 0)) for count in range(LAYERS + 1)]
    assert kept == sorted(kept, reverse=True)
    assert len(set(kept)) == LAYERS + 1
    assert saved_bytes(model_of(None)) == kept[-1]


def test_the_first_layers_are_the_ones() -> None:
    layers = model_of(3).model.layers
    assert [layer.gradient_checkpointing for layer in layers] == [True, True, True, False]


def test_the_embedding_gets_no_gradient_and_nothing_is_warned_of(tiny_model_folder: Path) -> None:
    """What is frozen below the first adapter costs no backward pass."""
    model = load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None)
    add_adapter(model, lora(), seed=7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint_layers(model, None)
    assert not model.get_input_embeddings()(IDS).requires_grad
