"""A draft as the text of a task file: YAML 1.2 in block form, comments above what they explain.

    # output: label (sure): its name; 2 values that recur
    # or: genre
    output_feature:
      name: label

*Not here:* what is written (lfine.starting.drafting).
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable
from typing import Any

from lfine.schemas.scalars import scalar_of
from lfine.schemas.writing import quoted
from lfine.starting.records import Draft

WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z_./][\w./-]*( [\w./-]+)*", re.ASCII)
_BLOCK_LINE = re.compile(r"(?!\s)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]*(?<!\s)")


def written(draft: Draft, *, schema: str | None) -> str:
    """Return the whole file; `schema` is what the editor's line names."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema is not None else []
    lines += [f"# {line}".rstrip() for line in draft.head]
    for section in draft.sections:
        lines += ["", *(line for text in section.comments for line in comment(text))]
        lines += _entry(section.key, section.value)
    return "\n".join(lines) + "\n"


def comment(text: str) -> list[str]:
    """Return a sentence as lines of a comment; whatever it quotes of the data stays on them."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return textwrap.wrap(
        shown, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False, break_on_hyphens=False
    )


def scalar(value: Any) -> str:
    """Return a scalar on one line, in quotes where YAML would read it as anything else."""
    if not isinstance(value, str):
        return json.dumps(value)
    plain = _PLAIN.fullmatch(value) is not None and isinstance(scalar_of(value), str)
    return value if plain else quoted(value)


def _entry(key: str, value: Any) -> list[str]:
    name = scalar(key)
    if isinstance(value, dict):
        return [f"{name}:", *_deeper(line for inner, item in value.items() for line in _entry(inner, item))]
    if isinstance(value, list):
        flow = f"{name}: [{', '.join(map(_flow, value))}]"
        if len(flow) <= WIDTH:
            return [flow]
        return [f"{name}:", *_deeper(f"- {_flow(item)}" for item in value)]
    if isinstance(value, str) and _is_block(value.split("\n")):
        return [f"{name}: |-", *_deeper(value.split("\n"))]
    return [f"{name}: {scalar(value)}"]


def _is_block(lines: list[str]) -> bool:
    """Tell whether `|-` keeps these lines: none begins or ends with white space, and the outer ones are not empty."""
    return len(lines) > 1 and bool(lines[0] and lines[-1]) and all(map(_BLOCK_LINE.fullmatch, lines))


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    return scalar(value)


def _deeper(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]
