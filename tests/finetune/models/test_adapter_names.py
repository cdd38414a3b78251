"""Names of the task that fit nothing in the model are refused; peft passes most of them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from tests.finetune.models.plans import lora


def problems(folder: Path, **changes: Any) -> list[Problem]:
    model = load_base(folder, dtype="float32", device="cpu", quantization=None)
    try:
        add_adapter(model, lora(**changes), seed=0)
    except TaskError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"target_modules": ("q_proj", "down")}, "adapter.target_modules", "names 'down'"),
        ({"rank_pattern": {"k_proj": 2}}, "adapter.rank_pattern", "names 'k_proj'"),
        ({"alpha_pattern": {r"layers\.7\..*q_proj": 2}}, "adapter.alpha_pattern", "no adapted layer"),
        ({"modules_to_save": ("score",)}, "adapter.modules_to_save", "no such layer"),
        ({"bias": "all"}, "adapter.bias", "have no bias"),
        ({"init": "pissa", "r": 20}, "adapter.init_lora_weights", "has 16"),
    ],
)
def test_a_name_that_fits_nothing(changes: dict[str, Any], path: str, said: str, tiny_model_folder: Path) -> None:
    (problem,) = problems(tiny_model_folder, **changes)
    assert problem.path == path
    assert said in problem.message


def test_names_that_fit(tiny_model_folder: Path, tiny_neox_folder: Path) -> None:
    fitting = {"rank_pattern": {r"layers\.1\..*q_proj": 2}, "modules_to_save": ("embed_tokens", "model.norm")}
    assert problems(tiny_model_folder, **fitting) == []
    assert problems(tiny_neox_folder, target_modules=("query_key_value",), bias="lora_only") == []


def test_all_of_them_at_once(tiny_model_folder: Path) -> None:
    found = problems(tiny_model_folder, rank_pattern={"a": 2}, alpha_pattern={"b": 2}, bias="lora_only")
    assert [each.path for each in found] == ["adapter.rank_pattern", "adapter.alpha_pattern", "adapter.bias"]
