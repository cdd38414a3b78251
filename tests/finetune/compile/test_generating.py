"""How answers are computed: the layout, the probabilities beside them, merging; each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.finetune.compile import generating
from lfine.finetune.compile.machine_passes import SHARED_PREFIX_FAMILIES
from lfine.finetune.compile.plan import TrainingPlan
from lfine.schemas.task import MetricChoice
from tests.finetune.compile.bench import CARD, Bench, find
from tests.finetune.compile.test_machine_passes import told

ACCURACY = MetricChoice("accuracy", None, None, None, None, None)
BY_LIKELIHOOD = replace(ACCURACY, name="likelihood_choice")


@pytest.mark.parametrize("family", sorted(SHARED_PREFIX_FAMILIES))
def test_a_checked_family_is_packed(bench: Bench, family: str) -> None:
    notes = bench.notes()
    card = replace(CARD, model_type=family, sliding_window=None)
    assert generating.decide_generation_layout(card, notes) == ("packed", None)


def test_a_window_is_kept_and_said(bench: Bench) -> None:
    notes = bench.notes()
    assert generating.decide_generation_layout(replace(CARD, sliding_window=100), notes) == ("packed", 100)
    assert "rows that could exceed the 100 tokens attended to are padded" in told(notes, "generation.layout")[2]


def test_an_unchecked_family_is_padded(bench: Bench) -> None:
    notes = bench.notes()
    assert generating.decide_generation_layout(replace(CARD, model_type="bloom"), notes) == ("padded", None)
    assert "the family bloom were not compared" in told(notes, "generation.layout")[2]


@pytest.mark.parametrize(
    ("asked", "metrics", "labels", "expected", "reason"),
    [
        ("auto", [ACCURACY], (), False, "no metric reads them"),
        ("auto", [ACCURACY], ("a", "b"), True, "how sure the model is"),
        ("auto", [ACCURACY, BY_LIKELIHOOD], (), True, "the metric likelihood_choice reads them"),
        ("false", [BY_LIKELIHOOD], ("a", "b"), False, ""),
        ("true", [ACCURACY], (), True, ""),
    ],
)
def test_probabilities_are_recorded_where_somebody_reads_them(
    bench: Bench, asked: str, metrics: list[MetricChoice], labels: tuple[str, ...], expected: bool, reason: str
) -> None:
    overrides = [f"generation.probabilities={asked}"]
    notes = bench.notes(overrides)
    assert generating.decide_probabilities(bench.task(overrides), metrics, labels, notes) is expected
    assert reason in told(notes, "generation.probabilities")[2]


@pytest.fixture
def training(bench: Bench) -> TrainingPlan:
    return bench.compile(["trainer.dtype=float32"]).plan.training


def test_an_adapter_is_merged_in_float32_alone(training: TrainingPlan) -> None:
    assert training.adapter is not None
    assert generating.merges(training)[0]
    half = replace(training, model=replace(training.model, dtype="bfloat16"))
    four = replace(training, model=replace(training.model, quantization=QuantizationPlan(4, "nf4", True, "float32")))
    biased = replace(training, adapter=replace(training.adapter, bias="all"))
    whole = replace(training, adapter=replace(training.adapter, modules_to_save=("lm_head",)))
    for other, reason in (
        (half, "in bfloat16"),
        (four, "weights of 4 bits"),
        (biased, "biases"),
        (whole, "whole layers"),
        (replace(training, adapter=None), "there is no adapter"),
    ):
        assert (generating.merges(other)[0], reason in generating.merges(other)[1]) == (False, True)


def test_the_plan_says_all_three(bench: Bench) -> None:
    plan = bench.compile(["trainer.dtype=float32"]).plan
    assert plan.evaluation.generation is not None
    assert (plan.evaluation.generation.layout, plan.evaluation.generation.probabilities) == ("packed", True)
    assert find(plan.decisions, "generation: adapter merged").value is True
