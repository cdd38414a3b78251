"""`lfine preview`: rows of a compiled task as tokens, the learned ones apart.

    preview(Path("task.yaml"), rows=3) -> Preview(rows=(PreviewRow(row_id=0, prompt=("<|im_start|>", …), …), …), …)

*Not here:* colours and layout (lfine.cli.preview).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lfine.compiling import CompiledTask, compile_file
from lfine.finetune.compile.lengths import EncodedExample
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class PreviewRow:
    row_id: int
    prompt: tuple[str, ...]
    """The prompt, token by token, as text."""
    completion: tuple[str, ...]
    """The learned tokens as text, the end token last."""
    prompt_tokens: int
    learned_tokens: int
    cut: int | None
    """Tokens after cutting, None where nothing was cut."""


@dataclass(frozen=True)
class Preview:
    task: str
    rows: tuple[PreviewRow, ...]
    limit: int
    """max_sequence_length in tokens."""
    p95: int
    longest: int
    train_rows: int
    cut: int
    left_out: int
    shared_prefix: int

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


def preview(
    path: Path, overrides: Sequence[str] = (), *, rows: int = 3, row_ids: Sequence[int] | None = None
) -> Preview:
    """Compile the task and return its first training rows, or the rows asked for by id."""
    compiled = compile_file(path, overrides)
    length = compiled.plan.training.length
    return Preview(
        task=compiled.plan.task.name,
        rows=tuple(_row(compiled, each) for each in _chosen(compiled, rows, row_ids)),
        limit=length.max_sequence_length,
        p95=length.p95,
        longest=length.longest,
        train_rows=compiled.plan.training.data.train_rows,
        cut=length.cut,
        left_out=length.left_out,
        shared_prefix=length.shared_prefix,
    )


def _chosen(compiled: CompiledTask, rows: int, row_ids: Sequence[int] | None) -> list[EncodedExample]:
    if row_ids is None:
        return list(compiled.rows.train[:rows])
    by_id = {row.row_id: row for row in (*compiled.rows.train, *compiled.rows.validation)}
    absent = [row_id for row_id in row_ids if row_id not in by_id]
    if absent:
        message = f"no training or validation row has the id {', '.join(map(str, absent))}"
        cure = "give ids of such rows: 0-based positions in the data as read (held-out and left-out rows are not shown)"
        raise TaskError(Problem("LF312", message, cure))
    return [by_id[row_id] for row_id in row_ids]


def _row(compiled: CompiledTask, row: EncodedExample) -> PreviewRow:
    tokenizer = compiled.prepared.model.tokenizer

    def texts(ids: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(tokenizer.decode([token], skip_special=False) for token in ids)

    return PreviewRow(
        row_id=row.row_id,
        prompt=texts(row.prompt_ids),
        completion=texts(row.completion_ids),
        prompt_tokens=len(row.prompt_ids),
        learned_tokens=len(row.completion_ids),
        cut=row.length if row.row_id in compiled.rows.fitted.cut else None,
    )
