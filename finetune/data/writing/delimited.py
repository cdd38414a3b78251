"""CSV and TSV: every value as its text, and quoted where the reader would part it.

    {"question": "a \\"b\\", c", "tags": ["x"], "note": None}  ─▶  "a ""b"", c","[""x""]",

A delimited file knows text alone: numbers, booleans and dates come back as their texts, lists and objects as JSON text,
and a missing value as an empty one.

*Not here:* packing (packed) and reading it back (lfine.finetune.data.formats.delimited).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import IO

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.values import text_of
from lfine.finetune.data.writing.rewritten import NOTHING, Found, Rewritten, as_text, kind_of, tally

_MISSING, _EMPTY = ("missing value", "empty text"), ("empty text", "empty text")


def write(file: IO[bytes], rows: Rows, suffix: str) -> tuple[Rewritten, ...]:
    """Write header and rows in UTF-8, lines ended by LF; a tab parts the columns of .tsv, a comma those of .csv."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    delimiter = "\t" if suffix == ".tsv" else ","
    plain = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    quoted = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    found: dict[str, Counter[Found]] = {name: Counter() for name in rows.columns}
    plain.writerow(rows.columns)
    for row in rows.rows:
        fields = [text_of(row[name]) for name in rows.columns]
        # a lone carriage return ends a line for the reader, and the writer would not quote it
        (quoted if any("\r" in field for field in fields) else plain).writerow(fields)
        for name, field in zip(rows.columns, fields, strict=True):
            if not isinstance(row[name], str) or not field:
                found[name][_form(row[name], field)] += 1
    text.detach()
    return tuple(each for name, counts in found.items() for each in tally(name, _told(counts)))


def _form(value: object, text: str) -> Found:
    if value is None:
        return _MISSING
    if value == "":
        return _EMPTY
    return as_text(value) if text else (kind_of(value), NOTHING)


def _told(counts: Counter[Found]) -> Counter[Found]:
    """A missing value is an empty text in the file: worth saying where there are both."""
    silent = (_EMPTY,) if _EMPTY in counts else (_MISSING,)
    return Counter({form: n for form, n in counts.items() if form not in silent})
