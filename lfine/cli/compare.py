"""`lfine compare A B…`: each against the first, on the same rows, with intervals.

*Not here:* the statistics (lfine.evaluation.compare).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lfine.cli.options import add_format, print_json

NOT_MET = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "evaluations", nargs="+", metavar="EVALUATION", help="run folder, evaluation folder or scores.json"
    )
    parser.add_argument(
        "--fail-if-worse",
        type=float,
        metavar="MARGIN",
        help="exit 1 when the second is worse than the first by more than MARGIN (0.01 is one point of 100)",
    )
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare the first evaluation with each other one."""
    from lfine.comparing import compare_places
    from lfine.schemas.errors import UsageError
    from lfine.schemas.problems import Problem

    places = [Path(text) for text in arguments.evaluations]
    if len(places) < 2:
        raise UsageError(Problem("LF115", "two evaluations are needed, got one", "lfine compare BEFORE AFTER"))
    comparisons = [compare_places(places[0], other) for other in places[1:]]
    if arguments.format == "json":
        records = [comparison.record() for comparison in comparisons]
        print_json(records[0] if len(records) == 1 else {"comparisons": records})
    else:
        print("\n\n".join(comparison.text() for comparison in comparisons))
    margin = arguments.fail_if_worse
    worse = margin is not None and any(comparison.main.gain > margin for comparison in comparisons)
    return NOT_MET if worse else 0
