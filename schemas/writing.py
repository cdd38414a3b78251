"""A document as one YAML text again: what a run folder keeps of a task that extends others.

    # What viggo.yaml and the files that it extends (_base.yaml) say together; comments are left out.
    base_model: smollm2-135m-instruct
    trainer:
      learning_rate: 1e-4

Scalars are written as their file has them (`1e-4`, `012`), all else in block form.

*Not here:* changing a user's file (lfine.schemas.fixing), which never writes it anew.
"""

from __future__ import annotations

import json
import re

from lfine.schemas.document import Document, Path, Value
from lfine.schemas.scalars import scalar_of
from lfine.schemas.source import NOT_TEXT

_PLAIN = re.compile(r"[\w./][\w./-]*")
_BLOCK = re.compile(r"[^\s][^\n]*(\n|\n[^\n]*[^\s\n])*")
"""Text that `|` keeps: it begins with no white space, and no line ends with any."""


def document_text(document: Document) -> str:
    """Return YAML text with the document's value, without a line that extends another file."""
    value = document.value
    if isinstance(value, dict):
        value = {key: item for key, item in value.items() if key != "extends"}
    others = ", ".join(_one_line(name) for name in document.extended)
    head = f"# What {_one_line(document.file)} and the files that it extends ({others}) say together;"
    return "\n".join([head, "# comments are left out.", *_lines(document, value, ())]) + "\n"


def _one_line(name: str) -> str:
    return name if name.isprintable() else quoted(name)


def quoted(text: str) -> str:
    """Return a text in double quotes that YAML reads back to the same text."""
    written = json.dumps(text, ensure_ascii=False)
    return NOT_TEXT.sub(lambda match: f"\\u{ord(match[0]):04x}", written)


def _lines(document: Document, value: Value, path: Path) -> list[str]:
    """Return the lines of a value; the first of a scalar's goes behind its key or dash."""
    if isinstance(value, dict) and value:
        entries = [(_key(key) + ":", item, (*path, key)) for key, item in value.items()]
        return [line for entry in entries for line in _entry(document, *entry)]
    if isinstance(value, list) and value:
        items = [_lines(document, item, (*path, index)) for index, item in enumerate(value)]
        return [line for first, *rest in items for line in (f"- {first}", *_deeper(rest))]
    return _scalar(document, value, path)


def _entry(document: Document, key: str, value: Value, path: Path) -> list[str]:
    lines = _lines(document, value, path)
    if isinstance(value, dict | list) and value:
        return [key, *_deeper(lines)]
    return [f"{key} {lines[0]}".rstrip(), *_deeper(lines[1:])]


def _deeper(lines: list[str]) -> list[str]:
    return ["  " + line if line else line for line in lines]


def _key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) and isinstance(scalar_of(key), str) else quoted(key)


def _scalar(document: Document, value: Value, path: Path) -> list[str]:
    if isinstance(value, str) and "\n" in value and _is_block(value):
        return ["|" if value.endswith("\n") else "|-", *value.removesuffix("\n").split("\n")]
    place = document.places.get(path)
    if place is not None and "\n" not in place.source and _is_whole(place.source, place.style, value):
        return [place.source]
    return [quoted(value) if isinstance(value, str) else json.dumps(value)]


def _is_block(text: str) -> bool:
    shown = text.removesuffix("\n")  # `|` gives one back; more would need `|+`
    clean = NOT_TEXT.search(text) is None and "\r" not in text and not shown.endswith("\n")
    return clean and _BLOCK.fullmatch(shown) is not None


def _is_whole(source: str, style: str, value: Value) -> bool:
    """Tell whether the source alone, outside of brackets and aliases, is the value."""
    if style in ("single", "double"):
        return source[:1] in ("'", '"')
    return style == "plain" and not source.startswith(("*", "&", "!")) and scalar_of(source) == value and bool(source)
