"""The plan: everything that is decided, in one record and one file; what comes after it only obeys.

    Plan(task=Task(…), training=TrainingPlan(steps=160, …), evaluation=EvaluationPlan(rows=1000, …), decisions=(…))

plan.json holds the two halves, their hashes and every decision with its origin and reason.

*Not here:* deciding (lfine.finetune.compile.passes), reading and writing the file (lfine.finetune.compile.files).
"""

from __future__ import annotations

from dataclasses import dataclass

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.schemas.records import digest, to_json
from lfine.schemas.task import Task


@dataclass(frozen=True)
class Decision:
    """One value of the plan, where it came from and why: a line of `lfine compile --explain`."""

    path: str
    """Dotted key, as in the task file where the task file has it."""
    value: object
    origin: str
    """A line of the task file, `--set …`, `default`, or the pass that derived it."""
    reason: str


@dataclass(frozen=True)
class ModelPlan:
    name: str
    """As the task names it."""
    identity: str
    """Hash of configuration, tokenizer and weight sizes: another model under the same name is noticed."""
    family: str
    """model_type of its configuration."""
    parameters: int | None
    """None: weights that are stored quantized, of a family whose shape is not known here."""
    context: int
    """Longest sequence in tokens."""
    dtype: str
    quantization: QuantizationPlan | None


@dataclass(frozen=True)
class PromptPlan:
    template: str
    system: str | None
    chat_used: bool
    hash: str
    """Of template, system text, chat template, tokenizer and end token together."""


@dataclass(frozen=True)
class DataPlan:
    split: str
    """fixed, hash or files (separate files, hub splits)."""
    split_column: str | None
    train_rows: int
    validation_rows: int
    test_rows: int
    train_hash: str
    """Of the content of the training rows, in order; every column counts but the one that says the split."""
    output_column: str
    output_type: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class LengthPlan:
    """Token statistics of the training rows, prompt and completion together, before cutting."""

    max_sequence_length: int
    p50: int
    p95: int
    p99: int
    longest: int
    cut: int
    """Training rows whose longest column loses its end."""
    left_out: int
    """Training rows that do not fit even so."""
    shared_prefix: int
    """Tokens that every training prompt begins with."""
    longest_completion: int


@dataclass(frozen=True)
class AdapterPlan:
    r: int
    alpha: int
    dropout: float
    target_modules: tuple[str, ...] | str
    use_rslora: bool


@dataclass(frozen=True)
class MachinePlan:
    """How the update is computed on this machine: changes speed and memory, never the result."""

    device: str
    layout: str
    """shared_prefix: one packed row, the common prompt tokens once; padded: one row for each example."""
    micro_batch_size: int
    gradient_checkpointing: bool


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that can change the weights, and (in `machine`) how they are computed."""

    model: ModelPlan
    prompt: PromptPlan
    data: DataPlan
    length: LengthPlan
    truncation: str
    adapter: AdapterPlan | None
    steps: int
    """Updates."""
    batch_size: int
    """Examples in one update."""
    train_examples: int
    """Examples seen in the whole run; the last update may be smaller than batch_size."""
    learning_rate: float
    decay: str
    warmup_steps: int
    betas: tuple[float, float]
    eps: float
    weight_decay: float
    max_grad_norm: float | None
    seed: int
    steps_per_evaluation: int
    validation_sample: int
    steps_per_checkpoint: int
    machine: MachinePlan


@dataclass(frozen=True)
class GenerationPlan:
    max_new_tokens: int
    batch_size: int
    """Prompts answered at once: a memory decision that never changes the text."""


@dataclass(frozen=True)
class EvaluationPlan:
    """Everything that can change the score of given weights."""

    split: str
    sample_size: int
    """As asked for."""
    rows: int
    """Held-out rows there are: sample_size, or all when the split is smaller."""
    sample_hash: str
    seed: int
    metrics: tuple[str, ...]
    extract: str
    baselines: tuple[str, ...]
    confidence: float
    output_type: str
    labels: tuple[str, ...]
    generation: GenerationPlan | None
    """None when somebody else's predictions are scored."""


@dataclass(frozen=True)
class Plan:
    task: Task
    """What the task said, overrides applied and defaults filled in."""
    folder: str
    """Absolute folder of the task file: where its relative paths begin."""
    training: TrainingPlan
    evaluation: EvaluationPlan
    decisions: tuple[Decision, ...]

    @property
    def plan_hash(self) -> str:
        """Hash of all that can change the weights."""
        return training_hash(self.training)

    @property
    def evaluation_hash(self) -> str:
        """Hash of generation and evaluation."""
        return evaluation_hash(self.evaluation)


HASHED_ELSEWHERE = ("machine", "steps_per_evaluation", "validation_sample", "steps_per_checkpoint")
"""Fields of TrainingPlan that change time and memory but not the weights."""
NO_WEIGHTS = {
    "model": ("name",),  # the identity says which weights they are, whatever they are called
    "data": ("split", "split_column", "validation_rows", "test_rows", "output_type", "labels"),
    "length": ("shared_prefix",),  # also of the validation rows; how it is computed, not what
}
"""Fields of its records that cannot change the weights either."""


def training_hash(training: TrainingPlan) -> str:
    """Return the hash of the half of the plan that can change the weights."""
    record = {key: value for key, value in to_json(training).items() if key not in HASHED_ELSEWHERE}
    for name, fields in NO_WEIGHTS.items():
        record[name] = {key: value for key, value in record[name].items() if key not in fields}
    return digest(record)


def evaluation_hash(evaluation: EvaluationPlan) -> str:
    """Return the hash of the half of the plan that can change a score; the generation batch cannot."""
    record = to_json(evaluation)
    if record["generation"] is not None:
        del record["generation"]["batch_size"]
    return digest(record)
