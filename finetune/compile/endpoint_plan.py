"""What is decided for a model of which nothing is here: how its answers are made, and the scoring of every other model.

    plan_endpoint(source, rows, notes, longest_completion=None) -> (EvaluationPlan(…, generation=…), warnings)

With a run of the task the longest training completion is known in tokens, and the plan equals that of the tuned model.
Without one there is no tokenizer: the longest training answer is measured in bytes, and no vocabulary makes more tokens
than bytes, so every training answer fits.

*Not here:* prompts (lfine.finetune.catalogue.asked), models on this machine (compiling.py).
"""

from __future__ import annotations

from lfine.finetune.compile.compiling import Source, plan_scoring
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.passes import decide_generation, decide_max_new_tokens
from lfine.finetune.compile.plan import EvaluationPlan, GenerationPlan
from lfine.finetune.compile.prepare import PreparedRows
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

FEWEST = 16
"""Tokens: some endpoints refuse a smaller limit."""
KEY = "generation.max_new_tokens"


def plan_endpoint(
    source: Source, rows: PreparedRows, notes: Notes, *, longest_completion: int | None
) -> tuple[EvaluationPlan, tuple[Problem, ...]]:
    """Decide generation and evaluation; `longest_completion` in tokens is that of a run's plan.

    Raises TaskError LF101 where max_new_tokens is left open and there is no training row to go by; LF265, LF266.
    """
    generation = endpoint_generation(source, rows, notes, longest_completion=longest_completion)
    return plan_scoring(source, rows, notes, generation)


def endpoint_generation(
    source: Source, rows: PreparedRows, notes: Notes, *, longest_completion: int | None
) -> GenerationPlan:
    """Decide how answers are made; with a run's `longest_completion` no row is looked at. Raises as plan_endpoint."""
    task, output = source.task, rows.output
    if longest_completion is not None or task.generation.max_new_tokens != "auto":
        tokens = decide_max_new_tokens(task, longest_completion or 0, notes)
    else:
        tokens = _by_bytes(source, rows, notes)
    return decide_generation(task, tokens, 1, notes, labels=output.labels, schema=output.schema, place=source.place)


def _by_bytes(source: Source, rows: PreparedRows, notes: Notes) -> int:
    longest = max((len(example.answer.encode()) for example in rows.examples("train")), default=0)
    if not longest:
        message = (
            "generation.max_new_tokens is auto, and there is no training row whose answer could say how long one is"
        )
        raise TaskError(source.place("LF101", KEY, message, "give it: `generation: {max_new_tokens: 64}`"))
    reason = f"the longest training answer has {longest} bytes, and no vocabulary makes more tokens of them"
    return notes.derived(KEY, max(FEWEST, longest), reason)
