"""What is wrong with a text that is not YAML, in words that need no knowledge of parsers.

    template: Answer: {x}   →   the text of `template` holds ": ", which YAML reads as the end of another key
                                put the text in quotes, or write it after `>-` on the next line

The parser says where it gave up and what it expected there; the mistake is often earlier on the line or on the line
before, so each function below looks for one kind of mistake around the place and says nothing when it is another kind.

*Not here:* what is YAML but no task file (lfine.schemas.yaml_text, lfine.schemas.validation).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from lfine.schemas.cures import NO_SPACE
from lfine.schemas.problems import Excerpt, Problem

_QUOTE_IT = "put the text in quotes, or write it after `>-` on the next line"
_KEY_AND_VALUE = re.compile(r"(?P<lead>\s*(?:- +)*)(?P<key>[^\s#:'\"\[\]{},][^:]*?)\s*:(?P<gap>\s+|$)(?P<value>.*)$")
_MEANINGS = {
    "@": "is reserved",
    "`": "is reserved",
    "%": "begins a directive",
    "*": "repeats a marked value",
    "&": "marks a value",
    "!": "begins a tag",
    "?": "begins a key",
    "{": "begins a mapping",
    "[": "begins a list",
    "]": "ends a list",
    "}": "ends a mapping",
    ",": "separates items",
}


@dataclass(frozen=True)
class _Clue:
    """Where the parser gave up; lines and columns are 0-based."""

    lines: tuple[str, ...]
    line: int
    column: int
    problem: str
    context: str
    context_line: int
    context_column: int

    def row(self, line: int) -> str:
        return self.lines[line] if 0 <= line < len(self.lines) else ""

    def above(self) -> int:
        """Return the last line before the place that says something, -1 for none."""
        line = self.line - 1
        while line >= 0 and (not self.row(line).strip() or self.row(line).lstrip().startswith("#")):
            line -= 1
        return line


@dataclass(frozen=True)
class _Finding:
    line: int
    column: int
    width: int
    message: str
    cure: str


def explain_syntax(error: yaml.YAMLError, lines: tuple[str, ...], file: str) -> Problem:
    """Return the parser's error as a problem that points at the mistake."""
    clue = _clue(error, lines)
    findings = (detect(clue) for detect in _DETECTORS)
    found = next((finding for finding in findings if finding is not None), _unknown(clue))
    row = clue.row(found.line)
    return Problem(
        "LF107",
        found.message,
        found.cure,
        file=file,
        line=found.line + 1,
        column=found.column + 1,
        excerpt=Excerpt(row, max(1, min(found.width, len(row) - found.column))),
    )


def _clue(error: yaml.YAMLError, lines: tuple[str, ...]) -> _Clue:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return _Clue(lines, 0, 0, "", "", 0, 0)
    mark = error.problem_mark
    context = error.context_mark or mark
    return _Clue(lines, mark.line, mark.column, error.problem or "", error.context or "", context.line, context.column)


def _tab(clue: _Clue) -> _Finding | None:
    row = clue.row(clue.line)
    lead = row[: len(row) - len(row.lstrip())]
    if "\t" not in lead:
        return None
    return _Finding(clue.line, lead.index("\t"), 1, "a tab stands in the indentation", "indent with spaces")


def _unclosed_quote(clue: _Clue) -> _Finding | None:
    if "quoted scalar" not in clue.context or "unexpected" not in clue.problem:
        return None
    quote = clue.row(clue.context_line)[clue.context_column : clue.context_column + 1]
    return _Finding(
        clue.context_line, clue.context_column, 1, f"the quote opened here is never closed: {quote}", "close the quote"
    )


def _escape(clue: _Clue) -> _Finding | None:
    if "escape character" not in clue.problem and "escape sequence" not in clue.problem:
        return None
    column = max(0, clue.column - 1)
    written = clue.row(clue.line)[column : column + 2]
    message = f"`{written}` means nothing in double quotes"
    return _Finding(clue.line, column, 2, message, "write the backslash twice, or use single quotes")


def _after_quote(clue: _Clue) -> _Finding | None:
    before = clue.row(clue.line)[: clue.column].rstrip()
    if "but found" not in clue.problem or not before.endswith(("'", '"')):
        return None
    single = before.endswith("'")
    cure = "write '' for an apostrophe inside single quotes" if single else 'write \\" for a quote inside double quotes'
    message = "the text goes on after its closing quote"
    return _Finding(clue.line, len(before) - 1, 1, message, f"{cure}, or close the quote that an earlier line opened")


def _special_beginning(clue: _Clue) -> _Finding | None:
    """Find a text that begins with a character that means something to YAML: `template: {question} in short`."""
    match = _KEY_AND_VALUE.match(clue.row(clue.line))
    value = match["value"] if match else ""
    meaning = _MEANINGS.get(value[:1])
    if match is None or meaning is None or clue.column < match.start("value"):
        return None
    if value[0] in "{[" and ("flow" in clue.context or not _text_after_bracket(value)):
        return None
    message = f"the text of `{match['key']}` begins with `{value[0]}`, which {meaning} in YAML"
    return _Finding(clue.line, match.start("value"), len(value.rstrip()), message, _QUOTE_IT)


def _text_after_bracket(value: str) -> bool:
    closing = value.find("}" if value[0] == "{" else "]")
    return closing >= 0 and bool(value[closing + 1 :].strip())


