"""What is measured during training: the validation loss, and the task's own metrics on rows that the model answers.

    evaluate(engine, rows, sample) -> Evaluation(loss=0.61, metrics={"accuracy": 0.84})

The answers are generated as in `lfine evaluate`, by the same code from the same prompts, so a score of the last update
is the one that evaluation would give on these rows. The random state of training is not touched: an answer that is
drawn has a stream of its own.

*Not here:* when (lfine.finetune.train.loop), what is done about it (selection.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lfine.evaluation.metrics.registry import find
from lfine.evaluation.records import Prediction, ScoringSettings
from lfine.evaluation.scoring import higher_is_better, quick_scores
from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.compile.encoding import asked_prompts
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.plan import EvaluationPlan, SelectionPlan
from lfine.finetune.compile.prepare import Prepared
from lfine.finetune.generate.local_answers import Asking, answer_texts, asking
from lfine.finetune.train.losses import Engine, mean_loss
from lfine.finetune.train.shared_attention import use_packed_rows

LOSS = "loss"


@dataclass(frozen=True)
class AnsweredSample:
    """Validation rows that are answered at every evaluation."""

    rows: tuple[Prediction, ...]
    """Without an answer."""
    prompts: tuple[tuple[int, ...], ...]
    """Token ids, within the model's context."""
    asking: Asking
    scoring: ScoringSettings


@dataclass(frozen=True)
class Evaluation:
    """One point of the curves."""

    loss: float
    metrics: dict[str, float] = field(default_factory=dict)
    """By value name; empty without a sample."""

    @property
    def values(self) -> dict[str, float]:
        """Everything that save_best_by may name."""
        return {LOSS: self.loss, **self.metrics}


def answered_sample(row_ids: Sequence[int], plan: EvaluationPlan, prepared: Prepared) -> AnsweredSample | None:
    """Return what is needed to answer and score validation rows; None without rows, or without generation."""
    if not row_ids or plan.generation is None:
        return None
    rows, model = prepared.rows.examples_of(row_ids), prepared.model
    how = asking(plan.generation, model, labels=plan.labels)
    prompts = asked_prompts(rows, model.renderer, EncodingCache())
    room = max(1, model.card.context - how.settings.max_new_tokens)  # as in evaluation a prompt loses its beginning
    return AnsweredSample(
        rows=tuple(prepared.rows.complete([Prediction(row.row_id, row.answer, None) for row in rows])),
        prompts=tuple(tuple(prompt[-room:]) for prompt in prompts),
        asking=how,
        scoring=scoring_settings(plan),
    )


def scoring_settings(plan: EvaluationPlan) -> ScoringSettings:
    """Return what scoring needs to know of a plan; without the metrics that only `lfine evaluate` computes."""
    return ScoringSettings(
        metrics=tuple(choice for choice in plan.metrics if find(choice.name).ready is None),
        output_type=plan.output_type,
        labels=plan.labels,
        extract=plan.extract,
        confidence=plan.confidence,
        interval=plan.interval,
        seed=plan.seed,
        schema=plan.schema,
    )


def evaluate(engine: Engine, rows: Sequence[EncodedExample], sample: AnsweredSample | None) -> Evaluation:
    """Return the mean loss over `rows` and the metrics on the answers to `sample`."""
    loss = mean_loss(engine, rows)
    return Evaluation(loss) if sample is None else Evaluation(loss, answered_scores(engine, sample))


def answered_scores(engine: Engine, sample: AnsweredSample) -> dict[str, float]:
    """Answer the sample's prompts with the model as it is and score the answers.

    Several processes divide the prompts, but for weights in shares, which answer a prompt only all together.
    """
    processes, texts = engine.processes, dict[int, str]()
    every = range(len(sample.prompts))
    places = every if processes.sharded else processes.places([len(prompt) for prompt in sample.prompts])
    prompts, row_ids = [sample.prompts[place] for place in places], [sample.rows[place].row_id for place in places]
    with answering(engine):
        for batch in answer_texts(engine.model, prompts, sample.asking, row_ids):
            texts |= {places[answer.number]: answer.text for answer in batch}
    told = {place: text for answered in processes.gathered(texts) for place, text in answered.items()}
    found = [replace(row, prediction=told.get(place)) for place, row in enumerate(sample.rows)]
    return processes.from_first(lambda: quick_scores(found, sample.scoring))


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """Give the model its ordinary attention and no dropout for a while."""
    training = engine.model.training
    engine.model.eval()
    if engine.packed:
        engine.model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        if engine.packed:
            use_packed_rows(engine.model, engine.machine.attention)
        engine.model.train(training)


def better_is_higher(plan: SelectionPlan | None, sample: AnsweredSample | None) -> bool:
    """Say which way is better for the value that the plan goes by."""
    if plan is None or plan.by == LOSS or sample is None:
        return False
    return higher_is_better(plan.by, sample.scoring.metrics)
