"""The mutation test on the embedded task: some of its mutants here, all of them by `make mutation`."""

from __future__ import annotations

import random
import shutil
from itertools import islice
from pathlib import Path

import pytest

from benchmarks import mutation
from lfine.schemas.document import Document
from lfine.schemas.source import read_source
from lfine.schemas.yaml_text import compose

TASK = Path(__file__).parents[2] / "task_configs" / "insurance_routing.yaml"
EACH = 6
"""Mutants of each kind that are judged here."""


@pytest.fixture(scope="module")
def document() -> Document:
    found = compose(read_source(str(TASK)), str(TASK)).document
    assert found is not None
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutants")
    shutil.copy(TASK.with_suffix(".csv"), folder)
    return folder


def test_there_are_at_least_twenty_kinds_of_damage() -> None:
    assert len(mutation.DAMAGES) >= 20


@pytest.mark.parametrize("kind", mutation.DAMAGES)
def test_mutants_are_refused_at_the_right_line_or_mean_the_same(document: Document, folder: Path, kind: str) -> None:
    tally = mutation.Tally()
    mutants = list(mutation.DAMAGES[kind](document, random.Random(f"1 {kind}")))
    for mutant in islice(random.Random(0).sample(mutants, len(mutants)), EACH):
        mutation.judge(TASK, mutant, tally, folder)
    assert tally.mutants > 0, "this kind of damage applies nowhere"
    assert tally.refused + tally.same_plan == tally.mutants, tally.missed
    assert tally.right_line == tally.refused, tally.missed


def test_a_judge_that_sees_nothing_wrong_says_so(document: Document, folder: Path) -> None:
    """The judge can fail: a task that means something else, and a problem at another line."""
    tally = mutation.Tally()
    mutation.judge(
        TASK, mutation.Mutant(document.text.replace("batch_size: 8", "batch_size: 9"), frozenset()), tally, folder
    )
    assert (tally.refused, tally.same_plan, len(tally.missed)) == (0, 0, 1)
    mutation.judge(TASK, mutation.Mutant(document.text + "zebra: 1\n", frozenset({1})), tally, folder)
    assert (tally.refused, tally.right_line, len(tally.missed)) == (1, 0, 2)
