"""One JSON text parsed, and the checks that every JSON row goes through.

    parse('{"question": "2+2?", "answer": 4}')  ─▶  {"question": "2+2?", "answer": 4}

*Not here:* files (json_list, json_lines).
"""

from __future__ import annotations

import json

from lfine.finetune.data.values import text_of


class NotJsonError(ValueError):
    """A text that is no JSON, or that no prompt could hold."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        """1-based, in the text."""
        self.column = column
        """1-based."""


def parse(text: str) -> object:
    """Return the parsed text; raises NotJsonError for bad syntax, too deep nesting and too long numbers."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJsonError(error.msg[:1].lower() + error.msg[1:], error.lineno, error.colno) from error
    except (ValueError, RecursionError) as error:
        message = "nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"
        raise NotJsonError(message, 1, 1) from error


def has_lone_surrogate(value: object, source: str) -> bool:
    """Tell whether half of a surrogate pair (`\\ud83d` alone) stands in the value: it is no character of any text."""
    if "\\ud" not in source and "\\uD" not in source:
        return False
    return any("\ud800" <= character <= "\udfff" for character in text_of(value))
