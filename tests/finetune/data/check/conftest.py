"""Subjects out of a few rows.

subject(train=[("2+2?", "4")], test=[("3+3?", "6")]).splits == ("train", "test")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pytest

from lfine.finetune.data.check.records import Finding
from lfine.finetune.data.check.subject import Lengths, Subject
from lfine.schemas.task import OutputType, SplitName

Rows = Sequence[tuple[str, str]]


class MakeSubject(Protocol):
    def __call__(
        self,
        *,
        train: Rows = (),
        validation: Rows = (),
        test: Rows = (),
        kind: OutputType = "category",
        lengths: Lengths | None = None,
    ) -> Subject: ...


@pytest.fixture
def subject() -> MakeSubject:
    """Rows of train, then of validation, then of test; the columns are `question` and `answer`."""

    def made(
        *,
        train: Rows = (),
        validation: Rows = (),
        test: Rows = (),
        kind: OutputType = "category",
        lengths: Lengths | None = None,
    ) -> Subject:
        parts: tuple[tuple[SplitName, Rows], ...] = (("train", train), ("validation", validation), ("test", test))
        rows = [(question, answer, name) for name, part in parts for question, answer in part]
        return Subject(
            title="rows.csv",
            files=("rows.csv",),
            columns=("question", "answer"),
            rows=[{"question": question, "answer": answer} for question, answer, _ in rows],
            inputs=[question for question, _, _ in rows],
            answers=[answer for _, answer, _ in rows],
            splits=[name for _, _, name in rows],
            input_columns=("question",),
            output_column="answer",
            kind=kind,
            lengths=lengths,
        )

    return made


@pytest.fixture
def only() -> Only:
    """Return the one finding that there must be."""

    def one(findings: Iterator[Finding]) -> Finding:
        (finding,) = findings
        return finding

    return one


class Only(Protocol):
    def __call__(self, findings: Iterator[Finding]) -> Finding: ...
