"""First values of an adapter: what they are, that the model begins as it was, and what is saved after training.

The test of all of them is the last one: whatever a run began with, plain peft loads its adapter onto the base model as
it is, and answers as the trained model did.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import AdapterPlan
from lfine.finetune.models import first_values
from lfine.finetune.models.adapters import add_adapter, load_adapter, save_adapter, trainable_parameters
from lfine.finetune.models.first_values import ADAPTER, INITIAL, layers_of
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import RunError
from tests.finetune.models.plans import lora

IDS = torch.arange(3, 19).unsqueeze(0)
FLOAT32 = 1e-5
"""Absolute, on logits of about 4: the same sums in another order."""
INITS = ("default", "gaussian", "orthogonal", "pissa", "olora", "eva")
NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="float32")
PATTERNS: dict[str, Any] = {"rank_pattern": {"v_proj": 6}, "alpha_pattern": {"v_proj": 3}, "use_rslora": True}


def draw_rows() -> list[EncodedExample]:
    draw = random.Random(7)
    return [
        EncodedExample(row_id, tuple(draw.randrange(3, 300) for _ in range(draw.randint(4, 14))), (5, 2))
        for row_id in range(24)
    ]


ROWS = draw_rows()


def base(folder: Path, quantization: QuantizationPlan | None = None) -> nn.Module:
    loaded: nn.Module = load_base(folder, dtype="float32", device="cpu", quantization=quantization)
    return loaded


def fresh(
    folder: Path, plan: AdapterPlan, *, seed: int = 3, quantization: QuantizationPlan | None = None
) -> peft.PeftModel:
    return add_adapter(base(folder, quantization), plan, seed=seed, rows=ROWS).eval()


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    found: Tensor = model(IDS).logits
    return found


def train(model: nn.Module) -> None:
    """Three updates, large enough to move every logit."""
    optimizer = torch.optim.AdamW(trainable_parameters(model), lr=1e-2)
    for _ in range(3):
        found = model(IDS).logits[0, :-1].float()
        nn.functional.cross_entropy(found, IDS[0, 1:]).backward()
        optimizer.step()
        optimizer.zero_grad()


def halves(layer: LoraLayer, name: str = ADAPTER) -> tuple[Tensor, Tensor]:
    return layer.lora_A[name].weight.detach(), layer.lora_B[name].weight.detach()


@pytest.mark.parametrize("init", INITS)
def test_the_model_begins_as_it_was(init: str, tiny_model_folder: Path) -> None:
    model = fresh(tiny_model_folder, lora(init=init))
    torch.testing.assert_close(logits(model), logits(base(tiny_model_folder)), rtol=0, atol=FLOAT32)
    assert any(half.any() for half in halves(layers_of(model)[0][1]))


@pytest.mark.parametrize("init", ["default", "gaussian", "orthogonal"])
def test_what_is_drawn_depends_on_the_seed_alone(init: str, tiny_model_folder: Path) -> None:
    state = torch.random.get_rng_state()
    first, again, other = (fresh(tiny_model_folder, lora(init=init), seed=seed) for seed in (3, 3, 4))
    assert torch.equal(state, torch.random.get_rng_state())
    for (_, one), (_, two), (_, three) in zip(layers_of(first), layers_of(again), layers_of(other), strict=True):
        assert torch.equal(halves(one)[0], halves(two)[0])
        assert not torch.equal(halves(one)[0], halves(three)[0])


def test_gaussian_has_the_deviation_of_the_rank(tiny_model_folder: Path) -> None:
    drawn = torch.cat(
        [halves(layer)[0].flatten() for _, layer in layers_of(fresh(tiny_model_folder, lora(init="gaussian")))]
    )
    assert drawn.std().item() == pytest.approx(1 / 4, rel=0.1)


def test_orthogonal_halves_cancel(tiny_model_folder: Path) -> None:
    for _, layer in layers_of(fresh(tiny_model_folder, lora(init="orthogonal"))):
        a, b = halves(layer)
        assert a.any()
        assert b.any()
        assert (b @ a).abs().max() < 1e-7


def test_pissa_takes_the_largest_singular_directions(tiny_model_folder: Path) -> None:
    for _, layer in layers_of(fresh(tiny_model_folder, lora(init="pissa", use_rslora=True))):
        a, b = halves(layer)
        left, values, right = torch.linalg.svd(layer.get_base_layer().weight.float())
        expected = left[:, :4] @ torch.diag(values[:4]) @ right[:4]
        torch.testing.assert_close(layer.scaling[ADAPTER] * b @ a, expected, rtol=0, atol=FLOAT32)


def test_olora_begins_with_orthonormal_columns(tiny_model_folder: Path) -> None:
    for _, layer in layers_of(fresh(tiny_model_folder, lora(init="olora"))):
        _, b = halves(layer)
        torch.testing.assert_close(b.T @ b, torch.eye(4), rtol=0, atol=FLOAT32)


def test_eva_looks_where_the_layer_s_inputs_vary(tiny_model_folder: Path) -> None:
    """Its directions explain more of the inputs' variance than any drawn ones, and are orthonormal."""
    model = fresh(tiny_model_folder, lora(init="eva"))
    plain, seen = base(tiny_model_folder), []
    target = plain.get_submodule("model.layers.1.self_attn.q_proj")
    target.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].flatten(0, 1)))
    for row in ROWS:
        plain(torch.tensor([[*row.prompt_ids, *row.completion_ids]]))
    inputs = torch.cat(seen)
    inputs = inputs - inputs.mean(0)
    layer = dict(layers_of(model))["base_model.model.model.layers.1.self_attn.q_proj"]
    a, b = halves(layer)
    best = torch.linalg.svd(inputs, full_matrices=False)[2][:4]
    explained, possible = (inputs @ a.T).square().sum(), (inputs @ best.T).square().sum()
    assert explained >= 0.97 * possible
    torch.testing.assert_close(a @ a.T, torch.eye(4), rtol=0, atol=1e-4)
    assert not b.any()


