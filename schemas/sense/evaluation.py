"""Checks of `evaluation` and `cost` that need no metric to be known.

    few_shot_examples: 5 without baselines               →  LF276, nobody would see them
    early_stop: 3 with evaluation: {split: validation}   →  LF278, scored on what it was chosen by

*Not here:* metrics and their parameters (lfine.evaluation.metrics.checking), extraction (lfine.evaluation.extraction).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View


def few_shot_count_ignored(view: View) -> Iterator[Found]:
    if view.given("evaluation.few_shot_examples") and "few_shot" not in view.texts("evaluation.baselines"):
        message = "evaluation.few_shot_examples is not looked at without the baseline few_shot"
        cure = "add `baselines: [few_shot]`; examples in the model's own prompts are `prompt.examples`"
        yield Found("evaluation.few_shot_examples", message, cure)


def few_shot_of_conversations(view: View) -> Iterator[Found]:
    if view.given("prompt.messages") and "few_shot" in view.texts("evaluation.baselines"):
        message = "the baseline few_shot shows examples before a question, and prompt.messages is given"
        yield Found("evaluation.baselines", message, "use the baseline `base`")


def score_on_selection_split(view: View) -> Iterator[Found]:
    keys = [key for key in ("early_stop", "save_best_by") if view.given(f"trainer.{key}")]
    if keys and view.text("evaluation.split") == "validation":
        message = f"the score is taken on the validation rows, by which trainer.{keys[0]} chooses the adapter"
        yield Found("evaluation.split", message, f"write `split: test`, or remove `{keys[0]}`")


def two_prices_of_training(view: View) -> Iterator[Found]:
    if view.given("cost.gpu_hour_usd") and view.given("cost.training_usd_per_million_tokens"):
        message = "cost.gpu_hour_usd and cost.training_usd_per_million_tokens both say what training costs"
        yield Found("cost.training_usd_per_million_tokens", message, "keep one of them")


CHECKS = (
    Check("LF206", two_prices_of_training),
    Check("LF276", few_shot_count_ignored),
    Check("LF277", few_shot_of_conversations),
    Check("LF278", score_on_selection_split, severity="warning"),
)
