"""The memory estimates: known figures by hand, peaks that were measured, and what may only grow with what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.compile.checkpointing import with_layers
from lfine.finetune.compile.memory import (
    BYTES,
    MOST_PROMPTS,
    MOST_PROMPTS_ELSEWHERE,
    OPTIMIZER_BYTES,
    UNKNOWN_MEMORY,
    Load,
    Typical,
    activations,
    attention_weights,
    kv_bytes,
    largest_generation_batch,
    largest_micro_batch,
    logits,
    total,
    training_memory,
    typical,
)
from lfine.schemas.schema import node_at
from tests.finetune.compile.bench import CARD
from tests.finetune.compile.test_machine_passes import LOAD

ON_CPU = replace(LOAD, device="cpu", own=70, completion=20)


def parts(load: Load) -> dict[str, int]:
    return {part.name: part.bytes for part in training_memory(load)}


@pytest.mark.parametrize(("micro_batch", "peak"), [(2, 1174), (8, 1767), (16, 2605)])
def test_measured_peaks_of_whole_processes(micro_batch: int, peak: int) -> None:
    """SmolLM2 on a processor, NF4 dequantized to bf16, LoRA on q, k, v, o, prefix 165: benchmarks/memory.py."""
    found = total(training_memory(replace(ON_CPU, bits=4, micro_batch=micro_batch))) / 1e6
    assert found == pytest.approx(peak, rel=0.15)


@pytest.mark.parametrize(
    ("changes", "peak"),
    [
        ({"adapter_inputs": 2 * 576, "trained": 460_800}, 1561),
        ({"dtype": "float32"}, 2578),
        ({"checkpointing": True}, 1156),
        ({"adapter_inputs": 6 * 576 + 1536, "trained": 2_442_240}, 2161),
        ({"packed": False, "prefix": 0, "own": 235}, 3257),
        ({"prefix": 40, "own": 310, "completion": 10}, 4419),
    ],
)
def test_measured_peaks_of_other_runs(changes: dict[str, object], peak: int) -> None:
    """Each is the run of 8 examples above, unquantized, with one thing changed."""
    found = total(training_memory(replace(ON_CPU, micro_batch=8, **changes))) / 1e6  # type: ignore[arg-type]
    assert found == pytest.approx(peak, rel=0.15)


def test_what_autograd_saves_was_counted_too() -> None:
    """702 MB in the run of 8 examples, of which 31 are the logits in float32."""
    saved = activations(replace(ON_CPU, micro_batch=8)) + 160 * 49152 * 4
    assert saved == pytest.approx(701_965_104, rel=0.03)


def test_parts_by_hand() -> None:
    found = parts(LOAD)
    assert found["weights"] == 134_515_008 * 2
    assert found["adapter"] == found["gradients"] == 4 * 921_600
    assert found["optimizer"] == 8 * 921_600
    assert found["logits"] == logits(LOAD) == 36 * 49152 * (4 + 2 * 2)
    assert logits(replace(LOAD, packed=False)) == found["logits"]
    assert logits(replace(LOAD, device="cpu", completion=500)) == (2**24 // (4 * 49152)) * 49152 * (4 + 2 * 2)
    assert parts(replace(LOAD, full=True, trained=134_515_008))["adapter"] == 0


def test_quantized_weights_are_narrow_on_a_gpu_and_wide_on_a_processor() -> None:
    embeddings = 49152 * 576
    inner = 134_515_008 - embeddings
    four = parts(replace(LOAD, bits=4, double_quant=True))["weights"]
    assert four == round(inner * (4 + 0.127) / 8) + 2 * embeddings
    assert parts(replace(LOAD, bits=4))["weights"] == round(inner * 4.5 / 8) + 2 * embeddings
    assert inner < parts(replace(LOAD, bits=8))["weights"] - 2 * embeddings < 1.01 * inner
    assert parts(replace(LOAD, bits=4, device="cpu"))["weights"] == 134_515_008 * 2


def test_what_makes_room_and_what_takes_it() -> None:
    def micro(**changes: object) -> int:
        return largest_micro_batch(replace(LOAD, **changes), available=8_000_000_000)  # type: ignore[arg-type]

    assert micro(packed=False, prefix=0, own=233) < micro()
    assert micro(dtype="float32") < micro()
    assert micro(checkpointing=True) > micro()
    assert micro(completion=200) < micro()
    assert micro(optimizer="adamw_8bit") >= micro()
    assert micro(adapter_inputs=10_000) < micro()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_each_layer_computed_again_takes_less_up_to_the_last_one(device: str) -> None:
    """The last layer is needed as soon as it is left: to compute it again makes no room."""
    load = replace(LOAD, device=device, micro_batch=16)
    peaks = [total(training_memory(with_layers(load, layers))) for layers in range(31)]
    assert peaks[:30] == sorted(peaks[:30], reverse=True)
    assert len(set(peaks[:30])) == 30
    assert peaks[30] == total(training_memory(replace(load, checkpointing=True)))
    assert activations(with_layers(load, 30)) > activations(with_layers(load, 29))


def test_layers_computed_again_by_hand() -> None:
    load = replace(LOAD, micro_batch=4)
    one = activations(load) // 30
    tokens = 165 + 4 * 68
    assert activations(with_layers(load, 10)) == 20 * one + 10 * tokens * 576 * 2
    assert activations(with_layers(load, 30)) == one + 30 * tokens * 576 * 2
    reasons = {part.name: part.reason for part in training_memory(with_layers(load, 10))}
    assert reasons["activations"] == f"{tokens} tokens through 30 layers, of 10 their input alone"


def test_what_other_kernels_keep() -> None:
    load = replace(LOAD, micro_batch=4)
    tokens, layers = 165 + 4 * 68, CARD.layers
    fused = activations(load) - activations(replace(load, kernels=("liger",)))
    assert fused == layers * tokens * (2 * 576 * (4 - 2) + 1536 * 2)
    flex = activations(replace(load, attention="flex"))
    padded = activations(replace(load, packed=False, prefix=0, own=tokens, micro_batch=1))
    assert flex == padded, "both keep queries, keys, values and what comes out, of every token"
    assert activations(load) - layers * attention_weights(load) != flex
    assert attention_weights(load) == 2 * 9 * (4 * 68 * (165 + 68) + 165**2)


def test_the_largest_micro_batch_is_the_last_that_fits() -> None:
    room = 5_000_000_000
    most = largest_micro_batch(LOAD, available=room)
    assert total(training_memory(replace(LOAD, micro_batch=most))) <= room
    assert total(training_memory(replace(LOAD, micro_batch=most + 1))) > room
    assert largest_micro_batch(LOAD, available=1000) == 0


def test_a_run_meets_typical_rows_and_never_more_than_the_longest() -> None:
    found = typical([10, 20, 30], [1, 2, 3], 100)
    spread = (200 / 3) ** 0.5
    assert found.own_tokens == round(2000 + 2.5 * 10 * spread)
    assert found.longest == 30
    assert found.learned_tokens == round(200 + 2.5 * 10 * (2 / 3) ** 0.5)
    assert typical([7], [2], 3) == Typical(21, 7, 6)
    likely = replace(LOAD, micro_batch=8, typical=typical([20, 68], [4, 36], 8))
    assert total(training_memory(likely)) < total(training_memory(replace(LOAD, micro_batch=8)))


def test_generation_takes_a_quarter() -> None:
    one = kv_bytes(CARD, 4, 4000)
    assert one == 2 * 30 * 3 * 64 * 4 * 4000
    assert largest_generation_batch(CARD, memory=8_000_000_000, tokens=4000, device="cuda") == int(8e9 / 4 / one)
    assert largest_generation_batch(CARD, memory=8_000_000_000, tokens=0, device="cuda") == MOST_PROMPTS_ELSEWHERE
    assert largest_generation_batch(CARD, memory=10**15, tokens=1, device="cpu") == MOST_PROMPTS["cpu"]
    assert largest_generation_batch(CARD, memory=1000, tokens=100, device="cuda") == 1
    unknown = largest_generation_batch(CARD, memory=0, tokens=10_000, device="cuda")
    assert unknown == largest_generation_batch(CARD, memory=UNKNOWN_MEMORY, tokens=10_000, device="cuda")


def test_every_dtype_and_optimizer_of_a_task_is_known() -> None:
    for kind in (node_at(("trainer", "optimizer", "type")) or {})["enum"]:
        assert kind in OPTIMIZER_BYTES
    assert {"auto", *BYTES} == set((node_at(("trainer", "dtype")) or {})["enum"])
