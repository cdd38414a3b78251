"""A tiny model with an adapter of any kind on it, trained as far as random weights are.

    adapter(tiny_model_folder, lora(use_dora=True))  ==  Path("…/adapter")

*Not here:* the tiny models (tests/conftest.py), plans of adapters (tests/finetune/models/plans.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
from torch import nn

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.plan import AdapterPlan
from lfine.finetune.models.adapters import add_adapter, lora_config, save_adapter, trainable_parameters
from lfine.finetune.models.loading import load_base

MakeAdapter = Callable[..., Path]


def base(folder: Path, quantization: QuantizationPlan | None = None, dtype: str = "float32") -> nn.Module:
    loaded: nn.Module = load_base(folder, dtype=dtype, device="cpu", quantization=quantization)
    return loaded


def trained(model: nn.Module, seed: int = 1) -> nn.Module:
    """Move every weight that training would move."""
    generator = torch.Generator().manual_seed(seed)
    for weight in trainable_parameters(model):
        weight.data += 0.1 * torch.randn(weight.shape, generator=generator)
    return model.eval()


@pytest.fixture
def adapter(tmp_path: Path) -> MakeAdapter:
    """Make and save an adapter for a model folder."""

    def make(folder: Path, plan: AdapterPlan, quantization: QuantizationPlan | None = None) -> Path:
        model = base(folder, quantization)
        if "embed_tokens" in plan.target_modules:  # training cannot draw the first values of these, peft can
            adapted = peft.get_peft_model(model, lora_config(plan))
        else:
            adapted = add_adapter(model, plan, seed=0)
        save_adapter(trained(adapted), tmp_path / "adapter")
        return tmp_path / "adapter"

    return make


@pytest.fixture(scope="session")
def tiny_gpt2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GPT-2's layers keep their weights as (in, out)."""
    from transformers import GPT2Config

    from tests.conftest import save_model, save_tokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny-gpt2"
    config = GPT2Config(
        vocab_size=save_tokenizer(folder),
        n_embd=32,
        n_layer=2,
        n_head=4,
        n_positions=128,
        initializer_range=0.2,
        bos_token_id=1,
        eos_token_id=2,
    )
    return save_model(config, folder)
