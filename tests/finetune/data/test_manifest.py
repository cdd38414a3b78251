"""The manifest of a divided file: what changes it, what does not, and what of a file is not as it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.finetune.data.manifest import (
    Manifest,
    Source,
    differences,
    manifest_of,
    manifest_path,
    read_manifest,
    split_contents,
    write_manifest,
)
from lfine.finetune.data.splits import SplitAssignment, assign_splits
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem
from lfine.schemas.task import Split

Problems = Callable[[Callable[[], object]], list[Problem]]
Tables = Callable[[Sequence[Mapping[str, object]]], Table]
Found = tuple[Table, SplitAssignment]

SIDES = ("train", "train", "train", "validation", "test", "test")


def rows() -> list[dict[str, object]]:
    return [{"q": f"question {n}", "n": n, "split": side} for n, side in enumerate(SIDES)]


@pytest.fixture
def divided(table: Tables, split: Callable[..., Split]) -> Callable[..., Found]:
    def make(*changed: dict[str, object]) -> Found:
        made = table(changed or rows())
        return made, assign_splits(made, split(type="fixed"), needed=())

    return make


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "rows.csv").write_text("any bytes", encoding="utf-8")
    return tmp_path / "rows.csv"


@pytest.fixture
def manifest(path: Path, divided: Callable[..., Found], split: Callable[..., Split]) -> Manifest:
    asked = split(type="group", column="n", seed=7)
    return manifest_of(path, *divided(), asked=asked, source=Source("old.xlsx", "0" * 64))


def test_what_it_says(manifest: Manifest) -> None:
    assert (manifest.file, manifest.rows, manifest.columns) == ("rows.csv", 6, ("q", "n", "split"))
    assert (manifest.by, manifest.column, manifest.seed, manifest.source) == ("group", "n", 7, "old.xlsx")
    assert {name: each.rows for name, each in manifest.splits.items()} == {"train": 3, "validation": 1, "test": 2}
    assert (manifest.held_out.sample_size, manifest.held_out.seed, manifest.held_out.rows) == (1000, 42, 2)


def test_written_and_read(path: Path, manifest: Manifest) -> None:
    write_manifest(path, manifest)
    assert manifest_path(path).name == "rows.csv.manifest.json"
    assert json.loads(manifest_path(path).read_text(encoding="utf-8"))["format"] == 1
    assert read_manifest(path) == manifest


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": 1, "file": "a"}', "\x00"])
def test_a_damaged_one(path: Path, problems: Problems, text: str) -> None:
    manifest_path(path).write_text(text, encoding="utf-8")
    (problem,) = problems(lambda: read_manifest(path))
    assert (problem.code, problem.file) == ("LF302", str(manifest_path(path)))


def test_none(path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_manifest(path))
    assert (problem.code, problem.message) == ("LF301", "rows.csv has no manifest (rows.csv.manifest.json)")


def test_the_same_file(path: Path, manifest: Manifest, divided: Callable[..., Found]) -> None:
    assert differences(manifest, path, *divided()) == ()


def test_contents_know_neither_order_nor_types(divided: Callable[..., Found]) -> None:
    plain = split_contents(*divided())
    assert split_contents(*divided(*reversed(rows()))) == plain
    assert split_contents(*divided(*({**row, "n": str(row["n"])} for row in rows()))) == plain
    moved = split_contents(*divided(*({**row, "split": "test"} for row in rows())))
    assert set(moved) == {"test"}


def test_other_bytes_and_another_order_are_harmless(
    path: Path, manifest: Manifest, divided: Callable[..., Found]
) -> None:
    path.write_text("other bytes", encoding="utf-8")
    (bytes_only,) = differences(manifest, path, *divided())
    assert (bytes_only.what, bytes_only.harmless) == ("its bytes are others, and its rows the same", True)
    (order,) = differences(manifest, path, *divided(*reversed(rows())))
    assert (order.what, order.harmless) == ("its rows stand in another order", True)


def test_a_new_training_row_leaves_the_held_out_sample(
    path: Path, manifest: Manifest, divided: Callable[..., Found]
) -> None:
    new: dict[str, object] = {"q": "new", "n": 99, "split": "train"}
    (found,) = differences(manifest, path, *divided(*rows(), new))
    assert (found.what, found.harmless) == ("train: it has 4 rows, and had 3", False)


def test_a_row_that_changed_sides(path: Path, manifest: Manifest, divided: Callable[..., Found]) -> None:
    changed = [{**row, "split": "train"} if row["n"] == 5 else row for row in rows()]
    assert [each.what for each in differences(manifest, path, *divided(*changed))] == [
        "the held-out sample is another one: 1 row, and it had 2",
        "train: it has 4 rows, and had 3",
        "test: it has 1 row, and had 2",
    ]


def test_a_cell_that_changed(path: Path, manifest: Manifest, divided: Callable[..., Found]) -> None:
    changed = [{**row, "q": "mended"} if row["n"] == 0 else row for row in rows()]
    assert [each.what for each in differences(manifest, path, *divided(*changed))] == ["train: its rows are others"]


def test_a_test_row_that_changed_is_another_sample_of_the_same_size(
    path: Path, manifest: Manifest, divided: Callable[..., Found]
) -> None:
    changed = [{**row, "q": "mended"} if row["n"] == 5 else row for row in rows()]
    assert [each.what for each in differences(manifest, path, *divided(*changed))] == [
        "the held-out sample is another one: 2 rows, and it had 2",
        "test: its rows are others",
    ]


def test_a_column_that_came(path: Path, manifest: Manifest, divided: Callable[..., Found]) -> None:
    found = differences(manifest, path, *divided(*({**row, "note": ""} for row in rows())))
    assert found[-1].what == "its columns are q, n, split, note, and were q, n, split"


def test_a_sample_of_another_size_is_checked_as_it_was_made(
    path: Path, manifest: Manifest, divided: Callable[..., Found]
) -> None:
    smaller = replace(manifest, held_out=replace(manifest.held_out, sample_size=1))
    assert differences(smaller, path, *divided())[0].what.startswith("the held-out sample is another one: 1 row")
