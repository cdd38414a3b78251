"""Which weights speak: the adapter on, off and on again, and when the base model is loaded anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import peft
import pytest
import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from lfine.finetune.generate import local_speaker
from lfine.finetune.generate.local_speaker import Speaker
from lfine.finetune.models.loading import load_base
from tests.finetune.compile.bench import Bench

IDS = torch.tensor([[5, 9, 40, 7]])


def save_adapter(base: Path, folder: Path, *, seed: int, bias: Literal["none", "all"] = "none") -> Path:
    """Write an adapter that changes what the model says."""
    model = load_base(base, dtype="float32", device="cpu", quantization=None)
    config = peft.LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["query_key_value"], bias=bias)
    adapted = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    for name, weight in adapted.named_parameters():
        if "lora_B" in name or (bias == "all" and name.endswith("bias")):
            nn.init.normal_(weight, generator=generator)
    adapted.save_pretrained(str(folder))
    return folder


def said(speaker: Speaker, adapter: Path | None) -> Tensor:
    with speaker.speaking(adapter) as model, torch.inference_mode():
        logits: Tensor = model(IDS).logits[0, -1].clone()
    return logits


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that whole models were loaded from."""
    found: list[str] = []

    def counted(folder: Path, **how: Any) -> nn.Module:
        found.append(folder.name)
        loaded: nn.Module = load_base(folder, **how)
        return loaded

    monkeypatch.setattr(local_speaker, "load_base", counted)
    return found


@pytest.fixture
def speaker(tiny_neox_folder: Path, tmp_path: Path, loads: list[str]) -> Speaker:
    bench = Bench(tmp_path, tiny_neox_folder)
    bench.write()
    assert loads == []
    return Speaker(bench.compile(["trainer.dtype=float32"]).plan.training, tiny_neox_folder)


@pytest.fixture
def base_says(tiny_neox_folder: Path) -> Tensor:
    with torch.inference_mode():
        model = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=None)
        logits: Tensor = model(IDS).logits[0, -1]
    return logits


def test_an_adapter_is_switched_off_and_on_again(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str], base_says: Tensor
) -> None:
    adapter = save_adapter(tiny_neox_folder, tmp_path / "one", seed=1)
    tuned = said(speaker, adapter)
    assert not torch.allclose(tuned, base_says)
    assert torch.equal(said(speaker, None), base_says)
    assert torch.equal(said(speaker, adapter), tuned)
    assert len(loads) == 1


def test_an_adapter_goes_onto_the_base_that_is_here(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str], base_says: Tensor
) -> None:
    assert torch.equal(said(speaker, None), base_says)
    assert not torch.allclose(said(speaker, save_adapter(tiny_neox_folder, tmp_path / "one", seed=1)), base_says)
    assert len(loads) == 1


def test_a_merged_adapter_says_the_same_and_leaves_the_base_as_it_was(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str], base_says: Tensor
) -> None:
    adapter = save_adapter(tiny_neox_folder, tmp_path / "one", seed=1)
    apart = said(speaker, adapter)
    with speaker.speaking(adapter, merge=True) as model, torch.inference_mode():
        layers = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
        assert layers
        assert all(layer.merged for layer in layers)
        together = model(IDS).logits[0, -1]
    assert torch.allclose(together, apart, atol=1e-4)  # sums in another order, in float32
    assert torch.equal(said(speaker, adapter), apart)
    assert torch.equal(said(speaker, None), base_says)
    assert len(loads) == 1


def test_another_adapter_is_put_on_fresh_weights(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str]
) -> None:
    one = save_adapter(tiny_neox_folder, tmp_path / "one", seed=1)
    two = save_adapter(tiny_neox_folder, tmp_path / "two", seed=2)
    first = said(speaker, one)
    assert not torch.allclose(said(speaker, two), first)
    assert torch.equal(said(speaker, one), first)
    assert len(loads) == 3


def test_trained_biases_do_not_come_off(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str], base_says: Tensor
) -> None:
    adapter = save_adapter(tiny_neox_folder, tmp_path / "biased", seed=1, bias="all")
    assert not torch.allclose(said(speaker, adapter), base_says)
    assert torch.equal(said(speaker, None), base_says)
    assert len(loads) == 2


def test_full_fine_tuning_is_a_model_of_its_own(
    speaker: Speaker, tiny_neox_folder: Path, tmp_path: Path, loads: list[str], base_says: Tensor
) -> None:
    model = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=None)
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(2)
    model.save_pretrained(tmp_path / "model")
    full = Speaker(replace(speaker._training, adapter=None), tiny_neox_folder)
    assert torch.allclose(said(full, tmp_path / "model"), 2 * base_says)
    assert torch.equal(said(full, None), base_says)
    assert loads == ["model", tiny_neox_folder.name]
