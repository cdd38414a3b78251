"""`lfine compare A B…`: each against the first, on the same rows, with intervals.

*Not here:* the statistics (lfine.evaluation.compare), the gate's rule (lfine.comparing).
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from lfine.cli.options import add_format, print_json

NOT_MET = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "evaluations", nargs="+", metavar="EVALUATION", help="run folder, evaluation folder or scores.json"
    )
    parser.add_argument(
        "--fail-if-worse",
        type=margin,
        metavar="MARGIN",
        help="exit 1 when one of the others is worse than the first by more than MARGIN in its headline metric,"
        " as measured, whatever chance could do (0.01 is one point of 100)",
    )
    add_format(parser, ("text", "json", "markdown"))


def margin(text: str) -> float:
    """Read a margin: 0 or more, and a number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of 0 or more, got {text!r}")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Compare the first evaluation with each other one."""
    from lfine.comparing import compare_places, judge
    from lfine.evaluation.comparison_text import markdown, table
    from lfine.schemas.errors import UsageError
    from lfine.schemas.problems import Problem

    places = [Path(text) for text in arguments.evaluations]
    if len(places) < 2:
        raise UsageError(Problem("LF115", "two evaluations are needed, got one", "lfine compare BEFORE AFTER"))
    allowed = arguments.fail_if_worse
    comparisons = compare_places(places, headline=allowed is not None)
    gate = None if allowed is None else judge(comparisons, margin=allowed)
    if arguments.format == "json":
        records = [comparison.record() for comparison in comparisons]
        document = records[0] if len(records) == 1 else {"comparisons": records}
        print_json(document if gate is None else {**document, "gate": gate.record()})
    elif arguments.format == "markdown":
        print(markdown(comparisons))
    else:
        print("\n\n".join(map(table, comparisons)))
    for reason in () if gate is None else gate.reasons:
        print(reason, file=sys.stderr)
    return 0 if gate is None or gate.met else NOT_MET
