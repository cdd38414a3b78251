"""The progress bar of work that goes row by row.

    with row_bar("answer", len(rows)) as bar:   # on stderr: answer:  42%|████▏     | 84/200 [00:21<00:29, 3.9row/s]
        bar.update(8)

On a terminal it moves three times a second; in a file or a log it is a line every 15 seconds.

*Not here:* the bar of a training, which shows loss, rate and memory (finetune/train/progress.py).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tqdm import tqdm

if TYPE_CHECKING:
    from typing import NoReturn

TERMINAL, FILE = 0.3, 15.0
"""Seconds between two states of the bar."""


def row_bar(what: str, total: int) -> tqdm[NoReturn]:
    """Return the bar, on stderr as it is now."""
    often = TERMINAL if sys.stderr.isatty() else FILE
    return tqdm(total=total, desc=what, unit="row", file=sys.stderr, mininterval=often)
