"""What an unquoted word of YAML means: the core rules of YAML 1.2, https://yaml.org/spec/1.2.2/#103-core-schema.

    1e-4 → 0.0001    yes → "yes"    012 → "012"    ~ → None    0x1F → 31

One exception to the rules: a number with a leading zero is text, since it is a label or an id.

*Not here:* quotes, blocks and escapes, which the YAML parser has undone before.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_BASED = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_LONGEST = 400
"""Characters: a longer run of digits is text (no key takes such a number, and Python refuses to read some)."""


def scalar_of(word: str) -> Scalar:
    """Return the value of an unquoted word."""
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if len(word) > _LONGEST:
        return word
    if _INTEGER.match(word):
        return int(word)
    if _BASED.match(word):
        return int(word, base=0)
    if _FLOAT.match(word):
        return float(word)
    return word
