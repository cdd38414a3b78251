"""A last row that sums the others up.

    {"service": "Total", "price": 50} below 30, 12 and 8    total-row

*Not here:* what such a row looks like (lfine.finetune.data.totals).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.finetune.data.check.records import Finding
from lfine.finetune.data.check.subject import Subject
from lfine.finetune.data.totals import total_row


def total_rows(subject: Subject) -> Iterator[Finding]:
    found = total_row(subject.columns, subject.rows)
    if found is not None:
        yield Finding("total-row", "warning", found.message, found.cure, count=1, row_ids=(found.row_id,))
