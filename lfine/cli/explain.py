"""`lfine explain CODE…`: what a problem means, why it is bad, an example, and what to do instead.

    lfine explain LF306
    lfine explain small-held-out

*Not here:* the texts (lfine.schemas.codes); the page with all of them (docs/reference/errors.md).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, print_json

if TYPE_CHECKING:
    from lfine.schemas.problems import Problem


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", nargs="+", metavar="CODE", help="code of a problem (LF306), or its name")
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a section for each code; UsageError LF115 with every code that is none."""
    from lfine.schemas.codes import CODES
    from lfine.schemas.errors import UsageError
    from lfine.schemas.reference import parts
    from lfine.schemas.sense import CHECKS

    numbers = {code.name: number for number, code in CODES.items()}
    asked = [numbers.get(word.lower(), word.upper()) for word in arguments.codes]
    unknown = [
        _unknown(word, list(numbers))
        for word, number in zip(arguments.codes, asked, strict=True)
        if number not in CODES
    ]
    if unknown:
        raise UsageError(*unknown)
    if arguments.format == "json":
        print_json({"codes": [{"code": number, **CODES[number]._asdict()} for number in asked]})
        return 0
    sections = [
        "\n".join([f"{number} {CODES[number].name}", *(f"   {part}: {text}" for part, text in parts(number, CHECKS))])
        for number in asked
    ]
    print("\n\n".join(sections))
    return 0


def _unknown(word: str, names: list[str]) -> Problem:
    from lfine.schemas.problems import Problem
    from lfine.schemas.suggestions import did_you_mean

    cure = did_you_mean(word.lower(), names) or "give a code as messages show it, for instance LF102"
    return Problem("LF115", f"there is no problem {word!r}", cure)
