"""Rows divided once and for ever: every row stays, its side is the task's own, and the held-out rows never move.

*Not here:* the arithmetic of dividing (tests/finetune/data/test_divisions.py), the command line (cli).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lfine.dividing import Asked, check_file, command_place, command_words, divide_file
from lfine.finetune.data.formats import registry
from lfine.finetune.data.held_out import held_out_sample
from lfine.finetune.data.manifest import manifest_path, read_manifest
from lfine.finetune.data.splits import assign_splits
from lfine.finetune.data.tables import file_dataset, read_table
from lfine.schemas.errors import TaskError
from lfine.schemas.task import Split

Row = Mapping[str, object]
TURNS = [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hello"}]


def rows(count: int = 400) -> list[Row]:
    return [
        {
            "q": f"question {n}",
            "author": f"author {n % 60}",
            "day": f"2024-{n % 12 + 1:02}-03",
            "a": ["yes", "no"][n % 2],
        }
        for n in range(count)
    ]


def write(path: Path, made: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in made), encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "rows.jsonl", rows())


def sides(path: Path) -> dict[object, object]:
    return {row["q"]: row["split"] for row in registry.read_rows(path).rows}


@pytest.mark.parametrize("by", ["hash", "random", "stratify", "group", "datetime"])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_rows_keep_their_order_and_gain_a_column(tmp_path: Path, source: Path, by: str, suffix: str) -> None:
    column = {"stratify": "a", "group": "author", "datetime": "day"}.get(by)
    out = tmp_path / f"out{suffix}"
    made = divide_file(str(source), out, Asked(by=by, column=column))  # type: ignore[arg-type] # one of the ways
    found = registry.read_rows(out)
    assert found.columns == ("q", "author", "day", "a", "split")
    assert [{name: row[name] for name in row if name != "split"} for row in found.rows] == rows()
    counts = {name: each.rows for name, each in made.manifest.splits.items()}
    assert sum(counts.values()) == made.manifest.rows == 400
    assert counts["train"] > 250
    assert min(counts["validation"], counts["test"]) > 10
    manifest, differences = check_file(out)
    assert (manifest, differences) == (made.manifest, ())
    assert (manifest.by, manifest.column, manifest.seed) == (by, column, 42)


def test_a_hash_divides_as_a_task_would_that_names_no_split(tmp_path: Path, source: Path) -> None:
    divide_file(str(source), tmp_path / "out.csv", Asked())
    table = read_table(file_dataset(str(source)), tmp_path)
    own = assign_splits(table, Split(None, None, (0.8, 0.1, 0.1), 42))
    assert tuple(sides(tmp_path / "out.csv").values()) == own.names


def test_the_held_out_sample_is_that_of_a_task(tmp_path: Path, source: Path) -> None:
    made = divide_file(str(source), tmp_path / "out.parquet", Asked())
    table = read_table(file_dataset(str(tmp_path / "out.parquet")), tmp_path)
    splits = assign_splits(table, Split(None, None, (0.8, 0.1, 0.1), 42))
    sample = held_out_sample(table, splits, split="test", sample_size=1000, seed=42)
    assert (made.manifest.held_out.content, made.manifest.held_out.rows) == (sample.sample_hash, len(sample.row_ids))


def test_conversations_hash_as_a_task_reads_them(tmp_path: Path) -> None:
    made = [
        {"id": n, "conversations": [{**turn, "value": f"{turn['value']} {n}"} for turn in TURNS]} for n in range(60)
    ]
    source = write(tmp_path / "chats.jsonl", made)
    divided = divide_file(str(source), tmp_path / "out.jsonl", Asked())
    found = registry.read_rows(tmp_path / "out.jsonl")
    assert found.columns == ("id", "conversations", "split"), "written as they stood, not as they are read"
    assert [{**row} for row in found.rows] == [
        {**row, "split": side["split"]} for row, side in zip(made, found.rows, strict=True)
    ]
    table = read_table(file_dataset(str(source)), tmp_path)
    own = assign_splits(table, Split("hash", None, (0.8, 0.1, 0.1), 42))
    assert tuple(row["split"] for row in found.rows) == own.names
    assert check_file(tmp_path / "out.jsonl") == (divided.manifest, ())


@pytest.mark.parametrize(("by", "column"), [("hash", None), ("group", "author")])
def test_the_held_out_rows_never_change_when_training_rows_come_or_are_reordered(
    tmp_path: Path, by: str, column: str | None
) -> None:
    asked = Asked(by=by, column=column)  # type: ignore[arg-type] # hash or group
    first = divide_file(str(write(tmp_path / "a.jsonl", rows())), tmp_path / "a.parquet", asked)
    before = sides(tmp_path / "a.parquet")
    more: list[Row] = [{"q": f"new {n}", "author": f"stranger {n}", "day": "2025-01-01", "a": "no"} for n in range(300)]
    divide_file(str(write(tmp_path / "b.jsonl", [*more, *reversed(rows())])), tmp_path / "b.parquet", asked)
    after = sides(tmp_path / "b.parquet")
    assert {q: after[q] for q in before} == before, "rows that come move no other row"
    new_training = [row for row in more if after[row["q"]] == "train"]
    assert len(new_training) > 200
    source = write(tmp_path / "c.jsonl", [*new_training, *reversed(rows())])
    third = divide_file(str(source), tmp_path / "c.parquet", asked)
    assert third.manifest.held_out.content == first.manifest.held_out.content
    assert third.manifest.splits["test"] == first.manifest.splits["test"]
    assert third.manifest.splits["train"].rows == first.manifest.splits["train"].rows + len(new_training)


def test_a_group_is_on_one_side(tmp_path: Path, source: Path) -> None:
    divide_file(str(source), tmp_path / "out.jsonl", Asked(by="group", column="author"))
    found: dict[object, set[object]] = {}
    for row in registry.read_rows(tmp_path / "out.jsonl").rows:
        found.setdefault(row["author"], set()).add(row["split"])
    assert {len(each) for each in found.values()} == {1}


def test_equal_rows_on_two_sides_are_told(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", [*rows(40), *rows(40)])
    made = divide_file(str(source), tmp_path / "out.jsonl", Asked(by="random"))
    assert [each.code for each in made.warnings] == ["LF323"]
    assert "set --by to hash" in made.warnings[0].cure
    assert divide_file(str(source), tmp_path / "hash.jsonl", Asked()).warnings == ()


def test_a_column_split_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    made = [{**row, "split": "dev" if n < 4 else "long free text " * 9} for n, row in enumerate(rows(80))]
    source = write(tmp_path / "rows.jsonl", made)
    with pytest.raises(TaskError) as caught:
        divide_file(str(source), tmp_path / "out.jsonl", Asked())
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("LF338", str(source))
    assert "'dev' (4)" in problem.message
    assert len(problem.message) < 150
    assert not (tmp_path / "out.jsonl").exists()
    found = divide_file(str(source), tmp_path / "out.jsonl", Asked(), force=True)
    assert [each.message.endswith("it is replaced") for each in found.warnings] == [True]
    plain = divide_file(str(write(tmp_path / "plain.jsonl", rows(80))), tmp_path / "plain-out.jsonl", Asked())
    assert found.manifest.splits == plain.manifest.splits, "the old column is no content"


def test_a_few_rows_without_validation_rows(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", rows(10))
    made = divide_file(str(source), tmp_path / "out.jsonl", Asked(by="random", probabilities=(0.8, 0.02, 0.18)))
    assert [(each.code, each.severity) for each in made.warnings] == [("LF305", "warning")]
    with pytest.raises(TaskError) as caught:
        divide_file(str(source), tmp_path / "two.jsonl", Asked(by="random", probabilities=(0.98, 0.01, 0.01)))
    assert [each.code for each in caught.value.problems] == ["LF305"]
    two = divide_file(str(source), tmp_path / "two.jsonl", Asked(by="random", probabilities=(0.8, 0, 0.2)))
    assert (set(two.manifest.splits), two.warnings) == ({"train", "test"}, ())


def test_what_a_format_rewrites_is_told(tmp_path: Path) -> None:
    made = [{**row, "tags": ["x"]} for row in rows(40)]
    found = divide_file(str(write(tmp_path / "tags.jsonl", made)), tmp_path / "out.csv", Asked())
    assert [(each.column, each.kind) for each in found.rewritten] == [("tags", "list")]
    assert found.record()["rewritten"] == [{"column": "tags", "kind": "list", "form": "JSON text", "rows": 40}]


def test_the_manifest_beside_a_file_is_no_data(tmp_path: Path, source: Path) -> None:
    divide_file(str(source), tmp_path / "parts" / "rows.jsonl", Asked())
    assert manifest_path(tmp_path / "parts" / "rows.jsonl").exists()
    table = read_table(file_dataset(str(tmp_path / "parts")), tmp_path)
    assert (len(table.rows), table.warnings) == (400, ())
    assert len(read_table(file_dataset(str(tmp_path / "parts" / "*")), tmp_path).rows) == 400


def test_a_folder_can_be_divided(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts" / "a.jsonl", rows(30))
    write(tmp_path / "parts" / "b.jsonl", rows(60)[30:])
    made = divide_file(str(tmp_path / "parts"), tmp_path / "out.jsonl", Asked())
    assert (made.manifest.rows, len(made.manifest.source_sha256)) == (60, 16)
    assert read_manifest(tmp_path / "out.jsonl") == made.manifest


def test_a_file_that_changed(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out.jsonl"
    divide_file(str(source), out, Asked())
    out.write_text(out.read_text(encoding="utf-8").replace('"test"', '"train"', 1), encoding="utf-8")
    whats = [each.what for each in check_file(out)[1]]
    assert whats[0].startswith("the held-out sample is another one")
    assert [what.partition(":")[0] for what in whats[1:]] == ["train", "test"]


def test_problems_speak_of_options() -> None:
    problem = command_place("LF239", "preprocessing.split.probabilities", "x", "write for instance [0.8, 0.1, 0.1]")
    assert (problem.path, problem.cure) == ("--probabilities", "write for instance 0.8,0.1,0.1")
    assert command_words("set preprocessing.split.type to hash") == "set --by to hash"
