"""`lfine doctor`: what this machine can do, what is missing, and the line that mends it.

*Not here:* looking (lfine.doctor).
"""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from lfine.cli.options import add_format, print_json

if TYPE_CHECKING:
    from lfine.doctor.findings import Examination, Finding

BROKEN = 3
WIDEST = 120
"""Columns of text in a wide terminal, and where there is none."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and print it; 3 when the plain install itself is broken."""
    from lfine.doctor.examining import examine
    from lfine.schemas.records import to_json

    found = examine()
    if arguments.format == "json":
        print_json(to_json(found))
    else:
        print(text(found, width=min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)))
    return 0 if found.healthy else BROKEN


def text(found: Examination, *, width: int) -> str:
    """Return sections of aligned lines, and in the end what is to be mended."""
    wide = max(len(each.name) for each in found.findings)
    blocks = []
    for section, group in groupby(found.findings, key=lambda each: each.section):
        lines = [line for each in _gathered(section, list(group)) for line in _lines(each, wide, width)]
        blocks.append("\n".join([section, *lines]))
    return "\n\n".join([*blocks, _verdict(found.findings)])


def _gathered(section: str, findings: list[Finding]) -> list[Finding]:
    """Return the findings of a section; libraries that are in order share a line."""
    if section != "libraries":
        return findings
    from lfine.doctor.findings import Finding

    fine = [each for each in findings if each.mark == "ok"]
    said = ", ".join(f"{each.name} {each.said}" for each in fine)
    whole = [Finding(section, "installed", "ok", len(fine), said)] if fine else []
    return [*whole, *(each for each in findings if each.mark != "ok")]


def _lines(each: Finding, wide: int, width: int) -> list[str]:
    head = f"  {each.mark:<7}  {each.name.ljust(wide)}  "
    space = max(30, width - len(head))
    body = textwrap.wrap(each.said, space, break_long_words=False, break_on_hyphens=False) or [""]
    cure = f"→ {each.cure}" if each.cure else ""
    if cure and len(body[-1]) + 2 + len(cure) <= space:
        body[-1] += f"  {cure}"
    elif cure:
        body.append(cure)  # whole, to be copied
    return [head + body[0], *(" " * len(head) + line for line in body[1:])]


def _verdict(findings: Sequence[Finding]) -> str:
    wrong = [each for each in findings if each.mark in ("broken", "missing")]
    if not wrong:
        return "nothing is broken; a note is something that a task may need, or good to know"
    cures = dict.fromkeys(each.cure for each in wrong if each.cure)
    return "\n".join(["to mend:", *(f"  {cure}" for cure in cures)])
