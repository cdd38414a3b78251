"""Turns as rows of one form.

    Dialogue((Turn("user", "2+2?", None), Turn("assistant", "4", None)), rest={"id": 7})
      ─▶  messages           {"messages": [{"role": "user", "content": "2+2?"}, …], "id": 7}
          sharegpt           {"conversations": [{"from": "human", "value": "2+2?"}, …], "id": 7}
          alpaca             {"instruction": "2+2?", "input": "", "output": "4", "id": 7}
          prompt_completion  {"prompt": "2+2?", "completion": "4", "id": 7}
          table              {"prompt": "2+2?", "answer": "4", "id": 7}, or columns of other names

A system text is a turn of the first two and a column `system` of the others. Earlier turns are the column `history` of
alpaca ([[question, answer], …]); a pair of columns has no place for them, and such rows are refused.

*Not here:* reading forms (from_rows).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lfine.finetune.data.conversations import Role, Turn, normalised
from lfine.finetune.data.convert.from_rows import PARTS
from lfine.finetune.data.convert.records import Dialogue, Dialogues, Names
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.forms import MESSAGES, Kind
from lfine.finetune.data.places import Place
from lfine.finetune.data.values import Row, text_of
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError

CONVERSATIONS, SYSTEM, HISTORY = "conversations", "system", "history"
_SPEAKERS: dict[Role, str] = {"system": "system", "user": "human", "assistant": "gpt"}
_WHOLE = "choose --to messages or sharegpt, which hold whole conversations, or leave the rows out"


class UnpairedError(ValueError):
    """A conversation that is no question with its answer; its text is the reason."""


@dataclass(frozen=True)
class _Pair:
    """A conversation parted for the forms with columns."""

    system: str
    history: list[list[str]]
    question: str
    answer: str


def rows_of(found: Dialogues, kind: Kind, names: Names, place: Place) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows of this form, and what is to be said of them.

    Raises TaskError: LF337 conversations that the form has no place for, LF333 turns without content where there must
    be some, LF334 a column that is taken.
    """
    if kind in ("messages", "sharegpt"):
        _check_content(found, place)
        column = MESSAGES if kind == "messages" else CONVERSATIONS
        write: Callable[[Sequence[Turn]], object] = normalised if kind == "messages" else _sharegpt
        _check_free(found, (column,), place)
        return Rows((column, *found.rest), tuple({column: write(row.turns), **row.rest} for row in found.rows)), ()
    pairs = _paired(found, kind, place)
    if kind == "alpaca":
        _check_input(found, pairs, place)
    made = [_columns(kind, names, pair, row) for pair, row in zip(pairs, found.rows, strict=True)]
    used = [name for name in dict.fromkeys(key for row in made for key in row) if _needed(name, made)]
    rest = [name for name in found.rest if kind != "alpaca" or name != "input"]
    _check_free(Dialogues(found.kind, tuple(rest), ()), used, place)
    rows = tuple(
        {**{name: new[name] for name in used}, **{name: row.rest[name] for name in rest}}
        for new, row in zip(made, found.rows, strict=True)
    )
    return Rows((*used, *rest), rows), _weights(found)


def _needed(name: str, made: Sequence[Row]) -> bool:
    return name not in (SYSTEM, HISTORY) or any(row[name] for row in made)


def _sharegpt(turns: Sequence[Turn]) -> list[dict[str, object]]:
    written: list[dict[str, object]] = []
    for turn in turns:
        weight = {} if turn.learned is None else {"weight": int(turn.learned)}
        written.append({"from": _SPEAKERS[turn.role], "value": turn.content, **weight})
    return written


def _columns(kind: Kind, names: Names, pair: _Pair, row: Dialogue) -> Row:
    if kind == "alpaca":
        given = text_of(row.rest.get("input"))
        question = pair.question.removesuffix(given).removesuffix(PARTS) if given else pair.question
        columns = {"instruction": question, "input": given, "output": pair.answer}
        return {**columns, SYSTEM: pair.system, HISTORY: pair.history}
    if kind == "prompt_completion":
        return {"prompt": pair.question, "completion": pair.answer, SYSTEM: pair.system}
    prompt, answer = names.prompt or "prompt", names.answer or "answer"
    return {prompt: pair.question, answer: pair.answer, names.system or SYSTEM: pair.system}


def _check_input(found: Dialogues, pairs: Sequence[_Pair], place: Place) -> None:
    """A column `input` must be the end of the question, as it is after alpaca was read; else it means another thing."""
    given = [text_of(row.rest.get("input")) for row in found.rows]
    other = [
        number
        for number, (text, pair) in enumerate(zip(given, pairs, strict=True))
        if text and pair.question != text and not pair.question.endswith(PARTS + text)
    ]
    if other:
        message = f"the column 'input' is not the end of the question in {counted(len(other), 'row')}: {listed(other)}"
        cure = "rename that column, or leave the other columns out: --only (rows are counted from 0)"
        raise TaskError(place("LF334", "--to", message, cure))


def _paired(found: Dialogues, kind: Kind, place: Place) -> list[_Pair]:
    pairs: list[_Pair] = []
    refused: dict[str, list[int]] = {}
    for number, row in enumerate(found.rows):
        try:
            pairs.append(_pair(row.turns, history=kind == "alpaca"))
        except UnpairedError as error:
            refused.setdefault(str(error), []).append(number)
    if refused:
        each = [f"{reason}: {counted(len(ids), 'row')}: {listed(ids)}" for reason, ids in refused.items()]
        raise TaskError(*(place("LF337", "--to", f"{kind} has no place for {one}", _WHOLE) for one in each))
    return pairs


def _pair(turns: Sequence[Turn], *, history: bool) -> _Pair:
    system = turns[0].content if turns and turns[0].role == "system" else ""
    said = turns[1:] if system else turns
    if any(turn.learned is False for turn in said):
        raise UnpairedError("turns that are not to be learned (weight 0)")
    if [turn.role for turn in said] != ["user", "assistant"] * (len(said) // 2) or not said:
        raise UnpairedError("turns that are not question and answer in turn")
    if len(said) > 2 and not history:
        raise UnpairedError("several questions and answers")
    texts = [turn.content for turn in said]
    earlier = [texts[at : at + 2] for at in range(0, len(texts) - 2, 2)]
    return _Pair(system, earlier, texts[-2], texts[-1])


def _weights(found: Dialogues) -> tuple[str, ...]:
    rows = sum(any(turn.learned for turn in row.turns) for row in found.rows)
    return (f"weights of 1 are left out ({counted(rows, 'row')}): every answer is learned",) if rows else ()


def _check_content(found: Dialogues, place: Place) -> None:
    empty = [number for number, row in enumerate(found.rows) if not all(turn.content.strip() for turn in row.turns)]
    if empty:
        message = f"{counted(len(empty), 'row')} with an empty question or answer: {listed(empty)}"
        raise TaskError(place("LF333", "--to", message, "fill the cells or remove the rows (counted from 0)"))


def _check_free(found: Dialogues, used: Sequence[str], place: Place) -> None:
    taken = [name for name in used if name in found.rest]
    if taken:
        message = f"the new rows have a column {taken[0]!r}, and so have the old ones"
        raise TaskError(place("LF334", "--to", message, "rename that column, or leave the other columns out: --only"))
