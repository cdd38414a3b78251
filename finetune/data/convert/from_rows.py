"""Rows of any form as turns.

    {"instruction": "Add.", "input": "2+2", "output": "4"}    (alpaca)
      ─▶  Dialogue((Turn("user", "Add.\\n\\n2+2", None), Turn("assistant", "4", None)), rest={"input": "2+2"})

Texts stay as they are to the letter. The column `input` of alpaca stays beside the turns: by it the two can be parted
again. A column `system` beside alpaca or prompt and completion is the system text, `history` the earlier turns.

*Not here:* one conversation's cell (lfine.finetune.data.conversations), other forms (to_rows).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from lfine.finetune.data.conversations import ROLES, Role, Turn, read_conversation
from lfine.finetune.data.convert.records import Dialogue, Dialogues, Names
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import MESSAGES, Form, form_of, in_form
from lfine.finetune.data.places import Place
from lfine.finetune.data.values import Row, text_of
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError

PARTS = "\n\n"
"""Between the instruction and the input of alpaca."""
_KNOWN = frozenset({"role", "content", "from", "value", "weight", "name"})
"""Keys of a turn that are read, or that the reader itself says are left out."""


def dialogues_of(rows: Rows, names: Names, system: str | None, place: Place) -> Dialogues:
    """Return the rows as turns; `names` says which columns of a table are a conversation, for none of its own.

    `system` is given to rows without a system text. Raises TaskError: LF333 rows that make no sense, LF334 a table
    whose columns are not named, LF201 named columns that are not there.
    """
    if names.prompt is None and names.answer is None:
        form = form_of(rows.columns, rows.rows, "auto", place)
        found = _conversations(rows, form, place) if form.column is not None else _pairs(rows, form, place)
    else:
        found = _table(rows, names, place)
    return found if system is None else _with_system(found, system)


def _with_system(found: Dialogues, system: str) -> Dialogues:
    own = [number for number, row in enumerate(found.rows) if row.turns[:1] and row.turns[0].role == "system"]
    kept = set(own)
    first = Turn("system", system, None)
    rows = tuple(
        row if number in kept else Dialogue((first, *row.turns), row.rest) for number, row in enumerate(found.rows)
    )
    notes = [f"{counted(len(own), 'row')} with a system text of its own: {listed(own)} (counted from 0)"] if own else []
    return Dialogues(found.kind, found.rest, rows, (*found.notes, *notes))


def _conversations(rows: Rows, form: Form, place: Place) -> Dialogues:
    formed = in_form(rows.columns, rows.rows, "auto", place)
    rest = tuple(name for name in rows.columns if name != form.column)
    made = tuple(
        Dialogue(read_conversation(after[MESSAGES]).turns, {name: row[name] for name in rest})
        for row, after in zip(rows.rows, formed.rows, strict=True)
    )
    said = tuple(warning.message for warning in formed.warnings)
    return Dialogues(form.kind, rest, made, (*said, *_changed(row[form.column or MESSAGES] for row in rows.rows)))


def _changed(cells: Iterable[object]) -> list[str]:
    """Return what of the turns has no place in any form: keys that no reader knows, and other names of roles."""
    keys: Counter[str] = Counter()
    roles: Counter[str] = Counter()
    for cell in cells:
        for turn in _turns(cell):
            keys.update(key for key, value in turn.items() if key not in _KNOWN and value is not None)
            roles.update([str(turn.get("role") or turn.get("from")).strip().lower()])
    notes = [f"the key {key!r} of {counted(n, 'turn')} is left out" for key, n in sorted(keys.items())]
    usual = {"system", "user", "assistant", "human", "gpt"}
    other = {name: n for name, n in sorted(roles.items()) if name in ROLES and name not in usual}
    return notes + [f"{counted(n, 'turn')} of {name!r} are turns of {ROLES[name]!r}" for name, n in other.items()]


def _turns(cell: object) -> list[Mapping[str, object]]:
    """Return the turns of a cell that has been read as a conversation, with all that stands in them."""
    turns: list[Mapping[str, object]] = json.loads(cell) if isinstance(cell, str) else cell  # type: ignore[assignment]
    return turns


def _pairs(rows: Rows, form: Form, place: Place) -> Dialogues:
    if form.kind == "table":
        message = f"the rows are no conversations, and their columns are {listed(rows.columns, shown=20)}"
        cure = "say which columns are question and answer: --prompt-column NAME --answer-column NAME"
        raise TaskError(place("LF334", "--to", message, cure))
    alpaca = form.kind == "alpaca"
    used = ("instruction", "output", "system", "history") if alpaca else ("prompt", "completion", "system")
    read: Callable[[Row], tuple[Turn, ...]] = _alpaca if alpaca else _prompt_completion
    rest = tuple(name for name in rows.columns if name not in used)
    if alpaca and not any(text_of(row.get("input")) for row in rows.rows):
        rest = tuple(name for name in rest if name != "input")
    return _collected(rows, form, rest, read, place)


def _collected(
    rows: Rows, form: Form, rest: tuple[str, ...], read: Callable[[Row], tuple[Turn, ...]], place: Place
) -> Dialogues:
    made, broken = [], []
    for number, row in enumerate(rows.rows):
        try:
            made.append(Dialogue(read(row), {name: row[name] for name in rest}))
        except ValueError:
            broken.append(number)
    if broken:
        message = f"column 'history' holds no list of pairs in {counted(len(broken), 'row')}: {listed(broken)}"
        raise TaskError(place("LF333", "--to", message, "write [[question, answer], …] (rows are counted from 0)"))
    return Dialogues(form.kind, rest, tuple(made))


def _alpaca(row: Row) -> tuple[Turn, ...]:
    question = PARTS.join(text for name in ("instruction", "input") if (text := text_of(row.get(name))))
    return (*_system(row.get("system")), *_history(row.get("history")), *_pair(question, text_of(row["output"])))


def _prompt_completion(row: Row) -> tuple[Turn, ...]:
    return (*_system(row.get("system")), *_pair(text_of(row["prompt"]), text_of(row["completion"])))


def _table(rows: Rows, names: Names, place: Place) -> Dialogues:
    options = {"--prompt-column": names.prompt, "--answer-column": names.answer, "--system-column": names.system}
    problems = [
        place("LF201", option, f"the data have no column {name!r}", column_cure(name, rows.columns))
        for option, name in options.items()
        if name is not None and name not in rows.columns
    ]
    if names.prompt is None or names.answer is None:
        absent = "--prompt-column" if names.prompt is None else "--answer-column"
        message = "a question and its answer are two columns, and only one is named"
        problems.append(place("LF334", absent, message, f"add {absent} NAME"))
    if problems:
        raise TaskError(*problems)
    prompt, answer = names.prompt or "", names.answer or ""
    rest = tuple(name for name in rows.columns if name not in (prompt, answer, names.system))
    made = []
    for row in rows.rows:
        first = _system(row[names.system]) if names.system is not None else ()
        turns = (*first, *_pair(text_of(row[prompt]), text_of(row[answer])))
        made.append(Dialogue(turns, {name: row[name] for name in rest}))
    return Dialogues("table", rest, tuple(made))


def _pair(question: str, answer: str) -> tuple[Turn, Turn]:
    return Turn("user", question, None), Turn("assistant", answer, None)


def _system(value: object) -> tuple[Turn, ...]:
    text = text_of(value)
    return (Turn("system", text, None),) if text else ()


def _history(value: object) -> list[Turn]:
    """Return the earlier turns; ValueError for what is no list of pairs."""
    if isinstance(value, str) and value:
        value = json.loads(value)
    speakers: Sequence[Role] = ("user", "assistant")
    if not value:
        return []
    if not isinstance(value, (list, tuple)) or not all(_is_pair(pair) for pair in value):
        raise ValueError("no list of pairs")
    return [Turn(role, text, None) for pair in value for role, text in zip(speakers, pair, strict=True)]


def _is_pair(pair: object) -> bool:
    if isinstance(pair, Mapping) or not isinstance(pair, (list, tuple)):
        return False
    return len(pair) == 2 and all(isinstance(text, str) for text in pair)
