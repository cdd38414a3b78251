"""A last row that sums the others up, as a finding."""

from __future__ import annotations

from dataclasses import replace

from lfine.finetune.data.check.totals import total_rows
from tests.finetune.data.check.conftest import MakeSubject, Only


def test_a_total_row_is_a_finding_with_its_row(subject: MakeSubject, only: Only) -> None:
    rows = [(f"what is {at}?", str(at)) for at in range(4)]
    found = only(total_rows(subject(train=[*rows, ("Total", "6")])))
    assert (found.name, found.severity, found.row_ids, found.count) == ("total-row", "warning", (4,), 1)
    assert found.message.endswith("its only text is 'Total'")
    assert list(total_rows(subject(train=rows))) == []
    assert list(total_rows(replace(subject(), rows=()))) == []
