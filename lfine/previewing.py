"""`lfine preview`: rows of a compiled task as tokens: the learned ones, the parts of the prompt, and what is lost.

    preview(Path("task.yaml"), rows=3) -> Preview(rows=(PreviewRow(row_id=0, prompt=("<|im_start|>", …), …), …), …)

*Not here:* colours and layout (lfine.cli.preview for a terminal, lfine.preview_page for a browser).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from lfine.compiling import CompiledTask, compile_file
from lfine.finetune.catalogue.tokens import Tokenizer
from lfine.finetune.compile.encoded import EncodedExample, counts_of
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

BINS = 24
"""Bars of the histogram, at most."""
LONGEST_CHARACTER = 4
"""Bytes, and so tokens, of one character in UTF-8."""


@dataclass(frozen=True)
class PreviewPart:
    """A turn of the chat, an example, or the prompt and the answer without a chat template."""

    role: str
    """system, user, assistant, template for its own first words; without a chat template example, prompt or answer."""
    example: bool
    """Part of a few-shot example."""
    end: int
    """Tokens of the row up to its end."""


@dataclass(frozen=True)
class PreviewRow:
    row_id: int
    state: Literal["whole", "cut", "left out"]
    prompt: tuple[str, ...]
    """What stands before the first learned token, token by token, as the model sees it."""
    completion: tuple[str, ...]
    """The rest, the end token last."""
    completion_learned: tuple[bool, ...]
    """Of `completion`: which are learned; all but in conversations."""
    prompt_tokens: int
    learned_tokens: int
    cut: int | None
    """Tokens after cutting, None where nothing was cut."""
    tokens: tuple[str, ...]
    """All tokens of the row before it was cut."""
    learned: tuple[bool, ...]
    """Of `tokens`: which are learned."""
    lost: tuple[int, int] | None
    """The first of `tokens` that the model does not see, and the first that it sees again."""
    parts: tuple[PreviewPart, ...]
    """Of `tokens`, in order."""


@dataclass(frozen=True)
class Bin:
    """One bar of the histogram: rows of `low` to `high` tokens."""

    low: int
    high: int
    rows: int


@dataclass(frozen=True)
class Preview:
    task: str
    rows: tuple[PreviewRow, ...]
    shortened: tuple[PreviewRow, ...]
    """The first rows that are cut or left out, without those of `rows`."""
    limit: int
    """max_sequence_length in tokens."""
    p50: int
    p95: int
    p99: int
    longest: int
    train_rows: int
    cut: int
    left_out: int
    shared_prefix: int
    examples: tuple[int, ...]
    """Row ids of the few-shot examples in every prompt."""
    control: tuple[str, ...]
    """Tokens of these rows that mean something to the model, as text."""
    histogram: tuple[Bin, ...]
    """Lengths of the training rows before cutting."""

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)


def preview(
    path: Path,
    overrides: Sequence[str] = (),
    *,
    rows: int = 3,
    row_ids: Sequence[int] | None = None,
    allow_code: bool = False,
    skip_bad_rows: int = 0,
) -> Preview:
    """Compile the task and return its first training rows, or the rows asked for by id."""
    compiled = compile_file(path, overrides, allow_code=allow_code, skip_bad_rows=skip_bad_rows)
    length, fitted = compiled.plan.training.length, compiled.rows.fitted
    chosen = _chosen(compiled, rows, row_ids)
    seen = {row.row_id for row in chosen}
    short = sorted({*fitted.cut, *fitted.left_out} - seen)[:rows]
    by_id = _by_id(compiled, {*short})
    shown = tuple(_row(compiled, each) for each in chosen)
    shortened = tuple(_row(compiled, by_id[row_id]) for row_id in short)
    control = compiled.prepared.model.tokenizer.added_tokens
    return Preview(
        task=compiled.plan.task.name,
        rows=shown,
        shortened=shortened,
        limit=length.max_sequence_length,
        p50=length.p50,
        p95=length.p95,
        p99=length.p99,
        longest=length.longest,
        train_rows=compiled.plan.training.data.train_rows,
        cut=length.cut,
        left_out=length.left_out,
        shared_prefix=length.shared_prefix,
        examples=compiled.plan.training.prompt.example_rows,
        control=tuple(sorted({text for row in (*shown, *shortened) for text in row.tokens} & control)),
        histogram=histogram(counts_of(compiled.rows.whole).lengths),
    )


def histogram(lengths: Sequence[int]) -> tuple[Bin, ...]:
    """Return at most BINS bars of equal width, a whole number of tokens, from the shortest row to the longest."""
    if not lengths:
        return ()
    low, width = min(lengths), -(-(max(lengths) - min(lengths) + 1) // BINS)
    counts = [0] * ((max(lengths) - low) // width + 1)
    for length in lengths:
        counts[(length - low) // width] += 1
    return tuple(Bin(low + at * width, low + (at + 1) * width - 1, rows) for at, rows in enumerate(counts))


def _by_id(compiled: CompiledTask, wanted: Collection[int]) -> dict[int, EncodedExample]:
    """Return the rows asked for that are there."""
    rows = chain(compiled.rows.whole, compiled.rows.validation)
    return {row.row_id: row for row in rows if row.row_id in wanted}


def _chosen(compiled: CompiledTask, rows: int, row_ids: Sequence[int] | None) -> list[EncodedExample]:
    wanted = [row.row_id for row in compiled.rows.train[:rows]] if row_ids is None else row_ids
    by_id = _by_id(compiled, {*wanted})
    absent = [row_id for row_id in wanted if row_id not in by_id]
    if absent:
        message = f"no training or validation row has the id {', '.join(map(str, absent))}"
        cure = "give ids of such rows: 0-based positions in the data as read (no held-out rows, no few-shot examples)"
        raise TaskError(Problem("LF312", message, cure))
    return [by_id[row_id] for row_id in wanted]


def _row(compiled: CompiledTask, whole: EncodedExample) -> PreviewRow:
    tokenizer, fitted = compiled.prepared.model.tokenizer, compiled.rows.fitted
    left_out = whole.row_id in fitted.left_out
    shorter = (row for row in fitted.encoded if row.row_id == whole.row_id)
    seen = next(shorter) if whole.row_id in fitted.cut else whole
    ids = (*whole.prompt_ids, *whole.completion_ids)
    lost = (0, len(ids)) if left_out else _gap(ids, (*seen.prompt_ids, *seen.completion_ids))
    return PreviewRow(
        row_id=whole.row_id,
        state="left out" if left_out else "whole" if seen is whole else "cut",
        prompt=tuple(token_texts(tokenizer, seen.prompt_ids)),
        completion=tuple(token_texts(tokenizer, seen.completion_ids)),
        completion_learned=seen.learned or (True,) * len(seen.completion_ids),
        prompt_tokens=len(seen.prompt_ids),
        learned_tokens=seen.learned_tokens,
        cut=None if seen is whole else seen.length,
        tokens=tuple(token_texts(tokenizer, ids)),
        learned=(*(False for _ in whole.prompt_ids), *(whole.learned or (True,) * len(whole.completion_ids))),
        lost=lost,
        parts=tuple(_parts(compiled, whole.row_id, ids, answer_at=len(whole.prompt_ids))),
    )


def _gap(whole: Sequence[int], seen: Sequence[int]) -> tuple[int, int] | None:
    """Return which tokens of `whole` a shorter row lacks: what lies between a common beginning and a common end."""
    if whole == seen:
        return None
    begin = _agreement(whole, seen)
    end = min(_agreement(whole[::-1], seen[::-1]), min(len(whole), len(seen)) - begin)
    return begin, len(whole) - end


def _agreement(one: Sequence[int], other: Sequence[int]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _parts(compiled: CompiledTask, row_id: int, ids: Sequence[int], *, answer_at: int) -> Iterator[PreviewPart]:
    """Divide a row's tokens among the turns of its chat; what is left belongs to the answer."""
    renderer = compiled.prepared.model.renderer
    (example,) = compiled.prepared.rows.examples_of([row_id])
    at = 0
    for station in renderer.stations(example):
        end = min(_agreement(ids, station.ids), len(ids) if renderer.dialogues else answer_at)
        if end > at:
            yield PreviewPart(station.role, station.shown, end)
            at = end
    if at < len(ids):
        yield PreviewPart("assistant" if renderer.chat_used else "answer", False, len(ids))  # noqa: FBT003


def token_texts(tokenizer: Tokenizer, ids: Sequence[int]) -> Iterator[str]:
    """Return each token as text; of a character that several tokens make up, the first has all and the others none."""
    waiting: list[int] = []
    for at, token in enumerate(ids):
        waiting.append(token)
        text = tokenizer.token_text(token) if len(waiting) == 1 else tokenizer.decode(waiting, skip_special=False)
        part = "\ufffd" in text and tokenizer.encode_continuation(text) != waiting  # else that very sign is meant
        if part and len(waiting) < LONGEST_CHARACTER and at + 1 < len(ids):
            continue
        yield text
        yield from ("" for _ in waiting[1:])
        waiting = []
