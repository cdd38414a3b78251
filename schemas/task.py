"""What one task file says, as frozen records: the first station of the straight line.

    Task(name="viggo", base_model="mistralai/Mistral-7B-v0.1", dataset=Dataset(path="viggo.parquet", …), …)

`None` means "not given, or null": a value that lfine.finetune.compile derives (and explains). Constant defaults stand
in task.schema.json and nowhere else, so no field here has one. Field names are the keys of the file.

*Not here:* reading files (lfine.schemas.loading), filling defaults (lfine.schemas.building), deriving values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SplitType = Literal["fixed", "hash", "random", "stratify", "group", "datetime"]
SplitName = Literal["train", "validation", "test"]
OutputType = Literal["text", "category", "number", "json", "sql"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]


@dataclass(frozen=True)
class BaseModel:
    """The model to adapt; in the file also its bare id."""

    id: str
    """Hub id, local folder, local .gguf file, or a name of the catalogue."""
    revision: str | None
    """Branch, tag or commit of a hub model."""
    trust_remote_code: bool
    """Run code that comes with the model; needs --allow-code too."""


@dataclass(frozen=True)
class Column:
    """How one column is made, step by step in the order of the fields."""

    from_: str | None
    """The column to make it from (`from` in the file); None: the column of the same name."""
    template: str | None
    """In place of `from_`: text with `{column}` placeholders."""
    json: str | None
    """Read the text as JSON and take the value at this dotted path; `$` is the whole."""
    entities: str | None
    """The column of BIO tags of the tokens in this one: type → texts."""
    pick: int | str | None
    """Item of the list to take: its number, or the column that holds the number."""
    values: dict[str, str | int | float | bool] | None
    """Value → value, in a list item by item."""
    letters: bool
    """Items of a list get `A. `, `B. `, …; a number becomes its letter."""
    join: str | None
    """Text between the items of a list."""
    decimal: Literal[",", "."] | None = field(default=None, kw_only=True)
    """The sign before the decimals of texts that are read as numbers; plans of runs from before it lack it."""
    cast: Literal["integer", "number", "text", "json"] | None


@dataclass(frozen=True)
class Dataset:
    """Exactly one of `path`, `hub` and `train` is given."""

    path: str | None
    """A file with all rows, or with the training rows only when a split is made by hash."""
    hub: str | None
    """A dataset id of a hub."""
    name: str | None
    """The configuration of a hub dataset."""
    revision: str | None
    """The revision of a hub dataset."""
    train: str | None
    """A file of training rows; then `preprocessing.split` must not be given."""
    validation: str | None
    """A file of validation rows, beside `train`."""
    test: str | None
    """A file of test rows, beside `train`."""
    sha256: str | None
    """What the file of `path` must hash to."""
    format: Literal["auto", "table", "messages", "sharegpt", "alpaca", "prompt_completion"]
    """Form of the rows."""
    sheet: int | str | None
    """XLSX: name or number (from 1) of the sheet."""
    columns: dict[str, Column]
    """Columns made or changed before anything else sees the rows."""
    missing_columns: Literal["error", "empty"] = "error"
    """What a column is that only some of the files have; not in plans of before there was the key."""


@dataclass(frozen=True)
class Examples:
    """Few-shot examples of every prompt; in the file also their bare number."""

    count: int
    row_ids: tuple[int, ...] | None
    """Training rows to show; None: chosen by the seed."""
    seed: int


@dataclass(frozen=True)
class Prompt:
    """How a row becomes a prompt."""

    template: str | None
    """Text with `{column}` placeholders; literal braces are doubled. None: `messages` is given."""
    system: str | None
    """System text of the chat; only with a chat template."""
    chat: Literal["auto", "none"]
    """auto: the model's own chat template where it has one."""
    examples: Examples
    messages: str | None
    """The column of whole conversations, in place of template and output feature."""
    loss_on: Literal["all", "last"]
    """messages: which turns of the assistant are learned."""


@dataclass(frozen=True)
class OutputFeature:
    """The column to learn; in the file also the bare column name."""

    name: str
    """The column that holds the answer."""
    type: OutputType | None
    """None: found out from the training rows."""
    labels: tuple[str, ...] | None
    """Allowed answers of a category; None: those of the training rows, most frequent first."""
    schema: str | None
    """json: a file with the JSON Schema of the answers."""


