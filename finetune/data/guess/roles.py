"""Which columns are answer and inputs, of rows that are to be learned and of rows that are only looked at.

    roles_of(table, profiles, Wanted(), split="split")
      ─▶  Roles(answer=Choice("output", "label", "sure", "its name; …"), inputs=Inputs(("sentence1", "sentence2"), …))

`lfine init` takes the likeliest column and says how sure that is. `lfine data check` takes none that is a mere guess,
lest it finds fault with what is no answer, but looks at one of a single value too, which nobody can learn.

*Not here:* kind of answer, split and metric (lfine.finetune.data.guess.guessing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lfine.finetune.data.guess.inputs import Inputs, inputs_of
from lfine.finetune.data.guess.outputs import Candidate, Profiles, candidates, certainty
from lfine.finetune.data.guess.records import Certainty, Choice, Wanted
from lfine.finetune.data.tables import Table
from lfine.finetune.data.wording import column_cure
from lfine.schemas.errors import UsageError
from lfine.schemas.problems import Problem

FORM_COLUMNS = {"alpaca": ("output", ("instruction", "input")), "prompt_completion": ("completion", ("prompt",))}
"""Form → answer and inputs, which its columns say."""
SHOWN_OTHERS = 3
FEW_ROWS = 100


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are."""

    answer: Choice | None
    """None: no column can be the answer, or none is surely enough."""
    inputs: Inputs

    @property
    def output(self) -> str | None:
        """Return the column of the answer."""
        return None if self.answer is None else self.answer.value


def roles_of(table: Table, found: Profiles, wanted: Wanted, *, split: str | None, guessed: bool = True) -> Roles:
    """Return answer and inputs; what is wanted is taken.

    Without `guessed`, for rows that are only looked at, an answer is likely at least, and may be the same in every row.
    """
    answer = _answer(table, found, split, wanted, constants=not guessed)
    if answer is not None and answer.certainty == "a guess" and not guessed:
        answer = None
    output = None if answer is None else answer.value
    inputs = inputs_of(output, found, split=split, asked=wanted.inputs or _form_inputs(table, output))
    if not wanted.inputs and inputs.why == "as asked":
        inputs = replace(inputs, why=f"rows of the form {table.form.kind}")
    return Roles(answer, inputs)


def check_asked(columns: Sequence[str], wanted: Wanted) -> None:
    """Raise UsageError (LF115) for columns that are not there, and for an answer that would be shown."""
    asked = [("--input", name) for name in wanted.inputs] + ([("--output", wanted.output)] if wanted.output else [])
    problems = [
        Problem("LF115", f"{option}: the data have no column {name!r}", column_cure(name, columns))
        for option, name in asked
        if name not in columns
    ]
    if wanted.output is not None and wanted.output in wanted.inputs:
        message = f"column {wanted.output!r} is named as input and as output"
        problems.append(Problem("LF115", message, "the prompt must not show the answer: name another one"))
    if problems:
        raise UsageError(*problems)


def _answer(table: Table, found: Profiles, split: str | None, wanted: Wanted, *, constants: bool) -> Choice | None:
    if wanted.output is not None:
        return Choice("output", wanted.output, "sure", "as asked")
    name, _ = FORM_COLUMNS.get(table.form.kind, (None, ()))
    if name is not None and name not in wanted.inputs:
        return Choice("output", name, "sure", f"rows of the form {table.form.kind}")
    free = {name: one for name, one in found.items() if name not in wanted.inputs}
    ranked = candidates(free, split=split, constants=constants)
    if not ranked:
        return None
    first = ranked[0]
    others = tuple(one.column for one in ranked[1 : SHOWN_OTHERS + 1])
    surely: Certainty = certainty(ranked, free)
    if len(table.rows) < FEW_ROWS and surely == "sure" and not _named(first):
        surely = "likely"
    return Choice("output", first.column, surely, "; ".join(first.reasons[:3]) or "nothing else is left", others)


def _named(first: Candidate) -> bool:
    return any("name" in reason for reason in first.reasons)


def _form_inputs(table: Table, output: str | None) -> tuple[str, ...]:
    answer, inputs = FORM_COLUMNS.get(table.form.kind, ("", ()))
    return tuple(name for name in inputs if name in table.columns) if output == answer else ()
