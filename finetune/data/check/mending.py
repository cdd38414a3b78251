"""One text mended: bytes read in the wrong encoding, control characters, white space around it.

    mended("cafÃ©\\x00 ", ("mojibake", "control-characters", "whitespace"))  ─▶  Step("mojibake", "cafÃ©\\x00 ",
        "café\\x00 "), Step("control-characters", "café\\x00 ", "café "), Step("whitespace", "café ", "café")

Mojibake is repaired only where it is certain: what ftfy proposes must be a change of encoding that, done backwards,
gives the very text again. "CAFÉ™" stays as it is, and so does a text of which a byte is lost.

*Not here:* which texts of a data set (lfine.finetune.data.check.fixing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from lfine.finetune.data.check.texts import CONTROL
from lfine.finetune.data.extras import load

TextRepair = Literal["mojibake", "control-characters", "whitespace"]

_BLANKS = re.compile(r"(\s+)")
_LIKELY = re.compile("[\x80-\x9f]|[^\x00-\x7f][\x80-\xff\u0152-\u203a\u20ac\u2122]")
"""A byte of Windows-1252, or two characters in a row that may be the bytes of one: few texts with accents have any."""


@dataclass(frozen=True)
class Step:
    """One repair of one text."""

    repair: TextRepair
    before: str
    after: str


def mended(text: str, repairs: Collection[str], *, trim: bool = True) -> Iterator[Step]:
    """Yield the repairs that change the text, each beginning with what the one before left.

    Raises MachineError (LF401) where a text looks like mojibake and ftfy is not installed.
    """
    wanted: dict[TextRepair, Callable[[str], str]] = {"mojibake": _decoded, "control-characters": _without_control}
    if trim:
        wanted["whitespace"] = str.strip
    for repair, mend in wanted.items():
        if repair in repairs:
            after = mend(text)
            if after != text:
                yield Step(repair, text, after)
                text = after


def _without_control(text: str) -> str:
    """Leave out control characters; one that parts two words, as a form feed does, leaves a blank."""
    if CONTROL.search(text) is None:
        return text
    return CONTROL.sub(lambda found: " " if _parts(text, found.start()) else "", text)


def _parts(text: str, at: int) -> bool:
    beside = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return text[at].isspace() and len(beside) == 2 and not any(each.isspace() for each in beside)


def _decoded(text: str) -> str:
    """Return the text as it was meant; where only parts of it are mojibake, word by word."""
    if text.isascii() or _LIKELY.search(text) is None:
        return text
    whole = _certain(text)
    if whole is not None:
        return whole
    return "".join(_certain(word) or word for word in _BLANKS.split(text))


def _certain(text: str) -> str | None:
    """Return the text in its true encoding; None where nothing is wrong, or where what is right is a guess."""
    if text.isascii():
        return None
    explained = load("ftfy", reader="repairs of mojibake").fix_encoding_and_explain(text)
    steps = [(str(step.action), str(step.parameter)) for step in explained.explanation or ()]
    if not steps or any(action not in ("encode", "decode") for action, _ in steps):
        return None
    found = str(explained.text)
    return found if "\ufffd" not in found and _undone(found, steps) == text else None


def _undone(text: str, steps: list[tuple[str, str]]) -> str | None:
    """Return the text with pairs of encode and decode done backwards."""
    try:
        for (_, written), (_, read) in zip(steps[-2::-2], steps[::-2], strict=True):
            text = text.encode(read).decode(written)
    except (UnicodeError, LookupError):
        return None
    return text
