"""Kernels and attention: chosen by device, family, libraries and memory, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile import kernels
from lfine.finetune.compile.kernels import LIGER_FAMILIES, WRITTEN_OUT, decide_attention, decide_kernels, installed
from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.compile.memory import Load, activations, attention_weights
from lfine.finetune.compile.plan import ModelPlan
from tests.finetune.compile.bench import CARD, Bench
from tests.finetune.compile.test_machine_passes import LOAD, told
from tests.finetune.models.plans import lora

LONG = replace(LOAD, own=1500)


def libraries(patch: pytest.MonkeyPatch, *names: str) -> None:
    patch.setattr(kernels, "installed", lambda name: name in names)


def test_what_is_installed() -> None:
    assert installed("torch")
    assert not installed("no_such_library")


def model_plan(**changes: object) -> ModelPlan:
    plain = ModelPlan("m", None, False, "0", "llama", 1, 512, "bfloat16", None)
    return replace(plain, **changes)  # type: ignore[arg-type]


NF4_IN_FLOAT32 = QuantizationPlan(4, "nf4", True, "float32")


@pytest.mark.parametrize(
    ("model", "adapter", "device", "kernels"),
    [
        ({}, {}, "cpu", ("norm", "gate", "adapter")),
        ({"family": "phi3"}, {}, "cpu", ("norm", "adapter")),
        ({"family": "gpt_neox"}, {}, "cpu", ("adapter",)),
        ({}, {"use_dora": True}, "cpu", ("norm", "gate")),
        ({}, {"init": "pissa"}, "cpu", ("norm", "gate")),
        ({}, {"target_modules": "all-linear"}, "cpu", ("norm", "adapter")),
        ({}, {"target_modules": ("q_proj", "mlp.up_proj")}, "cpu", ("norm", "adapter")),
        ({}, {"modules_to_save": ("lm_head",)}, "cpu", ()),
        ({}, {"bias": "all"}, "cpu", ()),
        ({"quantization": NF4_IN_FLOAT32}, {}, "cpu", ()),
    ],
)
def test_kernels_where_they_have_all_gradients(
    bench: Bench, model: dict[str, object], adapter: dict[str, object], device: str, kernels: tuple[str, ...]
) -> None:
    notes = bench.notes()
    assert decide_kernels(model_plan(**model), lora(**adapter), device, notes) == kernels
    assert told(notes, "kernels")[2]


def test_full_fine_tuning_has_no_kernels(bench: Bench) -> None:
    notes = bench.notes()
    assert decide_kernels(model_plan(), None, "cpu", notes) == ()
    assert told(notes, "kernels")[2].startswith("weights of the base model are trained")


@pytest.mark.parametrize("family", sorted(LIGER_FAMILIES))
def test_liger_where_it_can_run(family: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries(monkeypatch, "liger_kernel")
    notes = bench.notes()
    assert decide_kernels(model_plan(family=family), lora(), "cuda", notes) == ("liger",)
    assert told(notes, "kernels")[2].startswith("norms, rotary embedding")


@pytest.mark.parametrize(
    ("family", "device", "there", "reason"),
    [
        ("llama", "mps", ("liger_kernel",), "not measured on mps: the modules of transformers and peft"),
        ("gpt_neox", "cuda", ("liger_kernel",), "Liger's kernels are not taken for the family gpt_neox"),
        (
            "llama",
            "cuda",
            (),
            "liger-kernel is not installed: pip install 'lfine[kernels]' makes norms and gates faster",
        ),
    ],
)
def test_the_modules_elsewhere_and_why(
    family: str, device: str, there: tuple[str, ...], reason: str, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries(monkeypatch, *there)
    notes = bench.notes()
    assert decide_kernels(model_plan(family=family), lora(), device, notes) == ()
    assert told(notes, "kernels") == ([], "derived", reason)


def attention(
    bench: Bench, load: Load, *, layout: str = "shared_prefix", batch_size: int = 8, deterministic: bool = False
) -> tuple[str, str]:
    notes = bench.notes()
    chosen = decide_attention(load, layout=layout, batch_size=batch_size, deterministic=deterministic, notes=notes)
    value, origin, reason = told(notes, "attention")
    assert (value, origin) == (chosen, "derived")
    return chosen, reason


def test_padded_rows_have_torchs_own_attention(bench: Bench) -> None:
    assert attention(bench, replace(LONG, packed=False), layout="padded")[0] == "sdpa"


def test_short_rows_have_their_weights_written_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries(monkeypatch, "triton")
    chosen, reason = attention(bench, LOAD)
    share = 30 * attention_weights(replace(LOAD, micro_batch=8)) / activations(replace(LOAD, micro_batch=8))
    assert share < WRITTEN_OUT
    assert (chosen, reason) == (
        "explicit",
        f"written out, the attention weights are {share:.0%} of what the layers keep",
    )
    assert attention(bench, replace(LONG, device="cpu"))[0] == "explicit"


def test_long_rows_keep_none_where_the_compiler_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries(monkeypatch, "triton")
    chosen, reason = attention(bench, LONG)
    assert chosen == "flex"
    assert reason.endswith("of what the layers keep; FlexAttention keeps none of them")
    chosen, reason = attention(bench, LONG, deterministic=True)
    assert chosen == "explicit"
    assert "trainer.deterministic is true" in reason
    libraries(monkeypatch)
    chosen, reason = attention(bench, LONG)
    assert chosen == "explicit"
    assert reason.endswith("needs triton, which is not installed")


def test_only_families_with_a_shared_prefix_have_ligers_kernels() -> None:
    """A family must be checked for the packed row before its layers are changed under it."""
    assert LIGER_FAMILIES <= SHARED_PREFIX_FAMILIES


def test_capped_scores_are_written_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries(monkeypatch, "triton")
    capped = replace(LONG, card=replace(CARD, model_type="gemma2"))
    assert attention(bench, capped)[0] == "explicit"
