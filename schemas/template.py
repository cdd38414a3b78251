"""The prompt template: text with `{column}` placeholders, a literal brace doubled.

    parse_template("Q: {question} {{}}") == (Part("Q: ", …), Part("question", column=True, offset=3), Part(" {}", …))

What stands between the braces is the column's name to the letter, white space included. Rendering inserts values as
they are: a value that holds braces is never read as a template.

*Not here:* which columns the data have (lfine.finetune.data), a template's place in its file (lfine.schemas.sense).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

# Text without a brace, a doubled brace, a placeholder, or a brace that is neither.
_PIECE = re.compile(r"(?P<text>[^{}]+)|(?P<double>\{\{|\}\})|\{(?P<name>[^{}\n\"]*)\}|(?P<stray>[{}])")


class TemplateError(ValueError):
    """Braces that do not pair, or a placeholder that cannot be a column."""

    def __init__(self, message: str, *, offset: int, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        """Characters of the template before the mistake."""
        self.cure = cure


@dataclass(frozen=True)
class Part:
    """A piece of a template."""

    text: str
    """Literal text with its braces undoubled, or the name of a column."""
    column: bool
    """True: a placeholder."""
    offset: int
    """Characters of the template before it."""


@lru_cache(maxsize=16)  # several checks, the header and every row ask about the same template
def parse_template(template: str) -> tuple[Part, ...]:
    """Return the template's parts, literal text in runs; raise TemplateError at the first mistake."""
    parts: list[Part] = []
    run: list[str] = []
    start = 0
    for match in _PIECE.finditer(template):
        literal = match["text"] or (match["double"] or "")[:1]
        if literal:
            start = start if run else match.start()
            run.append(literal)
            continue
        if run:
            parts.append(Part("".join(run), column=False, offset=start))
            run = []
        parts.append(_placeholder(template, match))
    return (*parts, Part("".join(run), column=False, offset=start)) if run else tuple(parts)


def _placeholder(template: str, match: re.Match[str]) -> Part:
    name = match["name"]
    if name is None:
        raise _stray(template, match.start())
    if not name.strip():
        raise TemplateError(
            "holds a placeholder without a name",
            offset=match.start(),
            cure="name a column between the braces, or double them: `{{}}`",
        )
    return Part(name, column=True, offset=match.start())


def _stray(template: str, offset: int) -> TemplateError:
    cure = "double a brace that is meant as text: " + ("`{{` and `}}`")
    if template[offset] == "}":
        return TemplateError("holds a `}` that closes no placeholder", offset=offset, cure=cure)
    rest = template[offset + 1 :]
    ends = [rest.find(mark) for mark in "{}\n" if mark in rest]
    quoted = '"' in rest[: min(ends, default=len(rest))]
    message = (
        "holds a `{` that opens no placeholder: no column's name holds a quote"
        if quoted
        else ("holds a `{` that no `}` closes on its line")
    )
    return TemplateError(message, offset=offset, cure=cure)


def columns(parts: Iterable[Part]) -> tuple[str, ...]:
    """Return the columns a template names, each once, in order."""
    return tuple(dict.fromkeys(part.text for part in parts if part.column))


def render(parts: Iterable[Part], values: Mapping[str, str]) -> str:
    """Return the prompt of one row; `values` holds a text for every column that is named."""
    return "".join(values[part.text] if part.column else part.text for part in parts)