@dataclass(frozen=True)
class Split:
    """How rows are divided into train, validation and test."""

    type: SplitType | None
    """None: fixed when the data have a column `split`, else hash."""
    column: str | None
    """fixed: the column that says the split (default `split`); stratify, group, datetime: the column to go by."""
    probabilities: tuple[float, ...]
    """All but fixed: shares of train, validation and test."""
    seed: int
    """All but fixed and datetime: another seed gives another division."""


@dataclass(frozen=True)
class Preprocessing:
    split: Split
    max_sequence_length: int | str | None
    """Tokens of prompt and completion: a number, a percentile of the training rows (`p95`), or None (the context)."""
    truncation: Literal["end", "start", "drop", "error"]
    """Training rows that are too long: which side of the longest column is cut, or the row left out, or refused."""
    sample_ratio: float
    """Share of the training rows that is used, drawn by the split's seed."""


@dataclass(frozen=True)
class Adapter:
    """A low-rank adapter (LoRA, Hu et al. 2021)."""

    type: Literal["lora"]
    r: int
    """Rank."""
    alpha: int | None
    """Scale numerator; None: 2r."""
    dropout: float
    target_modules: tuple[str, ...] | str | None
    """Names of linear layers, or `all-linear`; None: those of the model's family."""
    use_rslora: bool
    """Scale alpha/sqrt(r) in place of alpha/r."""
    use_dora: bool
    bias: Literal["none", "all", "lora_only"]
    init_lora_weights: Literal["default", "gaussian", "orthogonal", "pissa", "olora", "eva"]
    rank_pattern: dict[str, int]
    """Name (or regular expression) of layers → rank."""
    alpha_pattern: dict[str, int]
    modules_to_save: tuple[str, ...]
    """Layers trained whole and saved with the adapter."""
    from_: str | None
    """Folder of an adapter or a run to go on from (`from` in the file)."""


@dataclass(frozen=True)
class Quantization:
    """Weights of the frozen base model in few bits (QLoRA, Dettmers et al. 2023)."""

    bits: Literal[4, 8] | None
    """None: weights as stored."""
    bnb_4bit_quant_type: Literal["nf4", "fp4"]
    bnb_4bit_use_double_quant: bool
    """Quantize the scales too."""
    bnb_4bit_compute_dtype: Dtype


@dataclass(frozen=True)
class Optimizer:
    type: Literal["adamw", "adafactor", "lion", "sgd", "adamw_8bit", "lion_8bit", "paged_adamw", "paged_adamw_8bit"]
    betas: tuple[float, float] | None
    """None: those of the optimizer's paper."""
    eps: float | None
    weight_decay: float
    momentum: float | None
    """SGD only."""


@dataclass(frozen=True)
class LearningRateScheduler:
    decay: Literal["cosine", "linear", "constant", "inverse_sqrt", "wsd"]
    warmup_fraction: float | None
    """Share of the updates over which the rate rises from 0; None: 3%, at most 100 updates."""


@dataclass(frozen=True)
class Trainer:
    type: Literal["finetune"]
    """Ludwig's word; the only one so far."""
    epochs: float | None
    """Passes over the training rows; None: 3 unless train_steps is given."""
    train_steps: int | None
    """Updates; excludes epochs."""
    batch_size: int | Literal["auto"]
    """Examples in one update; auto: 0.2% of the training rows, from 1 to 256."""
    micro_batch_size: int | Literal["auto"]
    """Examples computed at once: a memory decision that never changes the result."""
    learning_rate: float
    learning_rate_multiplier: float
    learning_rate_scheduler: LearningRateScheduler
    optimizer: Optimizer
    max_grad_norm: float | None
    """Gradients are scaled down to this norm; None: never."""
    steps_per_evaluation: int | None
    """Updates between two validation losses; None: a tenth of the run."""
    validation_sample: int
    """Validation rows used for the validation loss, the first of the fixed order."""
    steps_per_checkpoint: int | None
    """Updates between two checkpoints; None: as evaluation."""
    keep: int
    """Checkpoints kept, the newest; the best one besides."""
    save_best_by: str | None
    """loss or a value of the task's metrics; None: the last update's weights are the adapter."""
    early_stop: int | None
    """Evaluations in a row without a better one after which training stops."""
    evaluation_sample: int
    """Validation rows answered and scored at every evaluation."""
    prompt_loss_weight: float
    label_smoothing: float
    neftune_noise_alpha: float | None
    gradient_checkpointing: bool | Literal["auto"]
    """Compute activations again in the backward pass: less memory, a third more time."""
    deterministic: bool
    trackers: tuple[Literal["tensorboard", "mlflow", "wandb", "trackio"], ...]
    dtype: Dtype
    device: Literal["auto", "cpu", "cuda", "mps"]
    seed: int


