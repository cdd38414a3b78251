"""What a target is written from and what it gives back, and the texts of its files.

    Source(plan=…, rows=(Row("train", "Q: …", " 4<|end|>"), …), tokens=Tokens(bos="<s>", …), model="/models/tiny")
    Written(files={"trl.yaml": "…", "train.jsonl": "…"}, main="trl.yaml", command="trl sft …", lacks=("…",))

*Not here:* the targets (one file each), writing to disk (lfine.targeting).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lfine.finetune.compile.plan import Plan
from lfine.schemas.task import SplitName

Config = dict[str, Any]
"""A foreign configuration: keys and values of somebody else's, written as YAML or JSON."""


@dataclass(frozen=True)
class Row:
    """One row as text, special tokens written out."""

    split: SplitName
    prompt: str
    """All that stands before the first learned token; begins with the BOS token's text where the model has one."""
    plain: str
    """The same question without a chat template: the system text, a blank line, the rendered template."""
    completion: str
    """The answer with its leading space, if the format has one, without the end token."""
    plain_completion: str
    """The same after `plain`."""


@dataclass(frozen=True)
class Tokens:
    """Texts of the base model's special tokens, and what its tokenizer does unasked."""

    end: str
    """The token that ends an answer here."""
    eos: str | None
    pad: str | None
    """The tokenizer's own padding token."""
    bos: str | None
    adds_bos: bool
    """transformers' tokenizer puts the BOS token before every text."""
    adds_space: bool
    """Every text is read as if a space stood before it (SentencePiece)."""


@dataclass(frozen=True)
class Source:
    plan: Plan
    rows: tuple[Row, ...]
    """Training and validation rows, and the held-out sample as `test`; training rows are cut to the limit."""
    tokens: Tokens
    model: str
    """What the other system loads the base model by: a hub id, or an absolute folder."""
    forged: int
    """Control tokens that stand in the data's own text."""

    def of(self, split: SplitName) -> list[Row]:
        """Return the rows of one split."""
        return [row for row in self.rows if row.split == split]


@dataclass(frozen=True)
class Written:
    files: Mapping[str, str]
    """Name → text."""
    main: str
    """The configuration among them."""
    command: str
    """Starts the training, in the folder of the files."""
    lacks: tuple[str, ...]
    """What of the task the other system cannot express, one sentence each."""
    notes: tuple[str, ...] = ()
    """How to read the files: data and units."""


def micro_batch(plan: Plan) -> tuple[int, int]:
    """Return the micro-batch and how many make an update: the plan's, lowered to what divides the batch."""
    batch, wanted = plan.training.batch_size, plan.training.machine.micro_batch_size
    size = next(size for size in range(min(batch, wanted), 0, -1) if batch % size == 0)
    return size, batch // size


def dtype_flags(plan: Plan) -> Config:
    """Return `bf16` and `fp16`, as three of the targets spell them."""
    dtype = plan.training.model.dtype
    return {"bf16": dtype == "bfloat16", "fp16": dtype == "float16"}


def yaml_text(written: Written, title: str, config: Config) -> str:
    """Return a configuration with its command, notes and losses in comments above it."""
    import yaml

    lines = [f"# {title}", "#", f"#   {written.command}", *(f"# {note}" for note in written.notes)]
    if written.lacks:
        lines += ["#", "# What this system cannot express:", *(f"# - {lack}" for lack in written.lacks)]
    body = yaml.safe_dump(plain(config), sort_keys=False, allow_unicode=True, width=120)
    return "\n".join(lines) + "\n" + body


def plain(value: Any) -> Any:
    """Return JSON values: tuples as lists, a whole float such as 3.0 as it is."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} cannot stand in a configuration")
    return value


def jsonl(rows: Iterable[Mapping[str, object]]) -> str:
    """Return one JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def without_bos(text: str, tokens: Tokens) -> str:
    """Return a prompt for a system whose tokenizer writes the BOS token itself."""
    return text.removeprefix(tokens.bos) if tokens.adds_bos and tokens.bos else text


def sentences(*groups: Sequence[str]) -> tuple[str, ...]:
    """Return all sentences, each once, in order."""
    return tuple(dict.fromkeys(sentence for group in groups for sentence in group))
