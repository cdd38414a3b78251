"""The plan: everything that is decided, in one record and one file; what comes after it only obeys.

    Plan(task=Task(…), training=TrainingPlan(steps=160, …), evaluation=EvaluationPlan(rows=1000, …), decisions=(…))

plan.json holds the two halves, their hashes and every decision with its origin and reason.

*Not here:* deciding (lfine.finetune.compile.passes), reading and writing the file (lfine.finetune.compile.files).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from lfine.finetune.catalogue.quantization_plan import QuantizationPlan
from lfine.schemas.records import digest, to_json
from lfine.schemas.task import Cost, Extract, MetricChoice, Task


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
    revision: str | None
    """Of a hub model, as the task names it."""
    trust_remote_code: bool
    """Code that comes with the model is run: the task says so, and the command line allowed it."""
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
    template: str | None
    """None: whole conversations, from the column `messages`."""
    system: str | None
    chat_used: bool
    example_rows: tuple[int, ...]
    """Row ids of the few-shot examples in every prompt, in their order."""
    messages: str | None
    """The column of conversations."""
    loss_on: str
    """Conversations: all or last turn of the assistant."""
    hash: str
    """Of template, system text, chat template, tokenizer and end token together."""


@dataclass(frozen=True)
class DataPlan:
    split: str
    """fixed, hash, random, stratify, group, datetime, or files (separate files, hub splits)."""
    split_column: str | None
    train_rows: int
    """After preprocessing.sample_ratio."""
    validation_rows: int
    test_rows: int
    train_hash: str
    """Of the content of the training rows, in order; every column counts but the one that says the split."""
    output_column: str | None
    """None: whole conversations."""
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
    stems: float = 0.0
    """Share of the tokens behind the prefix that some examples of an update share, and one computes for all of them."""


@dataclass(frozen=True)
class AdapterStart:
    """An adapter that training goes on from."""

    folder: str
    """Absolute."""
    sha256: str
    """Of its weights: the same folder with other weights is another plan."""


@dataclass(frozen=True)
class AdapterPlan:
    r: int
    alpha: int
    dropout: float
    target_modules: tuple[str, ...] | str
    use_rslora: bool
    use_dora: bool
    bias: str
    """none, all or lora_only: biases that are trained too."""
    init: str
    """default, gaussian, orthogonal, pissa, olora or eva."""
    rank_pattern: dict[str, int]
    alpha_pattern: dict[str, int]
    modules_to_save: tuple[str, ...]
    """Layers trained whole and saved with the adapter."""
    start: AdapterStart | None
    """The adapter whose weights training goes on from."""


@dataclass(frozen=True)
class OptimizerPlan:
    type: str
    betas: tuple[float, float]
    """AdamW and Lion."""
    eps: float
    """AdamW."""
    weight_decay: float
    momentum: float
    """SGD."""


@dataclass(frozen=True)
class SelectionPlan:
    """Which evaluation decides what the adapter is and when training ends; then the cadence changes the weights."""

    by: str
    """loss, or the name of a metric's value."""
    early_stop: int | None
    """Evaluations in a row without a better one."""
    steps_per_evaluation: int
    validation_sample: int
    evaluation_sample: int
    answers: str | None = None
    """Where a metric decides: hash of how the answers are made and scored."""
    rows: str | None = None
    """Hash of the content of the validation rows that decide, in order."""


@dataclass(frozen=True)
class MachinePlan:
    """How the update is computed on this machine: changes speed and memory, never the result."""

    device: str
    layout: str
    """shared_prefix: one packed row, the common prompt tokens once; padded: one row for each example."""
    micro_batch_size: int
    """Examples computed at once; as many of the longest kind as the memory holds."""
    gradient_checkpointing: bool
    deterministic: bool
    """Operations whose result differs from run to run are refused."""
    micro_batch_tokens: int = 0
    """Tokens of their own that more examples than that may have together; 0: they are counted alone."""
    checkpointed_layers: int | None = None
    """With gradient checkpointing: how many layers, from the first, are computed again; None: all of them."""
    kernels: tuple[str, ...] = ()
    """norm, gate, adapter: operations that are one step of autograd each; liger: that library's fused ones."""
    attention: str = "explicit"
    """In packed rows. explicit: the weights written out; flex: FlexAttention's compiled kernel, which keeps none."""


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that can change the weights, how they are computed (`machine`), and what is kept and shown."""

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
    """Highest rate of the schedule, the multiplier of the task included."""
    decay: str
    """cosine, linear, constant, inverse_sqrt or wsd."""
    warmup_steps: int
    optimizer: OptimizerPlan
    max_grad_norm: float | None
    prompt_loss_weight: float
    label_smoothing: float
    neftune_noise_alpha: float | None
    seed: int
    selection: SelectionPlan | None
    """None: every update of the plan is done, and the last one's weights are the adapter."""
    steps_per_evaluation: int
    validation_sample: int
    evaluation_sample: int
    """Validation rows answered and scored at every evaluation; 0: none."""
    steps_per_checkpoint: int
    keep: int
    """Checkpoints kept, the newest; the best one besides."""
    trackers: tuple[str, ...]
    machine: MachinePlan


