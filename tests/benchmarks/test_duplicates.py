"""The table's line and the pairs of a small set."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.duplicates import HEAD, line, pairs_text
from lfine.checking import Asked, file_subject

SENTENCE = "the quick brown fox jumps over the lazy dog and runs away from"


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    train = [f"{SENTENCE} here", "a text of its own that nobody else has at all", "yes", "yes"]
    test = [f"{SENTENCE} there", "yes", "another text of its own, which stands alone"]
    rows = {"text": [*train, *test], "label": ["a"] * 7, "split": ["train"] * 4 + ["test"] * 3}
    parquet.write_table(arrow.table(rows), tmp_path / "small.parquet")
    return tmp_path / "small.parquet"


def test_a_line_counts_and_gives_shares(small_set: Path) -> None:
    found = line(small_set)
    assert found == "| small | 4 | 3 | `text` | 1 (33.3%) | 1 (33.3%) | 0 | 1 (25.0%) | 0 |"
    assert found.count("|") == HEAD.splitlines()[0].count("|")


def test_pairs_stand_under_their_similarity(small_set: Path) -> None:
    text = pairs_text(file_subject(small_set, Asked()), 20)
    assert text.splitlines() == ["0.85", f"  test  4: {SENTENCE} there → a", f"  train 0: {SENTENCE} here → a"]
