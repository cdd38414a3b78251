"""Numbers as people write them inside a text: `1,234.50`, `-3`, `$ 72.`, `1e-3`.

    last_number("he pays 3 * 4 = $1,200.") == "1200"
    value_of("1,200.0") == Decimal("1200.0")
    only_number(" 4.50.") == 4.5        only_number("4.5 of 5") is None

A comma before three digits parts thousands; every other comma ends a number, as a full stop behind it does. A hyphen
is a minus sign unless it stands behind a word, a number or a bracket (`10-3`).
*Not here:* comparing them (lfine.evaluation.metrics.numeric_match), numbers in a page (.reports.numbers).
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

NUMBER = re.compile(
    r"(?:(?<![\w)\].])[-−])?(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3}(?![\w.]))?"
    r"|(?<![\w.])[-−]?\.[0-9]+"
)


def last_number(text: str) -> str | None:
    """Return the last number of a text without its commas, None where there is none."""
    found = None
    for match in NUMBER.finditer(text):
        found = match.group()
    return None if found is None else found.replace(",", "").replace("−", "-")


def only_number(text: str) -> float | None:
    """Return the number that a text is, white space and one full stop behind it left out; None for anything else."""
    match = NUMBER.fullmatch(text.strip().removesuffix("."))
    value = None if match is None else float(match.group().replace(",", "").replace("−", "-"))
    return value if value is not None and math.isfinite(value) else None


def value_of(text: str) -> Decimal | None:
    """Return the value of the last number of a text."""
    found = last_number(text)
    return None if found is None else Decimal(found)