@dataclass(frozen=True)
class GenerationPlan:
    max_new_tokens: int
    temperature: float
    """0: greedy."""
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repetition_penalty: float
    stop: tuple[str, ...]
    """Texts that end an answer and are not part of it."""
    seed: int
    """Of the draw; each row has its own stream."""
    constrain: str | None
    """labels or json_schema: what can be answered at all."""
    json_schema: str | None
    """The JSON Schema of the answers, as text; only with constrain json_schema."""
    batch_size: int
    """Prompts answered at once: a memory decision that never changes the text."""
    probabilities: bool = False
    """Whether the probability of each label and of the gold answer is recorded beside the answers."""
    layout: str = "packed"
    """packed: each step is one row without padding; padded: transformers' own cache."""
    window: int | None = None
    """Tokens attended to, where fewer than the context; longer rows are padded."""


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
    metrics: tuple[MetricChoice, ...]
    extract: Extract
    baselines: tuple[str, ...]
    few_shot_rows: tuple[int, ...]
    """Training rows in the prompts of the baseline few_shot; empty without it."""
    confidence: float
    output_type: str
    labels: tuple[str, ...]
    schema: str | None
    """JSON Schema of a json output, as text."""
    generation: GenerationPlan | None
    """None when somebody else's predictions are scored."""
    references: str | None = None
    """Column with further right answers."""
    choices: str | None = None
    """Column with the texts of the labels."""
    interval: Literal["percentile", "bca"] = "percentile"
    """How intervals are made from the bootstrap; in no hash: it changes no score."""


@dataclass(frozen=True)
class MemoryPart:
    """One part of the memory that training takes at its peak."""

    name: str
    bytes: int
    reason: str


@dataclass(frozen=True)
class EvaluationCost:
    """What evaluating on the way adds to the updates."""

    evaluations: int = 0
    """How often, at most: a run that stops early has fewer."""
    loss_rows: int = 0
    """Validation rows whose loss is taken each time."""
    answered_rows: int = 0
    """Validation rows that are answered and scored each time."""
    share: float = 0.0
    """Arithmetic of all evaluations, in proportion to that of the updates."""
    seconds: float | None = None
    """At the speed of training; None: that is not known."""


@dataclass(frozen=True)
class Estimate:
    """What the run will take, before it is begun; in no hash."""

    trainable_parameters: int
    memory: tuple[MemoryPart, ...]
    """At the peak of training, with the micro-batch of the plan."""
    available: int
    """Bytes of the device that training may take."""
    largest_micro_batch: int
    """That fits; 0: not even one example does."""
    keys_and_values: int
    """Bytes of the answers' keys and values, at the generation batch of the plan."""
    trained_tokens: int
    """Tokens of all examples seen, prompts and completions."""
    computed_tokens: int
    """Of these, how many are computed: a shared prefix once for each micro-batch, padding included."""
    seconds: float | None
    """Of training, loading and evaluation left out; None: nothing is known of this device's speed."""
    speed: str
    """Where the speed comes from, or why there is none."""
    usd: float | None
    """None: no price given, or no time known."""
    evaluating: EvaluationCost = EvaluationCost()


@dataclass(frozen=True)
class Plan:
    task: Task
    """What the task said, overrides applied and defaults filled in."""
    folder: str
    """Absolute folder of the task file: where its relative paths begin."""
    training: TrainingPlan
    evaluation: EvaluationPlan
    cost: Cost
    """Prices, in no hash."""
    estimate: Estimate
    decisions: tuple[Decision, ...]

    @property
    def plan_hash(self) -> str:
        """Hash of all that can change the weights."""
        return training_hash(self.training)

    @property
    def evaluation_hash(self) -> str:
        """Hash of generation and evaluation."""
        return evaluation_hash(self.evaluation)


HASHED_ELSEWHERE = (
    "machine",
    "steps_per_evaluation",
    "validation_sample",
    "evaluation_sample",
    "steps_per_checkpoint",
    "keep",
    "trackers",
)
"""Fields of TrainingPlan that change time, memory and what is shown but not the weights (those that do: selection)."""
NO_WEIGHTS = {
    "model": ("name", "revision"),  # the identity says which weights they are, whatever they are called
    "data": ("split", "split_column", "validation_rows", "test_rows", "output_type", "labels"),
    "length": ("shared_prefix", "stems"),  # also of the validation rows; how it is computed, not what
}
"""Fields of its records that cannot change the weights either."""


def weights_record(training: TrainingPlan) -> dict[str, Any]:
    """Return, as JSON, what of the plan can change the weights."""
    record = {key: value for key, value in to_json(training).items() if key not in HASHED_ELSEWHERE}
    for name, fields in NO_WEIGHTS.items():
        record[name] = {key: value for key, value in record[name].items() if key not in fields}
    return record


def training_hash(training: TrainingPlan) -> str:
    """Return the hash of the half of the plan that can change the weights."""
    return digest(weights_record(training))


def evaluation_hash(evaluation: EvaluationPlan) -> str:
    """Return the hash of the half of the plan that can change a score; the generation batch cannot."""
    made = None if evaluation.generation is None else without_machine(evaluation.generation)
    record = to_json(replace(evaluation, generation=made))
    del record["interval"]
    return digest(record)


def without_machine(generation: GenerationPlan) -> GenerationPlan:
    """Return the plan without what only changes how fast the answers come."""
    return replace(generation, batch_size=1, layout="packed", window=None)