@dataclass(frozen=True)
class Generation:
    max_new_tokens: int | Literal["auto"]
    """auto: the longest training completion plus 10%."""
    temperature: float
    """0: greedy."""
    top_p: float | None
    top_k: int | None
    min_p: float | None
    repetition_penalty: float
    stop: tuple[str, ...]
    """Texts that end an answer and are not part of it."""
    seed: int
    constrain: Literal["labels", "json_schema"] | None
    probabilities: bool | Literal["auto"]
    """Whether log-probabilities of labels and gold answers are recorded."""


@dataclass(frozen=True)
class MetricChoice:
    """One metric and its parameters; in the file also its bare name. None: the metric's own default."""

    name: str
    average: Literal["macro", "micro", "weighted", "binary"] | None
    positive: str | None
    beta: float | None
    case: bool | None
    stemmer: bool | None
    range: float | None = None
    """bounded_error: the difference between the largest and the smallest possible number."""
    tokenize: Literal["13a", "intl", "char", "zh", "none"] | None = None
    """bleu: sacrebleu's way of splitting a text into words."""
    word_order: int | None = None
    """chrf: longest word n-gram beside the character n-grams."""
    dialect: str | None = None
    """sql_exact: sqlglot's name of the SQL dialect."""
    databases: str | None = None
    """sql_execution: folder of SQLite files."""
    database: str | None = None
    """sql_execution: column that names the database of a row."""
    seconds: float | None = None
    """sql_execution, code_execution, custom: how long one query, program or example may take."""
    k: tuple[int, ...] | None = None
    """code_execution: the k of pass@k."""
    prompt: str | None = None
    """code_execution: column whose text stands before the answer."""
    test: str | None = None
    """code_execution: column with the tests."""
    entry_point: str | None = None
    """code_execution: column with the name of the function that the tests are given."""
    function: str | None = None
    """custom: FILE.py:NAME."""


@dataclass(frozen=True)
class Extract:
    """What of an answer is scored; in the file also the bare type."""

    type: Literal["none", "first_line", "regex", "json_field", "last_number", "label"]
    pattern: str | None
    """regex: its first group, or the whole match, of the last place where it matches."""
    field: str | None
    """json_field: dotted path."""


@dataclass(frozen=True)
class Evaluation:
    metrics: tuple[MetricChoice, ...] | None
    """None: accuracy for a category, rouge for text."""
    sample_size: int
    """Held-out rows scored."""
    split: Literal["test", "validation"]
    seed: int
    """Of the held-out sample's order and of the bootstrap."""
    extract: Extract
    baselines: tuple[str, ...]
    """Scored beside the model: majority, tfidf, base, few_shot."""
    few_shot_examples: int
    """Training rows in the prompts of the baseline few_shot."""
    confidence: float
    """Level of the intervals."""
    interval: Literal["percentile", "bca"] = "percentile"
    """How they are made from the bootstrap; plans from before the key used percentiles."""
    references: str | None = None
    """Column with further right answers of a row."""
    choices: str | None = None
    """Column with the texts that a row's labels stand for."""


@dataclass(frozen=True)
class Cost:
    """Prices in US dollars; None: not known."""

    gpu_hour_usd: float | None
    training_usd_per_million_tokens: float | None
    input_usd_per_million_tokens: float | None
    output_usd_per_million_tokens: float | None


@dataclass(frozen=True)
class Task:
    """One task file, whole."""

    name: str
    """Default: the file's stem."""
    description: str | None
    extends: str | None
    """The file that this one was laid over."""
    base_model: BaseModel
    dataset: Dataset
    prompt: Prompt
    output_feature: OutputFeature | None
    """None only where prompt.messages is given."""
    preprocessing: Preprocessing
    adapter: Adapter | None
    """None: written as `adapter: null`, full fine-tuning."""
    quantization: Quantization | None
    trainer: Trainer
    generation: Generation
    evaluation: Evaluation
    cost: Cost
