"""The records that a data check hands to whoever prints, draws or repairs.

Example: Finding("leaked-inputs", "error", "3 of 1,083 rows of test have …", count=3, row_ids=(7, 9, 12), …).
*Not here:* the checks that write them (the files beside this one), the text and JSON of them (`lfine.checking`).
"""

from dataclasses import asdict, dataclass
from typing import Literal

from lfine.schemas.task import SplitName

Severity = Literal["error", "warning", "note"]
SHOWN_ROWS = 20  # a finding names this many rows and pairs; its count says how many there are


@dataclass(frozen=True)
class Finding:
    """One thing found in the data, with the rows that show it."""

    name: str
    "What was found, in kebab-case: near-duplicates, empty-answers. Stable: scripts may rely on it."
    severity: Severity
    "error: training or scores will mislead; warning: probably; note: worth knowing."
    message: str
    "What is the case and what was got: lower case, no final full stop."
    cure: str
    "What to do, in the imperative."
    count: int = 0
    "Rows concerned; 0 when the finding is about the whole set."
    row_ids: tuple[int, ...] = ()
    "The first 20 rows concerned (row ids count from 0 over all files)."
    examples: tuple[str, ...] = ()
    "Short texts out of the rows, to look at."
    split: SplitName | None = None
    "The split concerned, when it is one."
    column: str | None = None
    "The column concerned, when it is one."
    pairs: tuple[tuple[int, int], ...] = ()
    "For duplicates: the first 20 pairs of row ids, the row to drop first."


@dataclass(frozen=True)
class DataReport:
    """Everything a check found out about one data set."""

    title: str
    "The file's or the task's name."
    files: tuple[str, ...]
    "Names of the files read."
    rows: int
    "Rows read."
    columns: tuple[str, ...]
    "Columns read, in their order."
    split_rows: dict[SplitName, int]
    "Rows of each split that has any."
    findings: tuple[Finding, ...]
    "What was found, errors first."
    lengths: tuple[int, ...] = ()
    "Length of each training prompt with its answer; of a file, which has no template, of its input with its answer."
    length_unit: str = "characters"
    "tokens with a tokenizer, otherwise characters."
    limit: int | None = None
    "Tokens the training keeps of a row, when a model is known."
    labels: dict[str, dict[SplitName, int]] | None = None
    "For a label answer: label → split → rows. None when the answer is free text."
    input_columns: tuple[str, ...] = ()
    "Columns of the prompt; empty for conversations."
    output_column: str | None = None
    "The column to learn; None for conversations, and where a file has none."
    notes: tuple[str, ...] = ()
    "What the check went by: how the columns were found, where the split comes from, in one line each."

    def record(self) -> dict[str, object]:
        """Return the JSON form."""
        return asdict(self)
