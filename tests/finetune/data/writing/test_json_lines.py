"""One object a line."""

from __future__ import annotations

import io

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.json_lines import write


def test_every_column_stands_on_every_line() -> None:
    file = io.BytesIO()
    rows = Rows(("q", "a"), ({"q": "é\u2028\n", "a": 4}, {"q": "", "a": None}))
    assert write(file, rows, ".jsonl") == ()
    assert file.getvalue().decode() == '{"q": "é\u2028\\n", "a": 4}\n{"q": "", "a": null}\n'
