"""What one task file says, as frozen records: the first station of the straight line.

    Task(name="viggo", base_model="mistralai/Mistral-7B-v0.1", dataset=Dataset(path="viggo.parquet", …), …)

`None` means "not given, or null": a value that lfine.finetune.compile derives (and explains). Constant defaults stand
in task.schema.json and nowhere else, so no field here has one. Field names are the keys of the file.

*Not here:* reading files (lfine.schemas.loading), filling defaults (lfine.schemas.building), deriving values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SplitType = Literal["fixed", "hash"]
SplitName = Literal["train", "validation", "test"]


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


@dataclass(frozen=True)
class Prompt:
    """How a row becomes a prompt."""

    template: str
    """Text with `{column}` placeholders; literal braces are doubled."""
    system: str | None
    """System text of the chat; only with a chat template."""
    chat: Literal["auto", "none"]
    """auto: the model's own chat template where it has one."""


@dataclass(frozen=True)
class OutputFeature:
    """The column to learn; in the file also the bare column name."""

    name: str
    """The column that holds the answer."""
    type: Literal["text", "category"] | None
    """None: found out from the training rows."""
    labels: tuple[str, ...] | None
    """Allowed answers of a category; None: those of the training rows, most frequent first."""


@dataclass(frozen=True)
class Split:
    """How rows are divided into train, validation and test."""

    type: SplitType | None
    """None: fixed when the data have a column `split`, else hash."""
    column: str | None
    """fixed: the column that says the split (default `split`)."""
    probabilities: tuple[float, ...]
    """hash: shares of train, validation and test."""
    seed: int
    """hash: another seed gives another division."""


@dataclass(frozen=True)
class Preprocessing:
    split: Split
    max_sequence_length: int | str | None
    """Tokens of prompt and completion: a number, a percentile of the training rows (`p95`), or None (the context)."""
    truncation: Literal["end", "start"]
    """Which side of the longest column is cut in training rows that are too long."""


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


@dataclass(frozen=True)
class Quantization:
    """Weights of the frozen base model in few bits (QLoRA, Dettmers et al. 2023)."""

    bits: Literal[4, 8]
    bnb_4bit_quant_type: Literal["nf4", "fp4"]
    bnb_4bit_use_double_quant: bool
    """Quantize the scales too."""


@dataclass(frozen=True)
class Optimizer:
    type: Literal["adamw"]
    betas: tuple[float, float]
    eps: float
    weight_decay: float


@dataclass(frozen=True)
class LearningRateScheduler:
    decay: Literal["cosine", "linear", "constant"]
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
    batch_size: int
    """Examples in one update."""
    micro_batch_size: int | Literal["auto"]
    """Examples computed at once: a memory decision that never changes the result."""
    learning_rate: float
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
    gradient_checkpointing: bool
    """Compute activations again in the backward pass: less memory, a third more time."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"]
    device: Literal["auto", "cpu", "cuda", "mps"]
    seed: int


@dataclass(frozen=True)
class Generation:
    """Greedy decoding; sampling keys come with the evaluation rooms that need them."""

    max_new_tokens: int | Literal["auto"]
    """auto: the longest training completion plus 10%."""


@dataclass(frozen=True)
class Evaluation:
    metrics: tuple[str, ...] | None
    """None: accuracy for a category, rouge for text."""
    sample_size: int
    """Held-out rows scored."""
    split: Literal["test", "validation"]
    seed: int
    """Of the held-out sample's order and of the bootstrap."""
    extract: Literal["none", "first_line", "label"]
    """What of an answer is scored: all of it, its first line, or the one label that it names."""
    baselines: tuple[str, ...]
    """Scored beside the model: `majority` (most frequent answer), `tfidf` (TF-IDF and logistic regression)."""
    confidence: float
    """Level of the bootstrap intervals."""


@dataclass(frozen=True)
class Task:
    """One task file, whole."""

    name: str
    """Default: the file's stem."""
    description: str | None
    base_model: str
    """Hub id, local folder, local .gguf file, or a name of the catalogue."""
    dataset: Dataset
    prompt: Prompt
    output_feature: OutputFeature
    preprocessing: Preprocessing
    adapter: Adapter | None
    """None: written as `adapter: null`, full fine-tuning."""
    quantization: Quantization | None
    trainer: Trainer
    generation: Generation
    evaluation: Evaluation