def _block_text_on_the_line(clue: _Clue) -> _Finding | None:
    if "block scalar" not in clue.context:
        return None
    message = "text stands on the line of `|` or `>`"
    return _Finding(clue.line, clue.column, 10**6, message, "begin the text on the next line, indented")


def _list_on_the_line(clue: _Clue) -> _Finding | None:
    if not clue.problem.startswith("sequence entries"):
        return None
    message = "a list's `- ` stands on the line of its key"
    return _Finding(clue.line, clue.column, 1, message, "begin the list on the next line, or write it as `[a, b]`")


def _no_key(clue: _Clue) -> _Finding | None:
    row = clue.row(clue.line)
    before = row[: clue.column].rstrip()
    if row[clue.column : clue.column + 1] != ":" or (before and before[-1] not in "{[,-"):
        return None
    return _Finding(clue.line, clue.column, 1, "there is no key before this colon", "write `key: value`")


def _flow(clue: _Clue) -> _Finding | None:
    if "flow" not in clue.context:
        return None
    bracket = clue.row(clue.context_line)[clue.context_column : clue.context_column + 1]
    closing = "}" if bracket == "{" else "]"
    here = clue.row(clue.line)[clue.column : clue.column + 1]
    if clue.line == clue.context_line and here == ":":
        message = f"a comma is missing between `{bracket}` and this colon, or a text holds a colon"
        return _Finding(clue.line, clue.column, 1, message, "separate the items with commas; put texts in quotes")
    message = f"the `{bracket}` opened here is not closed by a `{closing}`"
    return _Finding(clue.context_line, clue.context_column, 1, message, f"close it with `{closing}`")


def _stray_bracket(clue: _Clue) -> _Finding | None:
    here = clue.row(clue.line)[clue.column : clue.column + 1]
    if "but found" not in clue.problem or here not in set("]},"):
        return None
    message = f"this `{here}` closes nothing" if here != "," else "this comma separates nothing"
    return _Finding(clue.line, clue.column, 1, message, "remove it, or put the text in quotes")


def _colon_in_text(clue: _Clue) -> _Finding | None:
    match = _KEY_AND_VALUE.match(clue.row(clue.line))
    if not clue.problem.startswith("mapping values") or match is None or clue.column < match.start("value"):
        return None
    message = f'the text of `{match["key"]}` holds ": ", which ends another key in YAML'
    return _Finding(clue.line, clue.column, 1, message, _QUOTE_IT)


def _line_above(clue: _Clue) -> _Finding | None:
    """Find a mistake that the parser noticed at the first colon of the next line."""
    above = clue.above()
    row = clue.row(above)
    if not clue.problem.startswith("mapping values") or above < 0:
        return None
    start = len(row) - len(row.lstrip())
    match = _KEY_AND_VALUE.match(row)
    if match is not None and match["value"]:
        message = f"this line stands deeper than `{match['key']}`, which has its value already"
        cure = f"indent it like `{match['key']}`, or remove the value of `{match['key']}`"
        return _Finding(clue.line, len(clue.row(clue.line)) - len(clue.row(clue.line).lstrip()), 10**6, message, cure)
    colon = row.find(":", start)
    if colon > start:
        key = row[start:colon]
        return _Finding(above, colon, 1, f"there is no space after the colon of `{key}`", NO_SPACE)
    return _no_colon(clue, above, start)


def _no_colon(clue: _Clue, line: int, column: int) -> _Finding:
    word = clue.row(line)[column:].strip()
    key = re.match(r"([A-Za-z_]\w*):\S", word)
    if key is not None:
        return _Finding(line, column + key.end(1), 1, f"there is no space after the colon of `{key[1]}`", NO_SPACE)
    message = f"there is no colon after `{word[:40]}`"
    return _Finding(line, column, len(word), message, "write `key: value`")


def _key_without_colon(clue: _Clue) -> _Finding | None:
    if clue.problem != "could not find expected ':'":
        return None
    header = next((row for row in reversed(clue.lines[: clue.context_line]) if row.strip()), "").rstrip()
    if re.search(r":\s+[|>][-+0-9]*$", header):
        message = "the text after `|` or `>` is not indented deeper than its key"
        return _Finding(clue.context_line, clue.context_column, 10**6, message, "indent the text by two more spaces")
    return _no_colon(clue, clue.context_line, clue.context_column)


def _indentation(clue: _Clue) -> _Finding | None:
    if not clue.problem.endswith(("'<block mapping start>'", "'<block sequence start>'", "'-'", "'?'")):
        return None
    row = clue.row(clue.line)
    start = len(row) - len(row.lstrip())
    what = "a list item" if row.lstrip().startswith("- ") else "this line"
    message = f"{what} is indented by {start}, which fits none of the lines above"
    return _Finding(clue.line, start, 10**6, message, "indent the keys of one mapping by the same number of spaces")


def _unknown(clue: _Clue) -> _Finding:
    message = "the text stops being YAML here"
    return _Finding(
        clue.line, clue.column, 1, message, "check the indentation, colons, quotes and brackets of this line"
    )


_DETECTORS: tuple[Callable[[_Clue], _Finding | None], ...] = (
    _tab,
    _unclosed_quote,
    _escape,
    _stray_bracket,
    _after_quote,
    _special_beginning,
    _block_text_on_the_line,
    _list_on_the_line,
    _no_key,
    _flow,
    _colon_in_text,
    _line_above,
    _key_without_colon,
    _indentation,
)
"""In this order: what can be told for certain first."""
