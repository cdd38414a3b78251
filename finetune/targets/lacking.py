"""What a plan asks for beyond the usual, and the sentence that says so of a system which cannot do it.

    lacking(plan, able={"rslora", "dora"}) == ("trainer.label_smoothing 0.1 is not applied", …)

A target names what it can express; everything else that the plan uses is listed, so that nothing is lost unsaid.

*Not here:* what only one target loses (its own file).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from lfine.finetune.compile.plan import AdapterPlan, GenerationPlan, Plan


class Feature(NamedTuple):
    used: Callable[[Plan], bool]
    """Whether this plan asks for it."""
    sentence: Callable[[Plan], str]
    """What is lost without it."""


def lacking(plan: Plan, able: Collection[str]) -> tuple[str, ...]:
    """Return a sentence for each feature that the plan uses and that is not among those named."""
    unknown = set(able) - set(FEATURES)
    if unknown:
        raise ValueError(f"no such features: {sorted(unknown)}")
    return tuple(
        feature.sentence(plan) for name, feature in FEATURES.items() if name not in able and feature.used(plan)
    )


def _adapter(wanted: Callable[[AdapterPlan], bool]) -> Callable[[Plan], bool]:
    return lambda plan: plan.training.adapter is not None and wanted(plan.training.adapter)


def _generation(wanted: Callable[[GenerationPlan], bool]) -> Callable[[Plan], bool]:
    return lambda plan: plan.evaluation.generation is not None and wanted(plan.evaluation.generation)


def _says(text: str) -> Callable[[Plan], str]:
    return lambda plan: text  # noqa: ARG005 (a sentence that does not depend on the plan)


def _selects(plan: Plan, kind: str) -> bool:
    chosen = plan.training.selection
    return chosen is not None and (chosen.by == "loss") == (kind == "loss")


def _evaluates(plan: Plan) -> str:
    metrics = ", ".join(metric.name for metric in plan.evaluation.metrics)
    return f"evaluation ({metrics}) is not done there: score the adapter with `lfine evaluate TASK --adapter FOLDER`"


FEATURES: dict[str, Feature] = {
    "revision": Feature(
        lambda plan: plan.training.model.revision is not None,
        lambda plan: f"base_model.revision {plan.training.model.revision}: the newest revision is loaded",
    ),
    "remote_code": Feature(
        lambda plan: plan.training.model.trust_remote_code,
        _says("base_model.trust_remote_code is not passed on: say it there yourself"),
    ),
    "bias": Feature(_adapter(lambda adapter: adapter.bias != "none"), _says("adapter.bias: biases are not trained")),
    "rslora": Feature(_adapter(lambda adapter: adapter.use_rslora), _says("adapter.use_rslora is not applied")),
    "dora": Feature(_adapter(lambda adapter: adapter.use_dora), _says("adapter.use_dora is not applied")),
    "init": Feature(
        _adapter(lambda adapter: adapter.init != "default"),
        lambda plan: (
            f"adapter.init_lora_weights {plan.training.adapter.init if plan.training.adapter else ''}: "
            "the library's default is used"
        ),
    ),
    "patterns": Feature(
        _adapter(lambda adapter: bool(adapter.rank_pattern or adapter.alpha_pattern)),
        _says("adapter.rank_pattern and alpha_pattern: every layer has the same rank and alpha"),
    ),
    "modules_to_save": Feature(
        _adapter(lambda adapter: bool(adapter.modules_to_save)),
        _says("adapter.modules_to_save: these layers are not trained"),
    ),
    "start": Feature(
        _adapter(lambda adapter: adapter.start is not None),
        _says("adapter.from: training begins with a new adapter"),
    ),
    "prompt_loss": Feature(
        lambda plan: plan.training.prompt_loss_weight > 0,
        _says("trainer.prompt_loss_weight: the prompt's tokens are not learned at all"),
    ),
    "label_smoothing": Feature(
        lambda plan: plan.training.label_smoothing > 0, _says("trainer.label_smoothing is not applied")
    ),
    "neftune": Feature(
        lambda plan: plan.training.neftune_noise_alpha is not None, _says("trainer.neftune_noise_alpha: no noise")
    ),
    "early_stop": Feature(
        lambda plan: plan.training.selection is not None and plan.training.selection.early_stop is not None,
        _says("trainer.early_stop: every update of the plan is done"),
    ),
    "best_by_loss": Feature(
        lambda plan: _selects(plan, "loss"), _says("trainer.save_best_by loss: the last update's weights are kept")
    ),
    "best_by_metric": Feature(
        lambda plan: _selects(plan, "metric"),
        lambda plan: (
            f"trainer.save_best_by {plan.training.selection.by if plan.training.selection else ''}: "
            "no metric of generated answers is computed while training"
        ),
    ),
    "evaluation_sample": Feature(
        lambda plan: plan.training.evaluation_sample > 0,
        _says("trainer.evaluation_sample: no answers are generated while training"),
    ),
    "validation_sample": Feature(
        lambda plan: plan.training.data.validation_rows > plan.training.validation_sample,
        _says("trainer.validation_sample: the data file holds just these validation rows"),
    ),
    "deterministic": Feature(
        lambda plan: plan.training.machine.deterministic, _says("trainer.deterministic is not applied")
    ),
    "trackers": Feature(lambda plan: bool(plan.training.trackers), _says("trainer.trackers: name them there")),
    "shared_prefix": Feature(
        lambda plan: plan.training.machine.layout == "shared_prefix",
        lambda plan: (
            f"the {plan.training.length.shared_prefix} tokens that all prompts begin with are computed again "
            "for every example: slower, the same result"
        ),
    ),
    "order": Feature(lambda plan: plan.training.steps > 0, _says("the order of the rows is another one")),
    "stop": Feature(_generation(lambda generation: bool(generation.stop)), _says("generation.stop is not applied")),
    "min_p": Feature(
        _generation(lambda generation: generation.min_p is not None), _says("generation.min_p is not applied")
    ),
    "constrain": Feature(
        _generation(lambda generation: generation.constrain is not None),
        _says("generation.constrain: anything can be answered"),
    ),
    "evaluation": Feature(lambda plan: bool(plan.evaluation.metrics), _evaluates),
}
"""Name → feature, in the order of the task file."""
