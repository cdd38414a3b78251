"""One value as text or as a number, and one row as a hash: the forms in which every format agrees.

    text_of(None) == ""    text_of(True) == "true"    text_of(5.0) == "5.0"    text_of(["é", 1]) == '["é", 1]'
    number_of("5.0") == 5.0    number_of("1,000") is None    whole_of(5.0) == 5
    content_hash({"a": 1, "b": "x"}, ("b", "a"), 42)  # 32 bytes, equal for {"a": "1", "b": "x"} of a CSV file

A float keeps its ".0", because that is what the usual writers put into CSV for a column of floats.

*Not here:* which columns count as content (lfine.finetune.data.splits, held_out).
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

Row = Mapping[str, object]
"""Column → value: text from CSV; text, numbers, booleans, None, lists and dicts (and dates) from the others."""

_NUMBER = re.compile(r"(?P<whole>[+-]?[0-9]{1,400})|[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_CURE = "store the values as text, or leave the column out of the file"


def text_of(value: object) -> str:
    """Return the value as a prompt shows it; raises TaskError (LF302) for bytes and whatever has no text form.

    None and NaN are empty; whole numbers are digits; floats are `repr` (shortest digits that read back equal);
    dates and times are ISO 8601; lists and dicts are JSON with their keys in the order they came in.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "" if value != value else repr(value)
    return _text_of_rare(value)


def _text_of_rare(value: object) -> str:
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    if isinstance(value, (dt.date, dt.time)):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.timedelta):
        return str(value)
    raise TaskError(Problem("LF302", f"a value of type {type(value).__name__} has no text form", _CURE))


def answer_of(value: object) -> str:
    """Return the text of an answer: white space around it is never learned nor scored."""
    return text_of(value).strip()


def text_or_nothing(cell: object) -> str:
    """Return a cell as an answer shows it; empty for what has no text form."""
    try:
        return answer_of(cell)
    except TaskError:
        return ""


def number_of(value: object) -> int | float | None:
    """Return the number that a value is or writes in plain digits; None for booleans, infinities and other texts."""
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match is None:
            return None
        value = int(match["whole"]) if match["whole"] else float(match[0])
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def whole_of(value: object) -> int | None:
    """Return the whole number that a value is or writes: 5, 5.0 and "5.0" are 5."""
    number = number_of(value)
    return int(number) if number is not None and number == int(number) else None


def content_hash(row: Row, columns: Iterable[str], seed: int) -> bytes:
    """Return 32 bytes: sha256 over the seed and the columns' texts in the order of their names.

    Each text is preceded by its length in bytes, so that ("ab", "c") and ("a", "bc") differ.
    """
    parts = [b"%d" % seed]
    for column in sorted(columns):
        text = text_of(row.get(column)).encode("utf-8", "surrogatepass")
        parts += b"|%d|" % len(text), text
    return hashlib.sha256(b"".join(parts)).digest()


_COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+),(\d+)")
_GAPS = " '\u2019\u00a0\u202f"
"""What stands between thousands, besides the sign that is not the decimal one."""
_SIGNED = {
    sign: re.compile(rf"([-+]?(?:[0-9]{{1,400}}|[0-9]{{1,3}}(?:[{other}{_GAPS}][0-9]{{3}})+))(?:[{sign}]([0-9]+))?")
    for sign, other in ((",", "."), (".", ","))
}


def signed_number(text: str, sign: Literal[",", "."]) -> int | float | None:
    """Return the number that a text writes with this decimal sign, `1.433,05` with a comma; None for other texts."""
    match = _SIGNED[sign].fullmatch(text.strip())
    if match is None:
        return None
    whole = re.sub(r"[^0-9+-]", "", match[1])
    return number_of(whole if match[2] is None else f"{whole}.{match[2]}")


def decimal_commas(texts: Iterable[str]) -> bool:
    """Tell whether texts are numbers with a decimal comma, `1.433,05`; three digits behind each may be thousands."""
    found = [_COMMA.fullmatch(text.strip()) for text in texts]
    return bool(found) and all(found) and any(each is not None and len(each[3]) != 3 for each in found)
