"""What servers do not take, seen in adapters as training saves them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.export.serving import largest_rank, read_adapter, serving_problems, vllm_rank
from lfine.schemas.errors import RunError
from tests.finetune.export.conftest import MakeAdapter
from tests.finetune.models.plans import lora


@pytest.mark.parametrize(
    "changes",
    [{}, {"use_rslora": True}, {"rank_pattern": {"q_proj": 2}}, {"target_modules": "all-linear"}, {"init": "pissa"}],
    ids=["plain", "rslora", "patterns", "all layers", "pissa"],
)
def test_servers_take_it(changes: dict[str, Any], tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    assert serving_problems(adapter(tiny_model_folder, lora(**changes)), layers=2) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_dora": True}, "is a DoRA adapter"),
        ({"modules_to_save": ("lm_head",)}, "holds whole layers (lm_head)"),
        ({"target_modules": ("q_proj", "embed_tokens")}, "adapts the embedding"),
        (
            {"target_modules": r".*layers\.1\.self_attn\.(q|v)_proj"},
            "(self_attn.q_proj in 1 of 2; self_attn.v_proj in 1 of 2)",
        ),
    ],
    ids=["dora", "whole layers", "embedding", "some layers"],
)
def test_servers_do_not_take_it(
    changes: dict[str, Any], said: str, tiny_model_folder: Path, adapter: MakeAdapter
) -> None:
    (problem,) = serving_problems(adapter(tiny_model_folder, lora(**changes)), layers=2)
    assert said in problem.message
    assert (problem.code, problem.severity) == ("LF541", "warning")
    assert "merged weights" in problem.cure


def test_biases(tiny_neox_folder: Path, adapter: MakeAdapter) -> None:
    made = adapter(tiny_neox_folder, lora(target_modules=("query_key_value",), bias="lora_only"))
    assert ["biases of the base model" in each.message for each in serving_problems(made, layers=2)] == [True]


def test_all_of_it_at_once(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    made = adapter(tiny_model_folder, lora(use_dora=True, modules_to_save=("lm_head",)))
    assert len(serving_problems(made, layers=3)) == 3  # and the third layer of this model is not adapted


def test_a_rank_beyond_every_server(tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    made = adapter(tiny_model_folder, lora(target_modules=("q_proj",), rank_pattern={"layers.0.self_attn.q_proj": 513}))
    assert largest_rank(read_adapter(made)[1]) == 513
    assert ["has rank 513" in each.message for each in serving_problems(made, layers=2)] == [True]


@pytest.mark.parametrize(("rank", "choice"), [(1, 1), (2, 8), (8, 8), (24, 32), (257, 320), (512, 512), (513, None)])
def test_what_vllm_is_started_with(rank: int, choice: int | None) -> None:
    assert vllm_rank(rank) == choice


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_damaged_adapter(name: str, tiny_model_folder: Path, adapter: MakeAdapter) -> None:
    made = adapter(tiny_model_folder, lora())
    (made / name).write_text(json.dumps({"r": 8})[:-1])
    with pytest.raises(RunError) as caught:
        serving_problems(made, layers=2)
    assert caught.value.problems[0].code == "LF503"
