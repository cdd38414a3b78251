"""What the checks look at: the rows of a data set as input text, answer and split.

    Subject(title="qa.csv", columns=("question", "answer"), rows=(…), inputs=("2+2?", …), answers=("4", …),
            splits=("train", …, "test"), input_columns=("question",), output_column="answer", kind="text")

Rows are numbered from 0 in the order of the data. Equality is by number: `input_ids[7] == 3` says that row 7 has the
input of row 3, which is the first to have it.

*Not here:* where inputs come from (lfine.finetune.data.guess.roles for a file, lfine.checking for a task).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lfine.finetune.data.check.records import SHOWN_ROWS
from lfine.finetune.data.splits import NAMES
from lfine.finetune.data.values import Row
from lfine.schemas.task import OutputType, SplitName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

JOINT = "␞"
"""Between the columns of an input that has several: a sign that data hardly hold keeps ("ab", "c") from ("a", "bc")."""
NEW_ANSWERS = 10
"""Rows for each distinct answer from which texts count as labels."""
_SHOWN = 100  # characters of an example


@dataclass(frozen=True)
class Lengths:
    """How long the training rows are, prompt and answer together."""

    rows: tuple[int, ...]
    """In the order of the training rows."""
    unit: str
    """tokens, or characters where no tokenizer is at hand."""
    limit: int | None = None
    """What training keeps of a row, in tokens."""
    cut: tuple[int, ...] = ()
    """Row ids that are longer than the limit."""


@dataclass(frozen=True)
class Subject:
    """One data set, ready to be checked."""

    title: str
    files: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[Row]
    """By row id; every column is a key."""
    inputs: Sequence[str]
    """By row id: what the model reads of the row, without the template's own words."""
    answers: Sequence[str] | None
    """By row id, without white space around it; None where the rows have no answer."""
    splits: Sequence[SplitName]
    """By row id."""
    input_columns: tuple[str, ...] = ()
    """Empty for conversations."""
    output_column: str | None = None
    kind: OutputType = "text"
    """Of the answers."""
    divided: bool = True
    """False: the data say no split, and all rows count as train."""
    lengths: Lengths | None = None
    """None: characters of input and answer."""
    scored: int = 1000
    """Held-out rows that are scored, at most."""
    scored_split: SplitName = "test"
    difference: float = 0.05
    """The difference between two models that one hopes to see, as a share."""
    notes: tuple[str, ...] = ()

    @cached_property
    def input_ids(self) -> Ids:
        """Return, by row id, the first row of the same input."""
        return firsts(self.inputs)

    @cached_property
    def row_ids(self) -> Ids:
        """Return, by row id, the first row of the same input and answer."""
        if self.answers is None:
            return self.input_ids
        return firsts(list(zip(self.input_ids.tolist(), self.answers, strict=True)))

    @cached_property
    def by_split(self) -> dict[SplitName, Ids]:
        """Return the row ids of each split that has any."""
        import numpy as np

        places = {name: at for at, name in enumerate(NAMES)}
        codes = np.fromiter((places[name] for name in self.splits), dtype=np.int8, count=len(self.splits))
        return {name: rows for name in NAMES if len(rows := np.flatnonzero(codes == places[name]))}

    @cached_property
    def repeating(self) -> bool:
        """Return whether answers are labels, or recur as labels do: one in ten rows at most brings a new one."""
        if self.answers is None or self.kind in ("number", "json", "sql"):
            return False
        return self.kind == "category" or len(set(self.answers)) <= len(self.answers) / NEW_ANSWERS

    @property
    def train(self) -> Ids:
        """Return the row ids of train, none where there are none."""
        import numpy as np

        return self.by_split.get("train", np.empty(0, dtype=np.int64))

    def shown(self, row_id: int) -> str:
        """Return a row's input, short enough for a line."""
        return short(self.inputs[row_id]) or "(empty)"


def firsts(values: Sequence[object]) -> Ids:
    """Return, for each value, the place of the first one equal to it."""
    import numpy as np

    seen: dict[object, int] = {}
    return np.fromiter((seen.setdefault(value, at) for at, value in enumerate(values)), np.int64, count=len(values))


def short(text: str) -> str:
    """Return the text on one line, its middle left out where it is long."""
    line = " ".join(text.replace(JOINT, " | ").split())
    half = _SHOWN // 2
    return line if len(line) <= _SHOWN else f"{line[:half]} … {line[-half:]}"


def first_rows(rows: Sequence[int] | Ids) -> tuple[int, ...]:
    """Return the rows that a finding names."""
    return tuple(int(row) for row in rows[:SHOWN_ROWS])


def percent(share: float) -> str:
    """Return `3.4%`; what is not nothing is never written 0.0%."""
    return f"{share:.1%}" if share >= 0.001 or share == 0 else "under 0.1%"
