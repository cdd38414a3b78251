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
        """1-based, in the text; 0: not known."""
        self.column = column
        """1-based."""


def parse(text: str) -> object:
    """Return the parsed text; raises NotJsonError for bad syntax, too deep nesting, too long numbers and a key that
    stands twice, of which a reader keeps one in silence."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = error.msg[:1].lower() + error.msg[1:]
        message += f" column {error.colno}" if message.endswith(" at") else ""
        raise NotJsonError(message, error.lineno, error.colno) from error
    except NotJsonError:
        raise
    except (ValueError, RecursionError) as error:
        message = "nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"
        raise NotJsonError(message, 1, 1) from error


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotJsonError(f"the key {twice!r} stands twice in an object", 0, 0)
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_mapping)
"""One for all texts: `json.loads` would make one for each."""


def has_lone_surrogate(value: object, source: str) -> bool:
    """Tell whether half of a surrogate pair (`\\ud83d` alone) stands in the value: it is no character of any text."""
    if "\\ud" not in source and "\\uD" not in source:
        return False
    return any("\ud800" <= character <= "\udfff" for character in text_of(value))
