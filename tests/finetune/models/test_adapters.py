"""Adapters: added, saved, loaded, merged."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import peft
import pytest
import torch
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from torch import Tensor, nn

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.plan import AdapterStart
from lfine.finetune.models import adapters
from lfine.finetune.models.adapters import (
    add_adapter,
    load_adapter,
    mergeable,
    merged,
    save_adapter,
    trainable_parameters,
)
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import MachineError, RunError, TaskError
from tests.finetune.models.plans import lora

IDS = torch.arange(3, 19).unsqueeze(0)
LLAMA_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj")


def base(folder: Path, dtype: str = "float32", quantization: QuantizationPlan | None = None) -> nn.Module:
    loaded: nn.Module = load_base(folder, dtype=dtype, device="cpu", quantization=quantization)
    return loaded


def adapted(
    folder: Path,
    *,
    targets: tuple[str, ...] | str = LLAMA_TARGETS,
    seed: int = 0,
    dtype: str = "float32",
    trained: bool = False,
) -> peft.PeftModel:
    """Return a model with an adapter; `trained`: with weights as after some updates, B no longer zero."""
    model = add_adapter(base(folder, dtype), lora(dropout=0.1, target_modules=targets), seed=seed)
    if trained:
        generator = torch.Generator().manual_seed(seed)
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.data = 0.1 * torch.randn(weight.shape, generator=generator)
    return model.eval()


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    found: Tensor = model(IDS).logits
    return found


def adapter_weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters() if "lora_" in name}


@pytest.fixture
def saved(tiny_model_folder: Path, tmp_path: Path) -> tuple[peft.PeftModel, Path]:
    model = adapted(tiny_model_folder, trained=True)
    save_adapter(model, tmp_path / "run" / "adapter")
    return model, tmp_path / "run" / "adapter"


def test_an_untrained_adapter_changes_nothing(tiny_model_folder: Path, tiny_neox_folder: Path) -> None:
    assert torch.equal(logits(adapted(tiny_model_folder)), logits(base(tiny_model_folder)))
    neox = adapted(tiny_neox_folder, targets=("query_key_value", "dense"))
    assert torch.equal(logits(neox), logits(base(tiny_neox_folder)))


def test_only_the_adapter_is_trained_and_in_fp32(tiny_model_folder: Path) -> None:
    model = adapted(tiny_model_folder, dtype="bfloat16")
    trained = trainable_parameters(model)
    # r (in + out) for q and o (32, 32), k and v (32, 16), in two layers
    assert sum(weight.numel() for weight in trained) == 2 * 4 * (2 * 64 + 2 * 48)
    assert {weight.dtype for weight in trained} == {torch.float32}


def test_all_linear(tiny_neox_folder: Path) -> None:
    names = {name for name, _ in adapted(tiny_neox_folder, targets="all-linear").named_modules() if "lora_A" in name}
    for layer in ("query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"):
        assert any(f".{layer}.lora_A" in name for name in names)
    assert not any("embed_out" in name for name in names)


def test_weights_depend_on_the_seed_alone(tiny_model_folder: Path) -> None:
    torch.manual_seed(1)
    first = adapter_weights(adapted(tiny_model_folder, seed=3))
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    second = adapter_weights(adapted(tiny_model_folder, seed=3))
    assert torch.equal(before, torch.random.get_rng_state())
    other = adapter_weights(adapted(tiny_model_folder, seed=4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_weights_are_drawn_as_peft_draws_them(tiny_model_folder: Path) -> None:
    for name, weight in adapter_weights(adapted(tiny_model_folder)).items():
        bound = weight.shape[1] ** -0.5
        if "lora_A" in name:
            assert weight.abs().max() <= bound
            assert weight.abs().max() > 0.8 * bound
        else:
            assert not weight.any()


def test_unknown_target(tiny_model_folder: Path) -> None:
    with pytest.raises(TaskError, match="does not fit the base model") as caught:
        adapted(tiny_model_folder, targets=("no_such_layer",))
    assert caught.value.problems[0].path == "adapter.target_modules"


def test_saved_adapter_loads_with_plain_peft(saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path) -> None:
    model, folder = saved
    assert sorted(path.name for path in folder.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    assert [path.name for path in folder.parent.iterdir()] == ["adapter"]
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == str(tiny_model_folder)
    assert config["target_modules"] == sorted(LLAMA_TARGETS)  # peft keeps a set, whose order differs by process
    plain = peft.PeftModel.from_pretrained(base(tiny_model_folder), str(folder)).eval()
    ours = load_adapter(base(tiny_model_folder), folder)
    assert torch.equal(logits(plain), logits(model))
    assert torch.equal(logits(ours), logits(model))
    assert not torch.equal(logits(ours), logits(base(tiny_model_folder)))
    assert not trainable_parameters(ours)
    assert not ours.training


def test_saving_again_replaces(saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path) -> None:
    _, folder = saved
    newer = adapted(tiny_model_folder, seed=7, trained=True)
    save_adapter(newer, folder)
    assert torch.equal(logits(load_adapter(base(tiny_model_folder), folder)), logits(newer))
    assert [path.name for path in folder.parent.iterdir()] == ["adapter"]


def test_a_whole_model_is_saved_too(tiny_model_folder: Path, tmp_path: Path) -> None:
    save_adapter(base(tiny_model_folder), tmp_path / "model")
    assert torch.equal(logits(base(tmp_path / "model")), logits(base(tiny_model_folder)))


def test_an_adapter_is_on_the_disk_before_it_has_its_name(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(adapters, "sync", lambda path: done.append(path.name))
    monkeypatch.setattr(adapters, "put", lambda *_: done.append("named"))
    save_adapter(adapted(tiny_model_folder), tmp_path / "adapter")
    assert sorted(done[:2]) == ["adapter_config.json", "adapter_model.safetensors"]
    assert done[2].startswith(".adapter-")
    assert done[3:] == ["named", tmp_path.name]


def test_full_disk_leaves_the_old_adapter(
    saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, folder = saved

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(adapters, "write", full)
    with pytest.raises(MachineError, match="the disk is full") as caught:
        save_adapter(adapted(tiny_model_folder), folder)
    assert caught.value.problems[0].code == "LF405"
    assert [path.name for path in folder.parent.iterdir()] == ["adapter"]
    assert torch.equal(logits(load_adapter(base(tiny_model_folder), folder)), logits(model))


def damage_nothing_there(folder: Path) -> None:
    shutil.rmtree(folder)


def damage_no_weights(folder: Path) -> None:
    (folder / "adapter_model.safetensors").unlink()


def damage_cut_short(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def damage_configuration(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{")


def damage_rank(folder: Path) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "r": 2}))


def damage_targets(folder: Path) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "target_modules": ["q_proj"]}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_nothing_there, "it has no adapter_config.json"),
        (damage_no_weights, "it has no adapter_model.safetensors"),
        (damage_cut_short, "its header promises"),
        (damage_configuration, "cannot be loaded"),
        (damage_rank, "cannot be loaded"),
        (damage_targets, "are not those of this base model"),
    ],
)
def test_damaged_adapter(
    saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path, damage: object, said: str
) -> None:
    _, folder = saved
    assert callable(damage)
    damage(folder)
    with pytest.raises(RunError, match=said) as caught:
        load_adapter(base(tiny_model_folder), folder)
    assert caught.value.problems[0].code == "LF503"


def test_adapter_of_another_model(saved: tuple[peft.PeftModel, Path], tiny_neox_folder: Path) -> None:
    with pytest.raises(RunError) as caught:
        load_adapter(base(tiny_neox_folder), saved[1])
    assert caught.value.problems[0].code == "LF503"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_merging_and_taking_apart_again(tiny_model_folder: Path, dtype: str) -> None:
    model = adapted(tiny_model_folder, dtype=dtype, trained=True)
    apart = logits(model)
    assert mergeable(model)
    with merged(model) as whole:
        together = logits(whole)
        assert not torch.equal(together, logits(base(tiny_model_folder, dtype)))
    assert torch.equal(logits(model), apart)
    # fp32: x(W + sBA) against xW + s(xB)A differs by the order of sums; logits are about 10. bf16 rounds W + sBA to
    # 8 bits, so only the direction is asked for.
    if dtype == "float32":
        torch.testing.assert_close(together, apart, rtol=1e-4, atol=1e-4)
    else:
        assert torch.cosine_similarity(together.float(), apart.float(), dim=-1).min() > 0.99


def test_merged_weights_come_back_after_an_error(tiny_model_folder: Path) -> None:
    model = adapted(tiny_model_folder, trained=True)
    apart = logits(model)
    with pytest.raises(KeyError), merged(model):
        raise KeyError
    assert torch.equal(logits(model), apart)


def test_an_adapter_on_quantized_weights(tiny_model_folder: Path, tmp_path: Path) -> None:
    plan = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="float32")
    model = add_adapter(
        base(tiny_model_folder, quantization=plan), lora(target_modules=LLAMA_TARGETS, use_rslora=True), seed=0
    )
    assert torch.equal(logits(model), logits(base(tiny_model_folder, quantization=plan)))
    assert mergeable(model)  # the weights are rounded, but ordinary numbers
    save_adapter(model, tmp_path / "adapter")
    assert json.loads((tmp_path / "adapter" / "adapter_config.json").read_text())["use_rslora"] is True


def test_integer_weights_are_not_merged(tiny_model_folder: Path) -> None:
    model = adapted(tiny_model_folder)
    layer = next(layer for layer in model.modules() if isinstance(layer, LoraLayer))
    inner = layer.get_base_layer()
    inner.weight = nn.Parameter(inner.weight.detach().to(torch.int8), requires_grad=False)
    assert not mergeable(model)
    with pytest.raises(ValueError, match="quantized weights"), merged(model):
        pass


@pytest.mark.parametrize("bias", ["all", "lora_only"])
def test_trained_biases_are_saved(bias: str, tiny_neox_folder: Path, tmp_path: Path) -> None:
    model = add_adapter(base(tiny_neox_folder), lora(target_modules=("query_key_value",), bias=bias), seed=0)
    biases = {name for name, weight in model.named_parameters() if weight.requires_grad and name.endswith(".bias")}
    assert any("query_key_value" in name for name in biases)
    assert any("dense" in name for name in biases) == (bias == "all")
    for weight in trainable_parameters(model):
        weight.data += 0.1
    save_adapter(model.eval(), tmp_path / "adapter")
    plain = peft.PeftModel.from_pretrained(base(tiny_neox_folder), str(tmp_path / "adapter")).eval()
    assert torch.equal(logits(plain), logits(model))


def test_dora_learns_magnitudes(tiny_model_folder: Path, tmp_path: Path) -> None:
    model = add_adapter(base(tiny_model_folder), lora(use_dora=True), seed=0).eval()
    torch.testing.assert_close(logits(model), logits(base(tiny_model_folder)), rtol=0, atol=1e-5)
    assert any("lora_magnitude" in name for name, weight in model.named_parameters() if weight.requires_grad)
    for weight in trainable_parameters(model):
        weight.data += 0.05
    save_adapter(model, tmp_path / "adapter")
    plain = peft.PeftModel.from_pretrained(base(tiny_model_folder), str(tmp_path / "adapter")).eval()
    assert torch.equal(logits(plain), logits(model))


def test_a_new_adapter_goes_on_from_a_saved_one(saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path) -> None:
    model, folder = saved
    plan = lora(target_modules=LLAMA_TARGETS, start=AdapterStart(str(folder), "0"))
    onward = add_adapter(base(tiny_model_folder), plan, seed=99)
    assert torch.equal(logits(onward.eval()), logits(model))
    assert len(trainable_parameters(onward)) == 16


def test_a_start_of_another_shape(saved: tuple[peft.PeftModel, Path], tiny_model_folder: Path) -> None:
    plan = lora(target_modules="all-linear", start=AdapterStart(str(saved[1]), "0"))
    with pytest.raises(RunError, match="is on one side only") as caught:
        add_adapter(base(tiny_model_folder), plan, seed=0)
    assert caught.value.problems[0].code == "LF503"


def test_an_adapted_head_is_saved_and_loaded(tiny_model_folder: Path, tmp_path: Path) -> None:
    model = adapted(tiny_model_folder, targets=("q_proj", "lm_head"), trained=True)
    save_adapter(model, tmp_path / "adapter")
    assert torch.equal(logits(load_adapter(base(tiny_model_folder), tmp_path / "adapter")), logits(model))
    plan = lora(target_modules=("q_proj", "lm_head"), start=AdapterStart(str(tmp_path / "adapter"), "0"))
    assert torch.equal(logits(add_adapter(base(tiny_model_folder), plan, seed=9).eval()), logits(model))


def test_an_adapter_saved_with_a_copy_of_the_head(tiny_model_folder: Path, tmp_path: Path) -> None:
    model = adapted(tiny_model_folder, targets=("q_proj", "lm_head"), trained=True)
    model.save_pretrained(tmp_path / "adapter", save_embedding_layers=True)  # as peft does by itself
    assert "base_model.model.lm_head.base_layer.weight" in load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    assert torch.equal(logits(load_adapter(base(tiny_model_folder), tmp_path / "adapter")), logits(model))
