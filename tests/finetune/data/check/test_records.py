"""The record's JSON form holds what pages and scripts read."""

from __future__ import annotations

import json

from lfine.finetune.data.check.records import DataReport, Finding


def test_a_report_becomes_json_with_its_findings() -> None:
    finding = Finding("leaked-inputs", "error", "1 of 2 rows", "remove it", 1, (7,), ("2+2?",), "test", None, ((7, 3),))
    report = DataReport("qa.csv", ("qa.csv",), 8, ("q", "a"), {"train": 6, "test": 2}, (finding,))
    found = json.loads(json.dumps(report.record()))
    assert found["split_rows"] == {"train": 6, "test": 2}
    assert found["labels"] is None
    assert found["findings"] == [
        {
            "name": "leaked-inputs",
            "severity": "error",
            "message": "1 of 2 rows",
            "cure": "remove it",
            "count": 1,
            "row_ids": [7],
            "examples": ["2+2?"],
            "split": "test",
            "column": None,
            "pairs": [[7, 3]],
        }
    ]