def test_eva_ends_when_nothing_settles(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_values, "MOST_EVA_BATCHES", 1)
    with pytest.raises(RunError, match="did not settle within 1 batches"):
        fresh(tiny_model_folder, lora(init="eva"))


def test_ranks_stay_as_asked_for(tiny_model_folder: Path) -> None:
    for init in INITS:
        for name, layer in layers_of(fresh(tiny_model_folder, lora(init=init, rank_pattern={"v_proj": 6}))):
            assert halves(layer)[0].shape[0] == (6 if name.endswith("v_proj") else 4)


def test_what_takes_the_first_values_out_is_frozen(tiny_model_folder: Path) -> None:
    model = fresh(tiny_model_folder, lora(init="pissa", dropout=0.3))
    before = [tuple(half.clone() for half in halves(layer, INITIAL)) for _, layer in layers_of(model)]
    weights = [layer.get_base_layer().weight.clone() for _, layer in layers_of(model)]
    train(model.train())
    assert all(isinstance(layer.lora_dropout[INITIAL], nn.Identity) for _, layer in layers_of(model))
    for (_, layer), (a, b), weight in zip(layers_of(model), before, weights, strict=True):
        assert torch.equal(halves(layer, INITIAL)[0], a)
        assert torch.equal(halves(layer, INITIAL)[1], b)
        assert torch.equal(layer.get_base_layer().weight, weight)
        assert not torch.equal(halves(layer)[0], a)


@pytest.mark.parametrize(
    ("more", "quantization"),
    [({}, NF4), (PATTERNS, None), ({"modules_to_save": ("lm_head",)}, None)],
    ids=["nf4", "patterns", "head"],
)
@pytest.mark.parametrize("init", INITS)
def test_plain_peft_loads_what_was_trained(
    init: str, more: dict[str, Any], quantization: QuantizationPlan | None, tiny_model_folder: Path, tmp_path: Path
) -> None:
    model = fresh(tiny_model_folder, lora(init=init, **more), quantization=quantization)
    train(model)
    save_adapter(model, tmp_path / "adapter")
    expected = logits(model)
    untouched = logits(base(tiny_model_folder, quantization))
    plain = peft.PeftModel.from_pretrained(base(tiny_model_folder, quantization), str(tmp_path / "adapter")).eval()
    torch.testing.assert_close(logits(plain), expected, rtol=0, atol=FLOAT32)
    assert (expected - untouched).abs().max() > 0.5
    ours = load_adapter(base(tiny_model_folder, quantization), tmp_path / "adapter")
    assert torch.equal(logits(ours), logits(plain))
