"""JSON Lines: one object a line, every column a key of every object.

    {"question": "2+2?", "answer": 4}
    {"question": "3+3?", "answer": null}

*Not here:* what JSON has no form for (json_values).
"""

from __future__ import annotations

from typing import IO

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.json_values import json_texts
from lfine.finetune.data.writing.rewritten import Rewritten


def write(file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:  # noqa: ARG001 (all writers take it)
    """Write all rows in UTF-8."""
    texts, said = json_texts(rows)
    file.writelines(f"{text}\n".encode() for text in texts)
    return said
