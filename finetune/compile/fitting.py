"""The training rows within the length limit, and what compile says of those that are not.

    rows, length = fit_rows(source, prepared, notes)
    rows.train[0].prompt_ids, length.max_sequence_length, length.cut

*Not here:* tokens and cutting (lfine.finetune.compile.lengths), choosing the limit (.passes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from lfine.finetune.compile import passes
from lfine.finetune.compile.encoded import EncodedExample, counts_of
from lfine.finetune.compile.encoding import asked_prompts, cut_rows, encoded_rows, rows_key
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.few_shot import without_shown
from lfine.finetune.compile.lengths import Fitted, common_prefix, fit
from lfine.finetune.compile.notes import Notes
from lfine.finetune.compile.plan import LengthPlan
from lfine.finetune.compile.prepare import Prepared
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.places import as_warning
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Task

if TYPE_CHECKING:
    from lfine.finetune.compile.compiling import Source


@dataclass(frozen=True)
class CompiledRows:
    """The rows as training sees them."""

    train: Sequence[EncodedExample]
    validation: Sequence[EncodedExample]
    """The first `trainer.validation_sample` validation rows that fit the model's context."""
    fitted: Fitted
    whole: Sequence[EncodedExample] = ()
    """The training rows before any was cut or left out."""
    warnings: tuple[Problem, ...] = ()
    """Of the cache of encoded rows."""


def fit_rows(source: Source, prepared: Prepared, notes: Notes) -> tuple[CompiledRows, LengthPlan]:
    """Tokenize and cut the rows; TaskError for those that teach nothing, ask nothing, or may not be too long."""
    task, card, renderer = source.task, prepared.model.card, prepared.model.renderer
    examples = _trained_on(source, prepared, notes)
    cache = EncodingCache()
    key = rows_key(examples, renderer)
    encoded = encoded_rows(examples, renderer, cache, key=key, place=source.place)
    check_tokens(source, encoded)
    if renderer.dialogues is not None:  # what cannot be asked is better known before training than after
        asked_prompts(prepared.rows.examples_of(prepared.rows.held_out().row_ids), renderer, cache, place=source.place)
    limit, truncation = passes.decide_length(task, encoded.counts.lengths, card, notes), task.preprocessing.truncation
    if truncation == "error":
        too_long = [place for place, length in enumerate(encoded.counts.lengths) if length > limit]
        _refuse_long(source, [encoded[place].row_id for place in too_long], limit)
    shorten = partial(cut_rows, renderer=renderer, cache=cache, key=key, limit=limit, truncation=truncation)
    fitted = fit(examples, encoded, renderer, limit=limit, truncation=truncation, shorten=shorten)
    if not fitted.encoded:
        message = f"none of the {len(encoded)} training rows fits {limit} tokens"
        raise TaskError(
            source.place("LF308", "preprocessing.max_sequence_length", message, "raise it; p95 is the default")
        )
    held = prepared.rows.examples("validation")[: task.trainer.validation_sample]
    sample = encoded_rows(held, renderer, cache, key=rows_key(held, renderer), place=source.place)
    validation = tuple(row for row in sample if row.length <= card.context and row.learned_tokens)
    prefix = common_prefix(row.prompt_ids for row in chain(fitted.encoded, validation))
    length = passes.length_plan(encoded, limit, cut=len(fitted.cut), left_out=len(fitted.left_out), prefix=prefix)
    notes.derived("rows cut", length.cut, _what_is_cut(task))
    why = "longer than the limit: truncation is drop" if task.preprocessing.truncation == "drop" else "too long even so"
    notes.derived("rows left out", length.left_out, f"training rows that are {why}")
    beyond = f"of {counted(len(sample), 'validation row')}, longer than the model's context; the others are never cut"
    notes.derived("validation rows left out", len(sample) - len(validation), beyond)
    return CompiledRows(fitted.encoded, validation, fitted, encoded, tuple(cache.warnings)), length


def _trained_on(source: Source, prepared: Prepared, notes: Notes) -> Sequence[Example]:
    """Return the training rows without those whose answer stands in every prompt, and say how many these are."""
    training, shots = prepared.rows.examples("train"), prepared.model.renderer.shots
    kept = without_shown(training, shots)
    if shots:
        reason = "training rows that read like a few-shot example: not trained on, their answer stands in every prompt"
        notes.derived("rows shown as examples", len(training) - len(kept), reason)
    if not kept:
        message = f"every one of the {len(training)} training rows is shown as an example, and none is left to train on"
        raise TaskError(source.place("LF341", "prompt.examples.count", message, "lower it"))
    return kept


def _what_is_cut(task: Task) -> str:
    if task.prompt.messages is None:
        return "training rows whose longest column loses text to fit; nothing else is cut"
    first = "latest" if (task.preprocessing.truncation, task.prompt.loss_on) == ("end", "all") else "oldest"
    return f"training conversations that lose their {first} turns to fit; no turn is cut within"


def _refuse_long(source: Source, row_ids: Sequence[int], limit: int) -> None:
    """Raise TaskError LF308 for rows that are too long where the task wants none."""
    if row_ids:
        longer = "is" if len(row_ids) == 1 else "are"
        message = f"{counted(len(row_ids), 'training row')} {longer} longer than {limit} tokens: row {listed(row_ids)}"
        cure = "raise preprocessing.max_sequence_length (p100 keeps every row), or set truncation to end, start or drop"
        raise TaskError(source.place("LF308", "preprocessing.truncation", message, cure))


def check_tokens(source: Source, encoded: Sequence[EncodedExample]) -> None:
    """Refuse rows that teach nothing or ask nothing; TaskError with the row ids of both kinds."""
    counts = counts_of(encoded)
    silent = [encoded[place].row_id for place, learned in enumerate(counts.learned) if not learned]
    together = enumerate(zip(counts.learned, counts.prompts, strict=True))
    blank = [encoded[place].row_id for place, (learned, prompt) in together if learned and not prompt]
    problems = []
    if silent:
        message = f"{counted(len(silent), 'training row')} without a token to learn: row {listed(silent)}"
        key = "output_feature.name" if source.task.prompt.messages is None else "prompt.messages"
        problems.append(source.place("LF307", key, message, "mend or remove these rows"))
    if blank:
        message = f"{counted(len(blank), 'training row')} whose prompt is empty: row {listed(blank)}"
        problems.append(source.place("LF313", "prompt.template", message, "add words of your own to the template"))
    if problems:
        raise TaskError(*problems)


def left_out(source: Source, fitted: Fitted, length: LengthPlan) -> tuple[Problem, ...]:
    """Warn of training rows that the model never sees."""
    if not fitted.left_out:
        return ()
    rows, limit = counted(len(fitted.left_out), "training row"), length.max_sequence_length
    even = "even with the longest column empty" if source.task.prompt.messages is None else "with one exchange alone"
    even = "" if source.task.preprocessing.truncation == "drop" else f" {even}"
    message = f"{rows} left out, longer than {limit} tokens{even}: row "
    message += f"{listed(fitted.left_out)} (counted from 0)"
    cure = "raise preprocessing.max_sequence_length, or shorten the rows"
    return (as_warning(source.place("LF308", "preprocessing.max_sequence_length", message, cure)),)
