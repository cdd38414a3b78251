"""The adapter that training goes on from: found, hashed, compared value by value, without torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile.adapter_start import adapter_problems, read_adapter_start
from lfine.finetune.compile.plan import AdapterPlan, AdapterStart
from lfine.schemas.errors import TaskError

PLAN = AdapterPlan(
    r=4,
    alpha=8,
    dropout=0.1,
    target_modules=("v_proj", "q_proj"),
    use_rslora=False,
    use_dora=False,
    bias="none",
    init="default",
    rank_pattern={},
    alpha_pattern={},
    modules_to_save=(),
    start=None,
)
WEIGHTS = b"weights"
SAVED = {
    "peft_type": "LORA",
    "r": 4,
    "lora_alpha": 8.0,
    "target_modules": ["q_proj", "v_proj"],
    "use_rslora": False,
    "use_dora": False,
    "bias": "none",
    "rank_pattern": {},
    "alpha_pattern": {},
    "modules_to_save": None,
    "lora_dropout": 0.3,
}


def write_adapter(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({**SAVED, **changes}), encoding="utf-8")
    (folder / "adapter_model.safetensors").write_bytes(WEIGHTS)
    return folder


def started(folder: Path, plan: AdapterPlan = PLAN) -> AdapterPlan:
    return replace(plan, start=AdapterStart(str(folder), "0"))


def test_a_run_s_folder_and_an_adapter_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_adapter(tmp_path / "runs" / "one" / "adapter")
    for path in ("runs/one", "runs/one/adapter", str(folder)):
        start = read_adapter_start(path, tmp_path)
        assert start == AdapterStart(str(folder), hashlib.sha256(WEIGHTS).hexdigest())
    monkeypatch.chdir(tmp_path)
    assert read_adapter_start("runs/one", tmp_path / "elsewhere").folder == str(folder)


@pytest.mark.parametrize("missing", ["adapter_config.json", "adapter_model.safetensors"])
def test_no_adapter(missing: str, tmp_path: Path) -> None:
    (write_adapter(tmp_path / "one") / missing).unlink()
    with pytest.raises(TaskError) as caught:
        read_adapter_start("one", tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF293", "adapter.from")
    assert "'one'" in problem.message


def test_an_adapter_of_the_same_shape(tmp_path: Path) -> None:
    assert adapter_problems(started(write_adapter(tmp_path / "one"))) == []


def test_all_linear_is_compared_when_it_is_loaded(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "one", target_modules=["q_proj", "up_proj"])
    assert adapter_problems(started(folder, replace(PLAN, target_modules="all-linear"))) == []


@pytest.mark.parametrize(
    ("key", "there", "shown"),
    [
        ("r", 16, "16"),
        ("lora_alpha", 16.0, "16"),
        ("target_modules", ["q_proj"], "[q_proj]"),
        ("use_rslora", True, "true"),
        ("use_dora", True, "true"),
        ("bias", "all", "all"),
        ("rank_pattern", {"q_proj": 2}, "{q_proj: 2}"),
        ("alpha_pattern", {"q_proj": 2}, "{q_proj: 2}"),
        ("modules_to_save", ["lm_head"], "[lm_head]"),
    ],
)
def test_each_difference_is_named(key: str, there: object, shown: str, tmp_path: Path) -> None:
    (problem,) = adapter_problems(started(write_adapter(tmp_path / "one", **{key: there})))
    name = key.removeprefix("lora_")
    assert (problem.code, problem.path) == ("LF291", f"adapter.{name}")
    assert f"has {shown}" in problem.message
    assert f"`{name}: {shown}`" in problem.cure


def test_all_differences_at_once(tmp_path: Path) -> None:
    problems = adapter_problems(started(write_adapter(tmp_path / "one", r=2, lora_alpha=4, bias="all")))
    assert [problem.path for problem in problems] == ["adapter.r", "adapter.alpha", "adapter.bias"]


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({**SAVED, "peft_type": "IA3"}), json.dumps({"r": 4})])
def test_a_folder_that_is_no_lora_adapter(content: str, tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "one")
    (folder / "adapter_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(TaskError) as caught:
        adapter_problems(started(folder))
    assert caught.value.problems[0].code == "LF293"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"init": "orthogonal", "r": 7}, "LF292", "a rank is 7"),
        ({"init": "orthogonal", "rank_pattern": {"q_proj": 3}}, "LF292", "a rank is 3"),
        ({"init": "pissa", "use_dora": True}, "LF292", "use_dora"),
        ({"init": "olora", "use_dora": True}, "LF292", "use_dora"),
    ],
)
def test_first_values_that_do_not_exist(changes: dict[str, Any], code: str, said: str) -> None:
    (problem,) = adapter_problems(replace(PLAN, **changes))
    assert problem.code == code
    assert said in problem.message


def test_first_values_beside_a_start(tmp_path: Path) -> None:
    folder = write_adapter(tmp_path / "one")
    (problem,) = adapter_problems(started(folder, replace(PLAN, init="gaussian")))
    assert problem.code == "LF248"


@pytest.mark.parametrize("init", ["default", "gaussian", "orthogonal", "pissa", "olora", "eva"])
def test_every_init_is_possible(init: str) -> None:
    assert adapter_problems(replace(PLAN, init=init)) == []
