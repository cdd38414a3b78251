"""All answers as one text for the page: columns in JSON, gzip, base64; ten thousand of them in a few megabytes.

    pack(rows, MOST)  →  Packed(text="H4sIAAAAAAAC…", longest=2000, cut=31, rows=10000)

Texts are whole where everything fits into `most` characters; else the longest are cut, all at one length: the largest
of LENGTHS with which it fits. Where even the shortest does not help, the page holds the worst rows only. What was done
stands in the page; the whole answers stay in predictions.jsonl. base64 has no `<`: nothing in it can end its element.
*Not here:* unpacking (answers.js).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.reports.answers import AnswerRow, worst_first

MOST = 4_000_000
"""Characters that the answers may take in a page, which should stay under 5 MB."""
LENGTHS = (20_000, 8_000, 4_000, 2_000, 1_000, 500, 250, 120)
TEXTS = ("prompt", "gold", "answer", "rival", "reason")
COLUMNS = ("row_id", "state", "score", "rival_score", "change", "gold_label", "answer_label")
FURTHER = ("confidence", "prompt_tokens", "completion_tokens", "finish_reason")


@dataclass(frozen=True)
class Packed:
    text: str
    longest: int
    """Characters after which a text is cut."""
    cut: int
    """Texts that are."""
    rows: int
    """Answers in the page."""


def pack(rows: Sequence[AnswerRow], most: int = MOST) -> Packed:
    """Return the answers in at most `most` characters."""
    used, packed = list(rows), _packed(rows, LENGTHS[0])
    for longest in LENGTHS[1:]:
        if len(packed.text) <= most:
            return packed
        packed = _packed(used, longest)
    while len(packed.text) > most and len(used) > 1:
        worst = worst_first(used)
        kept = {row.row_id for row in worst}
        used = [*worst, *(row for row in used if row.row_id not in kept)][: len(used) // 2]
        packed = _packed(used, LENGTHS[-1])
    return packed


def _packed(rows: Sequence[AnswerRow], longest: int) -> Packed:
    columns: dict[str, object] = {name: [_plain(getattr(row, name)) for row in rows] for name in (*COLUMNS, *FURTHER)}
    long: dict[str, dict[str, int]] = {}
    for name in TEXTS:
        texts = [getattr(row, name) for row in rows]
        columns[name] = [None if text is None else text[:longest] for text in texts]
        long[name] = {str(place): len(text) for place, text in enumerate(texts) if text and len(text) > longest}
    columns["long"] = {name: places for name, places in long.items() if places}
    whole = json.dumps(columns, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    text = base64.b64encode(gzip.compress(whole, compresslevel=6, mtime=0)).decode("ascii")
    return Packed(text, longest, sum(map(len, long.values())), len(rows))


def _plain(value: object) -> object:
    """Return shares with the digits that are shown; all else as it is."""
    return round(value, 4) if isinstance(value, float) else value
