"""Tasks trained one after the other on a base model that is kept: each ends with the weights that it has alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import TrainingPlan
from lfine.finetune.models.keeping import KeptBase
from lfine.finetune.train.loop import RunPlace, TrainingRows, train
from lfine.schemas.errors import RunError
from tests.finetune.models.plans import lora
from tests.finetune.train.runs import losses, run, same_weights

NF4 = QuantizationPlan(bits=4, quant_type="nf4", double_quant=True, compute_dtype="bfloat16")
KEPT = "the base model is still in memory: it is not loaded again"
CHANGED = "the last task has changed weights of the base model itself: it is loaded again"


def sequence(plan: TrainingPlan) -> list[tuple[str, TrainingPlan]]:
    """Three updates of each kind of training that could leave something behind, and after it the first one again."""
    short = replace(plan, steps=3, train_examples=24, adapter=lora(dropout=0.1))
    full = replace(short, adapter=None, learning_rate=1e-3)
    nf4 = replace(short, model=replace(plan.model, quantization=NF4))
    packed, padded = plan.machine, replace(plan.machine, layout="padded", gradient_checkpointing=True)
    assert packed.layout == "shared_prefix"
    return [
        ("first", short),
        ("checkpointed", replace(short, machine=padded, adapter=lora(r=2, use_dora=True, dropout=0.1))),
        ("pissa", replace(short, adapter=lora(init="pissa"))),
        ("kernels", replace(short, machine=replace(packed, kernels=("norm", "gate", "adapter")))),
        ("head", replace(short, adapter=lora(modules_to_save=("lm_head",)))),
        ("after head", short),
        ("full", full),
        ("after full", short),
        ("nf4", nf4),
        ("nf4 again", replace(nf4, seed=5)),
        ("last", short),
    ]


def test_each_task_ends_with_the_weights_that_it_has_alone(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    load = KeptBase(said.append)
    for name, each in sequence(plan):
        place = RunPlace(tmp_path / name, tiny_model_folder, resume=False, load=load)
        train(each, TrainingRows(rows[:22], rows[22:]), place)
    # From disk: the first one, after full, for NF4, and for the last.
    assert said == [*[KEPT] * 6, CHANGED, KEPT]
    for name, each in sequence(plan):
        run(each, rows, tmp_path / "alone" / name, tiny_model_folder)
        assert losses(tmp_path / name) == losses(tmp_path / "alone" / name), name
        assert same_weights(tmp_path / name, tmp_path / "alone" / name), name
    assert not same_weights(tmp_path / "first", tmp_path / "pissa")
    assert same_weights(tmp_path / "first", tmp_path / "last")


def test_a_task_that_fails_half_way_leaves_nothing_behind(
    plan: TrainingPlan, rows: tuple[EncodedExample, ...], tiny_model_folder: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    load = KeptBase(said.append)
    given = TrainingRows(rows[:22], rows[22:])
    wild = replace(plan, adapter=None, learning_rate=1e30, max_grad_norm=None, warmup_steps=0)
    with pytest.raises(RunError, match="LF504"):
        train(wild, given, RunPlace(tmp_path / "wild", tiny_model_folder, resume=False, load=load))
    train(plan, given, RunPlace(tmp_path / "after", tiny_model_folder, resume=False, load=load))
    assert said == [CHANGED]
    run(plan, rows, tmp_path / "alone", tiny_model_folder)
    assert same_weights(tmp_path / "after", tmp_path / "alone")
