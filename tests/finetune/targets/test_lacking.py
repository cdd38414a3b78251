"""Nothing that a plan asks for is lost without a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.finetune.compile.plan import SelectionPlan
from lfine.finetune.targets.lacking import FEATURES, lacking
from lfine.finetune.targets.registry import find, names
from lfine.finetune.targets.written import Source
from tests.finetune.targets.conftest import with_adapter, with_training

SELECTION = SelectionPlan(by="loss", early_stop=3, steps_per_evaluation=5, validation_sample=5, evaluation_sample=0)


def loaded(source: Source) -> Source:
    """A plan that uses every feature."""
    adapter = {"bias": "all", "use_rslora": True, "use_dora": True, "init": "eva", "rank_pattern": {"q": 4}}
    source = with_adapter(source, **adapter, modules_to_save=("lm_head",))
    training = source.plan.training
    generation = source.plan.evaluation.generation
    assert generation is not None
    generation = replace(generation, stop=("\n",), min_p=0.1, constrain="labels")
    evaluation = replace(source.plan.evaluation, generation=generation)
    source = replace(source, plan=replace(source.plan, evaluation=evaluation))
    return with_training(
        source,
        model=replace(training.model, revision="abc", trust_remote_code=True),
        machine=replace(training.machine, deterministic=True, layout="shared_prefix"),
        prompt_loss_weight=0.1,
        label_smoothing=0.1,
        neftune_noise_alpha=5.0,
        selection=SELECTION,
        evaluation_sample=10,
        validation_sample=1,
        trackers=("wandb",),
    )


def test_a_system_that_can_nothing_lacks_every_feature_used(source: Source) -> None:
    used = {name for name, feature in FEATURES.items() if feature.used(loaded(source).plan)}
    assert set(FEATURES) - used == {"start", "best_by_metric"}
    assert len(lacking(loaded(source).plan, ())) == len(used)


def test_what_is_not_used_is_not_listed(source: Source) -> None:
    text = "\n".join(lacking(source.plan, ()))
    assert "label_smoothing" not in text
    assert "revision" not in text


def test_a_name_that_is_no_feature_is_our_mistake(source: Source) -> None:
    with pytest.raises(ValueError, match="rslorra"):
        lacking(source.plan, ("rslorra",))


def test_selection_by_a_metric(source: Source) -> None:
    chosen = replace(SELECTION, by="accuracy")
    found = lacking(with_training(source, selection=chosen).plan, ("best_by_loss",))
    assert any("save_best_by accuracy" in sentence for sentence in found)


@pytest.mark.parametrize("name", [name for name in names() if name != "native"])
def test_every_target_accounts_for_a_full_plan(name: str, source: Source) -> None:
    """Each feature is either listed as lacking, or turns up in the configuration."""
    plain, full = find(name)(source), find(name)(loaded(source))
    assert len(full.lacks) > len(plain.lacks)
    assert full.files[full.main] != plain.files[plain.main]
