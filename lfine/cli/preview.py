"""`lfine preview TASK`: rows as the model sees them, learned tokens marked.

*Not here:* rendering and tokenizing (lfine.finetune.catalogue), cutting (lfine.finetune.compile.lengths).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from lfine.cli.options import add_format, add_set, positive, print_json

LEARNED, PLAIN = "\x1b[1;32m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="task file")
    parser.add_argument("--rows", type=positive, default=3, metavar="N", help="how many training rows (default 3)")
    parser.add_argument("--row", type=int, action="append", metavar="ID", help="this row; may be repeated")
    parser.add_argument("--tokens", action="store_true", help="show the boundaries of tokens")
    add_set(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print rows; learned tokens are green on a terminal and stand between ⟦ and ⟧ elsewhere."""
    from lfine.extras import require_compiling

    require_compiling()
    from lfine.previewing import preview

    shown = preview(Path(arguments.task), arguments.set, rows=arguments.rows, row_ids=arguments.row)
    if arguments.format == "json":
        print_json(shown.record())
        return 0
    begin, end = (LEARNED, PLAIN) if sys.stdout.isatty() else ("⟦", "⟧")
    for row in shown.rows:
        mark = "" if row.cut is None else f", cut to {row.cut}"
        print(f"── row {row.row_id}: {row.prompt_tokens} prompt tokens, {row.learned_tokens} learned{mark} ──")
        separator = "│" if arguments.tokens else ""
        print(separator.join(row.prompt), end="")
        print(begin + separator.join(row.completion) + end)
    print(f"limit {shown.limit} tokens; longest {shown.longest}, p95 {shown.p95}")
    print(f"{shown.cut} of {shown.train_rows} rows cut, {shown.left_out} left out")
    print(f"the first {shown.shared_prefix} tokens are common to all rows")
    return 0
