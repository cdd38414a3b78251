"""Loading base models, whole and damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.models import loading
from lfine.finetune.models.loading import load_base, quantization_config
from lfine.schemas.errors import MachineError


@pytest.fixture
def copied(tiny_model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))


def code_of(folder: Path, *, device: str = "cpu") -> str:
    with pytest.raises(MachineError) as caught:
        load_base(folder, dtype="float32", device=device, quantization=None)
    return caught.value.problems[0].code


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_frozen_and_still(tiny_model_folder: Path, dtype: str) -> None:
    model = load_base(tiny_model_folder, dtype=dtype, device="cpu", quantization=None)
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())
    assert {weight.dtype for weight in model.parameters()} == {getattr(torch, dtype)}
    assert model.config._attn_implementation == "sdpa"


def test_logits_are_those_of_transformers(tiny_neox_folder: Path) -> None:
    ids = torch.arange(12).unsqueeze(0)
    ours = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=None)
    theirs = AutoModelForCausalLM.from_pretrained(tiny_neox_folder)
    assert torch.equal(ours(ids).logits, theirs(ids).logits)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_missing_file(copied: Path, name: str) -> None:
    (copied / name).unlink()
    assert code_of(copied) == "LF407"


def test_weights_cut_short(copied: Path) -> None:
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert code_of(copied) == "LF407"


def test_a_weight_that_is_missing_is_never_drawn_at_random(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MachineError, match=r"lack the weights model\.layers\.1\.mlp\.up_proj\.weight"):
        load_base(copied, dtype="float32", device="cpu", quantization=None)


def test_configuration_of_another_model(copied: Path) -> None:
    path = copied / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "hidden_size": 64}))
    assert code_of(copied) == "LF407"
    path.write_text(json.dumps({**config, "model_type": "no_such_family", "auto_map": {"AutoConfig": "evil.Config"}}))
    assert code_of(copied) == "LF407"


def test_code_of_a_model_folder_is_never_run(copied: Path) -> None:
    (copied / "evil.py").write_text(f"open({str(copied / 'ran')!r}, 'w').close()\n")
    path = copied / "config.json"
    entry = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "auto_map": entry}))
    load_base(copied, dtype="float32", device="cpu", quantization=None)
    assert not (copied / "ran").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_device_that_is_not_there(tiny_model_folder: Path) -> None:
    assert code_of(tiny_model_folder, device="cuda") == "LF403"


def test_gpu_out_of_memory(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(loading, "from_folder", full)
    assert code_of(tiny_model_folder) == "LF404"


def test_configuration_for_cuda() -> None:
    four = quantization_config(QuantizationPlan(bits=4, quant_type="fp4", double_quant=True, compute_dtype="bfloat16"))
    assert (four.load_in_4bit, four.bnb_4bit_quant_type, four.bnb_4bit_use_double_quant) == (True, "fp4", True)
    assert four.bnb_4bit_compute_dtype == torch.bfloat16
    assert quantization_config(
        QuantizationPlan(bits=8, quant_type="nf4", double_quant=True, compute_dtype="float32")
    ).load_in_8bit
    assert quantization_config(None) is None


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("bits", [4, 8])
def test_weights_on_cuda_equal_those_on_the_cpu(tiny_neox_folder: Path, bits: int) -> None:
    plan = QuantizationPlan(bits=4 if bits == 4 else 8, quant_type="nf4", double_quant=True, compute_dtype="float32")
    on_cpu = load_base(tiny_neox_folder, dtype="float32", device="cpu", quantization=plan).eval()
    on_gpu = load_base(tiny_neox_folder, dtype="float32", device="cuda", quantization=plan).eval()
    ids = torch.arange(12).unsqueeze(0)
    # Equal up to the order of sums, and with 8 bits up to the rounding of activations, which CUDA does as well.
    tolerance = 1e-3 if bits == 4 else 0.2
    torch.testing.assert_close(on_gpu(ids.cuda()).logits.cpu(), on_cpu(ids).logits, rtol=tolerance, atol=tolerance)


@pytest.mark.model
def test_smollm2_knows_the_capital_of_france(smollm2_folder: Path) -> None:
    model = load_base(smollm2_folder, dtype="float32", device="cpu", quantization=None)
    tokenizer = AutoTokenizer.from_pretrained(smollm2_folder)
    given = tokenizer("The capital of France is", return_tensors="pt")
    with torch.no_grad():
        likeliest = int(model(**given).logits[0, -1].argmax())
    assert tokenizer.decode([likeliest]) == " Paris"


@pytest.mark.parametrize("trusted", [True, False])
def test_code_of_a_model_runs_only_where_it_is_trusted(
    trusted: bool,
    tiny_model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    original = transformers.AutoModelForCausalLM.from_pretrained

    def seen(*arguments: Any, trust_remote_code: bool, **more: Any) -> Any:
        asked.append(trust_remote_code)
        return original(*arguments, trust_remote_code=trust_remote_code, **more)

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", seen)
    load_base(tiny_model_folder, dtype="float32", device="cpu", quantization=None, trust_remote_code=trusted)
    assert asked == [trusted]
