"""Values as strict JSON holds them: what every reader of JSON takes, and the task language sees no difference in.

    json_value(dt.date(2024, 2, 29)) == ("2024-02-29", ("date", "text"))        json_value([1, "é"]) == ([1, "é"], None)

JSON has no dates, no decimal numbers and no number that is infinite or none.

*Not here:* files (json_lines, json_list).
"""

from __future__ import annotations

import json
import math

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing.rewritten import JSON_TEXT, NOTHING, Found, Rewritten, as_text, kind_of, nested, tally


def json_value(value: object) -> tuple[object, Found | None]:
    """Return the value as JSON has it, and what is to be said where that is another form."""
    if value is None or isinstance(value, (str, bool, int)):
        return value, None
    if isinstance(value, float):
        if math.isfinite(value):
            return value, None
        return (None, (kind_of(value), NOTHING)) if math.isnan(value) else (text_of(value), as_text(value))
    if not nested(value):
        return text_of(value), as_text(value)
    text = text_of(value)  # dates inside become texts in it, as they would be in a prompt
    try:
        return json.loads(text, parse_constant=_refuse), None
    except ValueError:
        return text, (f"{kind_of(value)} with a number that is none", JSON_TEXT)


def json_texts(rows: Rows, *, indent: int | None = None) -> tuple[list[str], tuple[Rewritten, ...]]:
    """Return each row as the text of one JSON object, and what was written in another form."""
    said: dict[str, list[Found]] = {name: [] for name in rows.columns}
    texts = []
    for row in rows.rows:
        written = {}
        for name in rows.columns:
            written[name], found = json_value(row[name])
            if found is not None:
                said[name].append(found)
        texts.append(json.dumps(written, ensure_ascii=False, allow_nan=False, indent=indent))
    return texts, tuple(each for name, found in said.items() for each in tally(name, found))


def _refuse(constant: str) -> object:
    raise ValueError(constant)
