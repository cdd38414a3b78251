"""The packed row computes what the padded batch computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.compile.plan import MachinePlan
from lfine.finetune.models.loading import load_base
from lfine.finetune.train.losses import engine_for, summed_loss, update_gradient
from lfine.finetune.train.packed import pack
from lfine.finetune.train.targets import Objective
from tests.finetune.train.conftest import PREFIX
from tests.finetune.train.reference import plain_loss

FLOAT32 = 1e-5
"""Relative: sums in another order, over tens of terms."""
GRADIENT = 1e-4
"""Relative to the gradient's norm; two layers of softmax and norms amplify the same rounding."""


def gradient(model: nn.Module) -> Tensor:
    parts = [value.grad.flatten() for value in model.parameters() if value.grad is not None]
    model.zero_grad()
    return torch.cat(parts)


def machine(micro: int, layout: str = "shared_prefix", *, checkpointing: bool = False) -> MachinePlan:
    return MachinePlan("cpu", layout, micro, gradient_checkpointing=checkpointing, deterministic=False)


def trainable(folder: Path) -> PreTrainedModel:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    model.requires_grad_(True)
    return model


def family_model(model_type: str) -> PreTrainedModel:
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    more = {} if model_type == "gpt_neox" else {"num_key_value_heads": 2}
    config = AutoConfig.for_model(
        model_type, vocab_size=400, max_position_embeddings=128, pad_token_id=2, **sizes, **more
    )
    torch.manual_seed(3)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    return model


@pytest.mark.parametrize("model_type", sorted(SHARED_PREFIX_FAMILIES))
def test_loss_and_gradient_equal_the_padded_batch_in_every_family(
    model_type: str, rows: tuple[EncodedExample, ...]
) -> None:
    model = family_model(model_type)
    plain = plain_loss(model, rows[:8])
    plain.backward()
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(8), PREFIX), rows[:8])
    found = gradient(model)
    assert loss == pytest.approx(plain.item(), rel=FLOAT32)
    assert (found - expected).norm() <= GRADIENT * expected.norm()


@pytest.mark.parametrize("prefix", [0, 1, PREFIX])
def test_any_shared_prefix_gives_the_same_loss(
    prefix: int, tiny_model_folder: Path, rows: tuple[EncodedExample, ...]
) -> None:
    model = trainable(tiny_model_folder)
    plain = plain_loss(model, rows[:8]).item()
    loss = update_gradient(engine_for(model, machine(8), prefix), rows[:8])
    assert loss == pytest.approx(plain, rel=FLOAT32)


@pytest.mark.parametrize("micro", [1, 3, 8])
def test_micro_batches_give_the_gradient_of_the_whole(
    micro: int, tiny_model_folder: Path, rows: tuple[EncodedExample, ...]
) -> None:
    model = trainable(tiny_model_folder)
    whole = update_gradient(engine_for(model, machine(8), PREFIX), rows[:8])
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(micro), PREFIX), rows[:8])
    assert loss == pytest.approx(whole, rel=FLOAT32)
    assert (gradient(model) - expected).norm() <= GRADIENT * expected.norm()


def test_padded_layout_equals_the_reference_too(tiny_neox_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    model = trainable(tiny_neox_folder)
    plain = plain_loss(model, rows[:8])
    plain.backward()
    expected = gradient(model)
    loss = update_gradient(engine_for(model, machine(3, "padded"), 0), rows[:8])
    assert loss == pytest.approx(plain.item(), rel=FLOAT32)
    assert (gradient(model) - expected).norm() <= GRADIENT * expected.norm()


def test_gradient_checkpointing_changes_nothing(tiny_model_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    model = trainable(tiny_model_folder)
    model.train()
    update_gradient(engine_for(model, machine(8), PREFIX), rows[:8])
    expected = gradient(model)
    model.gradient_checkpointing_enable({"use_reentrant": False})
    update_gradient(engine_for(model, machine(8, checkpointing=True), PREFIX), rows[:8])
    torch.testing.assert_close(gradient(model), expected, rtol=0, atol=0)


def test_the_layout_of_a_row() -> None:
    first = EncodedExample(0, (7, 8, 10), (11, 2))
    second = EncodedExample(1, (7, 8, 20, 21), (2,))
    row = pack([first, second], 2, "cpu")
    assert row.input_ids.tolist() == [[7, 8, 10, 11, 2, 20, 21, 2]]
    assert row.position_ids.tolist() == [[0, 1, 2, 3, 4, 2, 3, 4]]
    assert row.predicting.tolist() == [2, 3, 6]
    assert row.targets.tolist() == [11, 2, 2]


def test_examples_do_not_see_each_other(tiny_model_folder: Path, rows: tuple[EncodedExample, ...]) -> None:
    model = trainable(tiny_model_folder)
    engine = engine_for(model, machine(8), PREFIX)
    other = EncodedExample(99, (*rows[0].prompt_ids[:PREFIX], 300, 301, 302), (303, 2))
    alone = summed_loss(engine, [rows[0]], Objective()).item()
    beside = summed_loss(engine, [rows[0], other], Objective()).item()
    beside -= summed_loss(engine, [other], Objective()).item()
    assert beside == pytest.approx(alone, rel=FLOAT32)
