"""All answers of an evaluation as CSV: gold, answer, every score, the base model's beside them, prompt.

    row_id,gold,prediction,state,score accuracy,base,score base,change,…,prompt
    7,auto claims,home claims,wrong,0.0,auto claims,1.0,lost,…

Texts are whole and as they came, in UTF-8; an empty cell is a value that is not there.
A spreadsheet takes a text that begins with =, +, - or @ for a formula: import such a file as text.
*Not here:* the rows (answers), predictions.jsonl, which stays the file that lfine reads.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from lfine.evaluation.files import make_folder, write_whole
from lfine.evaluation.reports.answers import answer_rows
from lfine.evaluation.reports.page import rival_of
from lfine.evaluation.reports.sources import ReportFiles
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem


def write_answers(source: ReportFiles, path: Path) -> Path:
    """Write the CSV and return its path.

    Raises:
        RunError: LF570, the evaluation has no answers.
        MachineError: LF405, the file cannot be written.
    """
    text = answers_csv(source)
    make_folder(path.parent)
    write_whole(path, text)
    return path


def answers_csv(source: ReportFiles) -> str:
    """Return the CSV; RunError LF570 where the evaluation has no answers."""
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\n").writerows(_rows(source))
    return lines.getvalue().encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair has no UTF-8


def _rows(source: ReportFiles) -> Iterator[list[object]]:
    scores, base = source.subject.scores, rival_of(source)
    rows = answer_rows(source.subject, base)
    if not rows:
        message = f"{scores.model}'s evaluation has scores and no predictions.jsonl: there are no answers to write"
        raise RunError(Problem("LF570", message, "lfine evaluate TASK again, or take the file from where it was made"))
    beside = [] if base is None else [base.scores.model, f"score {base.scores.model}", "change"]
    yield [
        *("row_id", "gold", "prediction", "state"),
        *(f"score {name}" for name in scores.per_example),
        *beside,
        *("gold label", "answered label", "confidence", "prompt_tokens", "completion_tokens"),
        *("finish_reason", "reason", "prompt"),
    ]
    for place, (row, prediction) in enumerate(zip(rows, source.subject.predictions, strict=True)):
        yield [
            *(row.row_id, row.gold, row.answer, row.state),
            *(each[place] for each in scores.per_example.values()),
            *([] if base is None else [row.rival, row.rival_score, row.change]),
            *(row.gold_label, row.answer_label, row.confidence, row.prompt_tokens, row.completion_tokens),
            *(row.finish_reason, row.reason, prediction.prompt),
        ]
