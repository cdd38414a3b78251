"""A list of objects that people can read."""

from __future__ import annotations

import io
import json

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.json_list import write


def test_a_key_a_line() -> None:
    file = io.BytesIO()
    assert write(file, Rows(("q", "a"), ({"q": "é", "a": 4}, {"q": "x", "a": [1]})), ".json") == ()
    text = file.getvalue().decode()
    assert json.loads(text) == [{"q": "é", "a": 4}, {"q": "x", "a": [1]}]
    assert text.startswith('[\n{\n "q": "é",\n "a": 4\n},\n')
    assert text.endswith("\n]\n")
