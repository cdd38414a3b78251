"""The rows of a task for other tools: every prompt with its values filled in, and its answer.

    task_dialogues(Path("task.yaml"))
      ─▶  Dialogues(kind="prompt_completion", rest=("split", "row_id"), rows=(Dialogue((Turn("user", "…"), …)), …))

No model is asked: no chat template, no token, no few-shot example stands in them.

*Not here:* rendering for training (lfine.finetune.catalogue.rendering), what other systems read (lfine.targeting).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lfine.finetune.compile.prepare import PreparedRows, prepare_rows
from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.convert.records import Dialogue, Dialogues
from lfine.finetune.data.pairs import Example
from lfine.finetune.data.splits import NAMES
from lfine.finetune.data.wording import counted
from lfine.schemas.problems import Problem
from lfine.schemas.task import Prompt
from lfine.schemas.template import parse_template, render
from lfine.validating import checked_task


def task_dialogues(path: Path, overrides: Sequence[str] = ()) -> tuple[Dialogues, tuple[Problem, ...]]:
    """Return the rows of all splits in the order of the data, and warnings; TaskError as `lfine compile` has it."""
    loaded, noticed = checked_task(path, overrides)
    rows = prepare_rows(loaded.task, loaded.folder, needed=(), place=loaded.problem)
    prompt = loaded.task.prompt
    sides = {row_id: split for split in NAMES for row_id in rows.row_ids(split)}
    made = tuple(
        Dialogue(_turns(example, prompt), {"split": sides[example.row_id], "row_id": example.row_id})
        for example in rows.examples_of(sorted(sides))
    )
    kind = "prompt_completion" if prompt.messages is None else "messages"
    found = Dialogues(kind, ("split", "row_id"), made, tuple(_notes(rows, prompt)))  # type: ignore[arg-type] # two kinds
    return found, (*noticed, *rows.warnings)


def _turns(example: Example, prompt: Prompt) -> tuple[Turn, ...]:
    system = () if prompt.system is None else (Turn("system", prompt.system, None),)
    if example.turns is None:
        question = render(parse_template(prompt.template or ""), example.values)
        return (*system, Turn("user", question, None), Turn("assistant", example.answer, None))
    turns = example.turns if example.turns[0].role == "system" else (*system, *example.turns)
    return _last_learned(turns) if prompt.loss_on == "last" else turns


def _last_learned(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """Return the turns with only the last of the assistant to be learned, as weights."""
    last = max(at for at, turn in enumerate(turns) if turn.role == "assistant")
    return tuple(
        replace(turn, learned=False) if turn.role == "assistant" and at != last else turn
        for at, turn in enumerate(turns)
    )


def _notes(rows: PreparedRows, prompt: Prompt) -> list[str]:
    notes = []
    left = len(rows.splits.rows("train")) - len(rows.sample)
    if left:
        notes.append(f"{counted(left, 'training row')} beyond preprocessing.sample_ratio left out")
    if prompt.examples.count:
        notes.append(f"the {counted(prompt.examples.count, 'few-shot example')} of the task stand in no prompt")
    return notes
