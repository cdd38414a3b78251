"""`lfine preview TASK`: rows as the model sees them, learned tokens marked; `--format html` as a page.

*Not here:* rendering and tokenizing (lfine.finetune.catalogue), cutting (lfine.finetune.compile.lengths), the page
(lfine.preview_page).
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from lfine.cli.options import add_allow_code, add_format, add_set, add_skip_bad_rows, positive

if TYPE_CHECKING:
    from lfine.previewing import Preview, PreviewRow

LEARNED, PLAIN = "\x1b[1;32m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="task file")
    parser.add_argument("--rows", type=positive, default=3, metavar="N", help="how many training rows (default 3)")
    parser.add_argument("--row", type=int, action="append", metavar="ID", help="this row; may be repeated")
    parser.add_argument("--tokens", action="store_true", help="show the boundaries of tokens")
    parser.add_argument("--out", metavar="FILE", help="write to this file, not to stdout")
    add_skip_bad_rows(parser)
    add_set(parser)
    add_allow_code(parser)
    add_format(parser, ("text", "json", "html"))


def run(arguments: argparse.Namespace) -> int:
    """Print rows; learned tokens are green on a terminal and stand between ⟦ and ⟧ elsewhere."""
    from lfine.extras import require_compiling

    require_compiling()
    from lfine.previewing import preview

    task, wanted = Path(arguments.task), arguments.row
    shown = preview(
        task,
        arguments.set,
        rows=arguments.rows,
        row_ids=wanted,
        allow_code=arguments.allow_code,
        skip_bad_rows=arguments.skip_bad_rows,
    )
    if arguments.format == "json":
        text = json.dumps(shown.record(), ensure_ascii=False, indent=1, allow_nan=False)
    elif arguments.format == "html":
        from lfine.preview_page import page

        text = page(shown)
    else:
        coloured = arguments.out is None and sys.stdout.isatty()
        text = _text(shown, separator="│" if arguments.tokens else "", coloured=coloured)
    if arguments.out is None:
        print(text)
    else:
        from lfine.evaluation.files import write_whole

        write_whole(Path(arguments.out), f"{text}\n")
        print(f"wrote {arguments.out}", file=sys.stderr)
    return 0


def _text(shown: Preview, *, separator: str, coloured: bool) -> str:
    lines = [line for row in shown.rows for line in _row_lines(row, separator=separator, coloured=coloured)]
    lines.append(f"limit {shown.limit} tokens; longest {shown.longest}, p95 {shown.p95}")
    if shown.examples:
        lines.append(f"rows {', '.join(map(str, shown.examples))} are shown as examples in every prompt")
    lines.append(f"{shown.cut} of {shown.train_rows} rows cut, {shown.left_out} left out")
    lines.append(f"the first {shown.shared_prefix} tokens are common to all rows")
    return "\n".join(lines)


def _row_lines(row: PreviewRow, *, separator: str, coloured: bool) -> list[str]:
    """Return a heading and the row's text as the model sees it, each run of learned tokens marked."""
    begin, end = (LEARNED, PLAIN) if coloured else ("⟦", "⟧")
    mark = "" if row.cut is None else f", cut to {row.cut}"
    mark = ", left out: too long" if row.state == "left out" else mark
    heading = f"── row {row.row_id}: {row.prompt_tokens} prompt tokens, {row.learned_tokens} learned{mark} ──"
    text = separator.join(row.prompt)
    for learned, run in groupby(zip(row.completion_learned, row.completion, strict=True), key=lambda each: each[0]):
        words = separator.join(token for _, token in run)
        text += f"{begin}{words}{end}" if learned else words
    return [heading, text]
