"""The columns that a task makes for its prompt and its answer: letters before choices, lists as texts, plain names.

    made_columns(guess) -> Made(columns={"choices_listed": {"from": "choices", "letters": True, "join": "\n"}},
                                shown={"question": "question", "choices": "choices_listed"})

*Not here:* how they are made (lfine.finetune.data.columns).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lfine.finetune.data.guess.profiles import Profile
from lfine.finetune.data.guess.records import Guess

_PLACEABLE = re.compile(r"[^{}\n\"]*[^{}\n\"\s][^{}\n\"]*")
"""Names that can stand between the braces of a template."""
LONG_ITEM = 60
"""Characters of a list's item from which the items stand on lines of their own."""


@dataclass(frozen=True)
class Made:
    columns: dict[str, Any]
    """What `dataset.columns` says."""
    shown: dict[str, str]
    """Input → the column whose text stands in the prompt."""


def made_columns(guess: Guess) -> Made:
    """Return the columns to make, and which stand in the prompt."""
    columns: dict[str, Any] = {}
    division = guess.division
    if division.meanings and division.column is not None:
        columns[division.column] = {"values": dict(division.meanings)}
    if guess.output is not None:
        steps = _answer_steps(guess)
        if steps:
            columns[guess.output] = {**columns.get(guess.output, {}), **steps}
    shown = {}
    for name in guess.inputs if guess.output is not None else ():
        steps = _input_steps(guess, name)
        shown[name] = name
        if steps or _PLACEABLE.fullmatch(name) is None:
            shown[name] = _free(name, "listed" if steps else "text", [*guess.columns, *columns])
            columns[shown[name]] = {"from": name, **steps}
    return Made(columns, shown)


def _answer_steps(guess: Guess) -> dict[str, Any]:
    answer = guess.answer
    if answer.letters:
        return {"letters": True}
    if answer.manner == "list":
        return {"json": "$", "join": ", "} if guess.profiles[guess.output or ""].written else {"join": ", "}
    if answer.decimal is not None:
        return {"decimal": answer.decimal}
    return {"cast": answer.cast} if answer.cast is not None else {}


def _input_steps(guess: Guess, name: str) -> dict[str, Any]:
    one = guess.profiles[name]
    if one.kind != "list" or not _are_lists(one):
        return {}
    items = [item for found in one.lists for item in found]
    read = {"json": "$"} if one.written else {}
    if name == guess.options:
        return {**read, "letters": True, "join": "\n"}
    if any("{" in item[:1] or "[" in item[:1] for item in items):
        return {}
    long = any(len(item) > LONG_ITEM or "," in item for item in items)
    return {**read, "join": "\n" if long else ", "}


def _are_lists(one: Profile) -> bool:
    return all(isinstance(cell, (list, tuple)) for cell, text in zip(one.cells, one.texts, strict=True) if text)


def _free(name: str, ending: str, taken: list[str]) -> str:
    """Return a name that is not taken, can stand in a template, and says where the column comes from."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "input"
    found, number = f"{stem}_{ending}", 2
    while found in taken:
        found, number = f"{stem}_{ending}_{number}", number + 1
    return found
