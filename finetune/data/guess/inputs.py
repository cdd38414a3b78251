"""Which columns the prompt shows: what is read, and nothing that gives the answer away.

    inputs_of("label", columns) -> Inputs(("sentence1", "sentence2"), left=(("genre", "known about the row"), …))

*Not here:* the wording of the prompt (lfine.starting.wording).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.finetune.data.guess import relations
from lfine.finetune.data.guess.lexicon import SURE, answer_points, is_about_the_row, is_input_name, language_of, parts
from lfine.finetune.data.guess.outputs import Profiles
from lfine.finetune.data.guess.profiles import Profile
from lfine.finetune.data.guess.records import Certainty, Choice

SPARSE = 0.5
"""Share of the rows that must have a text."""


@dataclass(frozen=True)
class Inputs:
    columns: tuple[str, ...]
    certainty: Certainty
    why: str
    left: tuple[tuple[str, str], ...]
    """Column → why it is not shown."""
    options: str | None
    """The column of lists that are the choices of a question."""

    @property
    def choice(self) -> Choice:
        return Choice("input", ", ".join(self.columns), self.certainty, self.why)


def inputs_of(output: str | None, columns: Profiles, *, split: str | None = None, asked: Sequence[str] = ()) -> Inputs:
    """Return what the prompt shows; `asked` is taken as it is. Without an answer nothing can give it away."""
    answer = None if output is None else columns[output]
    left: dict[str, str] = {}
    for name, one in columns.items():
        why = None if name in (output, split) else _why_not(one, answer, columns)
        if why is not None:
            left[name] = why
    free = [name for name in columns if name not in left and name not in (output, split)]
    options = next((name for name in free if answer and relations.points_into(answer, columns[name])), None)
    if asked:
        chosen = [name for name in columns if name in asked]
        others = tuple((name, why) for name, why in left.items() if name not in asked)
        return Inputs(tuple(chosen), "sure", "as asked", others, options if options in asked else None)
    read = [name for name in free if _is_read(columns[name]) or name == options]
    copies = [name for name in read if answer and relations.near_copy(columns[name], answer)]
    if copies and len(copies) < len(read):
        left |= dict.fromkeys(copies, "it has most of the answer's words")
        read = [name for name in read if name not in copies]
    named = [name for name in read if is_input_name(name) or name == options or language_of(name)]
    if read:
        left |= {
            name: "short values; name it with --input where it matters"
            for name in free
            if name not in left and name not in read
        }
        surely: Certainty = "sure" if len(named) == len(read) else "likely"
        why = "named like inputs" if named == read else "columns of running text, or named like inputs"
        return Inputs(tuple(read), surely, why, tuple(left.items()), options)
    if free:
        return Inputs(
            tuple(free), "likely" if len(free) == 1 else "a guess", "every other column", tuple(left.items()), options
        )
    rest = [
        name
        for name in left
        if not columns[name].constant and columns[name].kind != "empty" and not _tells(columns[name], answer)
    ]
    return Inputs(
        tuple(rest),
        "a guess",
        "there is no other column",
        tuple((n, w) for n, w in left.items() if n not in rest),
        None,
    )


def _why_not(one: Profile, answer: Profile | None, columns: Profiles) -> str | None:
    """Return why a column is not shown, where its values or its name say so."""
    if one.kind == "empty":
        return "empty"
    if one.constant:
        return "the same in every row"
    if one.is_id:
        return "an id"
    if len(one.filled) < SPARSE * len(one.texts) and not is_input_name(one.name):
        return "mostly empty"
    if _tells(one, answer):
        return "it says the answer"
    if _is_copied(one, columns):
        return "another column holds it as text"
    if any(relations.parallel(one, other) and _is_copied(other, columns) for other in columns.values()):
        return "it tags the tokens of another column"
    if one.kind == "date" or (is_about_the_row(one.name) and not is_input_name(one.name)):
        return "known about the row"
    if parts(one.name)[:1] in (("test",), ("tests",)) or parts(one.name) == ("entry", "point"):
        return "for scoring"
    answering = answer_points(one.name)[0] >= 3 and not is_input_name(one.name)
    nested = one.kind in ("list", "mapping")
    return "named like an answer" if answering and (nested or not SURE.isdisjoint(parts(one.name))) else None


def _is_copied(one: Profile, columns: Profiles) -> bool:
    return any(relations.joined_copy(other, one) for other in columns.values() if other.name != one.name)


def _tells(one: Profile, answer: Profile | None) -> bool:
    """Tell whether a column gives the answer away: the same in other words, all right answers, a tag for each token."""
    if answer is None or one.name == answer.name:
        return answer is not None
    return relations.twins(one, answer) or relations.references_of(answer, one) or relations.references_of(one, answer)


def _is_read(one: Profile) -> bool:
    if is_input_name(one.name):
        return True
    return one.running or one.kind in ("list", "mapping")
