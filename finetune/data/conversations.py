"""One conversation as turns, whichever of the two usual forms its cell has.

    [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4", "weight": 1}]      # OpenAI
    [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "4"}]                            # ShareGPT
      ─▶  (Turn("user", "2+2?", None), Turn("assistant", "4", None))

Either form may also stand in the cell as JSON text, as CSV and spreadsheets hold it. The answer of a tool is read as a
turn of the user, and the call of a tool that is written out as text as one of the assistant: both are noted.

*Not here:* which column holds conversations (lfine.finetune.data.forms) and their tokens (lfine.finetune.compile).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["system", "user", "assistant"]

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
}
"""What data sets call a speaker → its role."""
TOOL_ROLES: dict[str, Role] = {
    "tool": "user",
    "function": "user",
    "observation": "user",
    "function_call": "assistant",
}
"""Speakers that a chat of three roles does not have → the role that their text is given."""
_PAIRS = (("role", "content"), ("from", "value"))
"""The two forms: the key of the speaker, and that of the text."""


@dataclass(frozen=True)
class Turn:
    """What one speaker said."""

    role: Role
    content: str
    learned: bool | None
    """Whether the data say that it is learned (`weight` 1 or 0); None: they do not say."""


@dataclass(frozen=True)
class Conversation:
    """One row's conversation."""

    turns: tuple[Turn, ...]
    notes: frozenset[str]
    """What is not as it stood, in words that are the same for all rows."""


class ConversationError(ValueError):
    """A cell that is no conversation, or one that makes no sense; its text is the reason, for one row."""


def looks_like(value: object) -> tuple[str, str] | None:
    """Return the keys of speaker and text where the cell holds turns in one of the forms; None for any other cell."""
    turns = _listed(value)
    if not turns or not all(isinstance(turn, Mapping) for turn in turns):
        return None
    first = turns[0]
    return next((pair for pair in _PAIRS if isinstance(first, Mapping) and _has(first, pair)), None)


def unanswered(value: object) -> bool:
    """Tell whether the last turn is one of the assistant, and it says nothing; False for a cell without turns."""
    pair, turns = looks_like(value), _listed(value)
    if pair is None or not turns:
        return False
    last = turns[-1]
    if not isinstance(last, Mapping) or any(last.get(key) for key in ("tool_calls", "function_call")):
        return False
    said, speaker = last.get(pair[1]), str(last.get(pair[0])).strip().lower()
    return ROLES.get(speaker) == "assistant" and (said is None or (isinstance(said, str) and not said.strip()))


def conversation_of(value: object) -> tuple[Turn, ...]:
    """Return the turns of one cell; raises ConversationError with the reason where they make no sense."""
    return read_conversation(value).turns


def question_of(value: object) -> tuple[Turn, ...]:
    """Return the turns of a cell whose last answer is to come, or stands there and is asked anew.

    It ends with a turn of the assistant, an empty one where there is none. Raises ConversationError.
    """
    written = _listed(value)
    if written is None:
        raise ConversationError("no list of turns")
    turns = tuple(_turn(turn, set()) for turn in written)
    if not turns or turns[-1].role != "assistant":
        turns = (*turns, Turn("assistant", "", None))
    if len(turns) == 1:
        raise ConversationError("no turn before the answer")
    _check_system(turns)
    return turns


def read_conversation(value: object) -> Conversation:
    """Return the turns of one cell, and what was read otherwise than it stood; raises ConversationError."""
    written = _listed(value)
    if written is None:
        raise ConversationError("no list of turns")
    notes: set[str] = set()
    turns = tuple(_turn(turn, notes) for turn in written)
    _check_order(turns)
    return Conversation(turns, frozenset(notes))


def normalised(turns: Sequence[Turn]) -> list[dict[str, object]]:
    """Return the turns in OpenAI's form, `weight` only where the data have it."""
    written: list[dict[str, object]] = []
    for turn in turns:
        weight = {} if turn.learned is None else {"weight": int(turn.learned)}
        written.append({"role": turn.role, "content": turn.content, **weight})
    return written


def _listed(value: object) -> Sequence[object] | None:
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return None
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, (list, tuple)) else None


def _has(turn: Mapping[object, object], pair: tuple[str, str]) -> bool:
    return turn.get(pair[0]) is not None and pair[1] in turn


def _turn(turn: object, notes: set[str]) -> Turn:
    if not isinstance(turn, Mapping):
        raise ConversationError("a turn that is no object")
    pair = next((pair for pair in _PAIRS if _has(turn, pair)), None)
    if pair is None:
        wanted = " or ".join(f"{speaker} and {text}" for speaker, text in _PAIRS)
        raise ConversationError(f"a turn without {wanted}")
    role = _role(turn[pair[0]], notes)
    if any(turn.get(key) for key in ("tool_calls", "function_call")):
        raise ConversationError("a turn that calls a tool")
    if turn.get("name"):
        notes.add("names of speakers are left out")
    return Turn(role, _content(turn[pair[1]]), _learned(turn, role))


def _role(written: object, notes: set[str]) -> Role:
    if not isinstance(written, str):
        raise ConversationError(f"a role that is no text: {written!r}")
    name = written.strip().lower()
    if name in TOOL_ROLES:
        notes.add(f"turns of the role {name!r} are read as turns of the {TOOL_ROLES[name]}")
        return TOOL_ROLES[name]
    if name not in ROLES:
        raise ConversationError(f"the unknown role {written!r}")
    return ROLES[name]


def _content(written: object) -> str:
    """Return the text of a turn, which OpenAI's form may hold in parts."""
    if isinstance(written, (list, tuple)):
        texts = [part.get("text") for part in written if isinstance(part, Mapping) and part.get("type") == "text"]
        if len(texts) < len(written) or not all(isinstance(text, str) for text in texts):
            raise ConversationError("a turn with parts that are no text")
        written = "".join(str(text) for text in texts)
    if written is not None and not isinstance(written, str):
        raise ConversationError("a turn whose content is no text")
    if written is None or not written.strip():
        raise ConversationError("a turn without content")
    return written


def _learned(turn: Mapping[object, object], role: Role) -> bool | None:
    weight = turn.get("weight")
    if weight is None:
        return None
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or weight not in (0, 1):
        raise ConversationError(f"a weight that is neither 0 nor 1: {weight!r}")
    if role != "assistant" and weight == 1:
        raise ConversationError(f"a weight of 1 for a turn of the {role}, which is never learned")
    return bool(weight)


def _check_order(turns: Sequence[Turn]) -> None:
    answers = [turn for turn in turns if turn.role == "assistant"]
    if not answers:
        raise ConversationError("no turn of the assistant")
    if all(turn.learned is False for turn in answers):
        raise ConversationError("no turn to learn: the weight of each is 0")
    _check_system(turns)


def _check_system(turns: Sequence[Turn]) -> None:
    if any(turn.role == "system" for turn in turns[1:]):
        raise ConversationError("a system turn that is not the first")
