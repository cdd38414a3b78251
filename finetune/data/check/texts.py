"""What is wrong with texts as texts: the wrong encoding, characters that no one sees, several scripts.

    "cafÃ©", "donâ€™t", "caf\ufffd"    mojibake: UTF-8 that was read as Latin-1 or Windows-1252, or lost bytes
    "a\\x00b", "a\\x1fb"               control characters
    "привет" among English             mixed-scripts

*Not here:* which encoding a file has (lfine.finetune.data.formats), telling languages of one script apart: nobody does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from lfine.finetune.data.check.records import Finding
from lfine.finetune.data.check.subject import Subject, first_rows, percent, short
from lfine.finetune.data.wording import counted

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200b\u2060]")
"""Control characters (line ends and tabs are none), byte-order marks within a text, marks without width."""
_SUSPECT = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u02dc\u2013-\u203a\u20ac\u2122]{1,3}|\ufffd")
_CLOSING = frozenset("–—‘’“”„‚…«»‹›•")  # after a letter of a real language: `Spaß”`, `Noé…»`
RARE = 0.2
"""Share of rows up to which a script is one that strayed in."""
SCRIPTS = {
    "Latin": "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff",
    "Indic": "\u0900-\u0dff",
    "Thai": "\u0e00-\u0e7f",
    "Hangul": "\u1100-\u11ff\uac00-\ud7af",
    "kana": "\u3040-\u30ff",
    "Han": "\u3400-\u4dbf\u4e00-\u9fff",
}
"""Script → its letters, for those that data are written in."""
_LETTERS = {name: re.compile(f"[{letters}]") for name, letters in SCRIPTS.items()}


def mojibake(subject: Subject) -> Iterator[Finding]:
    cure = "read the source as UTF-8 and export it again; U+FFFD stands for bytes that are lost"
    what = "text that was read with the wrong encoding"
    yield from _by_row(subject, _garbled, name="mojibake", what=what, cure=cure)


def control_characters(subject: Subject) -> Iterator[Finding]:
    what, cure = "characters that no one sees", "remove them: the model would learn to read and write them"

    def shown(text: str) -> str | None:
        found = CONTROL.search(text)
        return None if found is None else f"U+{ord(found[0]):04X} in {short(_around(text, found.start()))!r}"

    yield from _by_row(subject, shown, name="control-characters", what=what, cure=cure)


def _by_row(
    subject: Subject, found_in: Callable[[str], str | None], *, name: str, what: str, cure: str
) -> Iterator[Finding]:
    """Yield one finding of the rows whose input or answer has it."""
    rows: list[int] = []
    examples: list[str] = []
    answers: Sequence[str] = subject.answers if subject.answers is not None else ("",) * len(subject.inputs)
    for row, texts in enumerate(zip(subject.inputs, answers, strict=True)):
        found = next((said for text in texts if text and (said := found_in(text)) is not None), None)
        if found is not None:
            rows.append(row)
            examples.append(found) if len(examples) < 3 else None
    if rows:
        message = f"{len(rows):,} of {counted(len(subject.inputs), 'row')} with {what}"
        yield Finding(name, "warning", message, cure, len(rows), first_rows(rows), tuple(examples))


def _garbled(text: str) -> str | None:
    """Return an example where the text holds bytes of UTF-8 as characters of a one-byte encoding; else None."""
    if text.isascii():
        return None
    for found in _SUSPECT.finditer(text):
        meant = repaired(found[0])
        if meant != found[0]:
            said = "a lost byte" if meant is None else f"was {meant!r}"
            return f"{found[0]!r} ({said}) in {short(_around(text, found.start()))!r}"
    return None


def repaired(text: str) -> str | None:
    """Return what was meant: `Ã©` is `é`; the text itself where it means nothing else; None where bytes are lost."""
    if "\ufffd" in text:
        return None
    if text[0] not in "ÂÃâ" and text[1] in _CLOSING:
        return text
    for size in range(len(text), 1, -1):
        try:
            return b"".join(map(_byte, text[:size])).decode("utf-8")
        except ValueError:
            continue
    return text


def _byte(character: str) -> bytes:
    """Return the byte that Windows-1252 shows so, or Latin-1 where that has none; ValueError where neither does."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _around(text: str, at: int) -> str:
    return text[max(0, at - 20) : at + 20]


def script_of(text: str) -> str | None:
    """Return the script of most letters; None for a text without letters of a known one."""
    if text.isascii():
        return "Latin" if _LETTERS["Latin"].search(text) else None
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS.items()}
    if counts["kana"]:  # Japanese is written in both
        counts["kana"] += counts.pop("Han")
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def mixed_scripts(subject: Subject) -> Iterator[Finding]:
    """Rows in a script that few others have: another language than the task's, or rubbish."""
    scripts = [script_of(text) for text in subject.inputs]
    counts = Counter(script for script in scripts if script is not None)
    total = counts.total()
    rare = {script for script, n in counts.items() if n <= RARE * total}
    if rare:
        rows = [row for row, script in enumerate(scripts) if script in rare]
        shares = ", ".join(f"{script} {percent(n / total)}" for script, n in counts.most_common())
        yield Finding(
            name="mixed-scripts",
            severity="note",
            message=f"{len(rows):,} of {counted(total, 'row')} in a script that few have: {shares}",
            cure="keep them if the task is for these languages too; languages of one script are not told apart",
            count=len(rows),
            row_ids=first_rows(rows),
            examples=tuple(subject.shown(row) for row in rows[:3]),
        )
