"""Rows into another file or form: what is written, what is said, and what is refused before anything is written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lfine.data_converting import Asked, convert, summary
from lfine.finetune.data.convert.records import Names
from lfine.finetune.data.formats import registry
from lfine.finetune.data.values import text_of
from lfine.schemas.errors import LfineError, TaskError, UsageError

TURNS = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
QA = Names("q", "a")


def write(path: Path, *rows: Mapping[str, object]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def code(source: str, out: Path, asked: Asked) -> str:
    with pytest.raises(LfineError) as caught:
        convert(source, str(out), asked)
    return caught.value.problems[0].code


def test_rows_as_they_stand(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"q": "x", "n": 1, "messages": TURNS})
    made = convert(source, str(tmp_path / "b.parquet"), Asked())
    assert (made.form, made.columns, made.notes, made.rewritten) == ("table", ("q", "n", "messages"), (), ())
    (row,) = registry.read_rows(tmp_path / "b.parquet").rows
    assert row == {"q": "x", "n": 1, "messages": TURNS}


def test_openai_lines_hold_messages_alone_when_asked(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"id": 7, "q": "2+2?", "a": 4})
    made = convert(source, str(tmp_path / "b.jsonl"), Asked(to="messages", names=QA))
    turns = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]
    assert lines(tmp_path / "b.jsonl") == [{"messages": turns, "id": 7}]
    assert made.notes == ("beside `messages` stand 'id'; services that take messages alone: --only",)
    made = convert(source, str(tmp_path / "c.jsonl"), Asked(to="messages", names=QA, system="Add.", only=True))
    assert lines(tmp_path / "c.jsonl") == [{"messages": [{"role": "system", "content": "Add."}, *turns]}]
    assert made.notes == ("columns left out: 'id'",)


def test_conversations_through_csv_and_back(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"messages": TURNS, "n": 1}, {"messages": TURNS, "n": 2})
    made = convert(source, str(tmp_path / "b.csv"), Asked())
    assert [(each.column, each.form) for each in made.rewritten] == [("messages", "JSON text"), ("n", "text")]
    convert(str(tmp_path / "b.csv"), str(tmp_path / "c.jsonl"), Asked(parse=("messages", "n")))
    assert (tmp_path / "c.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()
    convert(str(tmp_path / "b.csv"), str(tmp_path / "d.jsonl"), Asked(to="messages"))
    assert [row["messages"] for row in lines(tmp_path / "d.jsonl")] == [TURNS, TURNS]


def test_names_are_those_of_the_new_table(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"messages": TURNS})
    convert(source, str(tmp_path / "b.csv"), Asked(to="table", names=QA))
    assert (tmp_path / "b.csv").read_text(encoding="utf-8") == "q,a\nhi,hello\n"


def test_a_file_for_each_split(tmp_path: Path) -> None:
    rows = [{"q": str(n), "a": "x", "split": ("train", "test")[n % 2]} for n in range(5)]
    source = write(tmp_path / "a.jsonl", *rows)
    made = convert(source, str(tmp_path / "{split}.csv"), Asked())
    assert [(Path(each.path).name, each.rows) for each in made.files] == [("train.csv", 3), ("test.csv", 2)]
    assert (tmp_path / "test.csv").read_text(encoding="utf-8") == "q,a\n1,x\n3,x\n"
    convert(source, str(tmp_path / "m-{split}.jsonl"), Asked(to="messages", names=QA, only=True))
    assert [list(row) for row in lines(tmp_path / "m-train.jsonl")] == [["messages"]] * 3


def test_a_file_for_each_split_writes_all_or_none(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"q": "x", "split": "train"}, {"q": "y", "split": "test"})
    (tmp_path / "test.csv").write_text("mine", encoding="utf-8")
    assert code(source, tmp_path / "{split}.csv", Asked()) == "LF132"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.jsonl", "test.csv"]


@pytest.mark.parametrize("value", ["../up", "", "a b", "x/y"])
def test_a_split_that_is_no_name_of_a_file(tmp_path: Path, value: str) -> None:
    source = write(tmp_path / "a.jsonl", {"q": "x", "split": value})
    assert code(source, tmp_path / "{split}.csv", Asked()) == "LF304"


def test_a_file_for_each_split_without_the_column(tmp_path: Path) -> None:
    assert code(write(tmp_path / "a.jsonl", {"q": "x"}), tmp_path / "{split}.csv", Asked()) == "LF201"


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        (Asked(only=True), "--only"),
        (Asked(system="x"), "--system"),
        (Asked(names=QA), "--prompt-column, --answer-column"),
    ],
)
def test_options_that_nothing_would_look_at(tmp_path: Path, asked: Asked, options: str) -> None:
    with pytest.raises(UsageError) as caught:
        convert(write(tmp_path / "a.jsonl", {"q": "x"}), str(tmp_path / "b.csv"), asked)
    assert caught.value.problems[0].message.startswith(f"{options} without --to")


def test_nothing_is_read_before_the_name_is_known_to_be_good(tmp_path: Path) -> None:
    assert code(str(tmp_path / "none.csv"), tmp_path / "b.txt", Asked()) == "LF302"
    assert code(str(tmp_path / "none.csv"), tmp_path / "b.csv", Asked()) == "LF301"


def test_a_file_may_be_written_over_itself(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"q": "x", "a": "y"})
    with pytest.raises(TaskError):
        convert(source, source, Asked(to="alpaca", names=QA))
    convert(source, source, Asked(to="alpaca", names=QA), force=True)
    assert lines(tmp_path / "a.jsonl") == [{"instruction": "x", "input": "", "output": "y"}]


def test_an_input_that_is_left_out_is_said_and_one_that_is_used_is_not(tmp_path: Path) -> None:
    rows: Sequence[Mapping[str, object]] = [{"instruction": "Add.", "input": "2+2", "output": "4", "id": 1}]
    source = write(tmp_path / "a.jsonl", *rows)
    made = convert(source, str(tmp_path / "b.jsonl"), Asked(to="messages", only=True))
    assert made.notes == ("columns left out: 'input', 'id'",)
    made = convert(source, str(tmp_path / "c.jsonl"), Asked(to="alpaca", only=True))
    assert (made.columns, made.notes) == (("instruction", "input", "output"), ("columns left out: 'id'",))
    assert lines(tmp_path / "c.jsonl") == [{"instruction": "Add.", "input": "2+2", "output": "4"}]


def test_every_form_through_every_format_and_back(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": 'a "b"\n\nc'}, {"role": "assistant", "content": "é, d"}]
    source = write(tmp_path / "a.jsonl", {"messages": turns, "id": 1}, {"messages": TURNS, "id": 2})
    for suffix in (".csv", ".tsv", ".xlsx", ".json", ".jsonl.gz", ".parquet", ".arrow"):
        for form in ("sharegpt", "alpaca", "prompt_completion"):
            between = tmp_path / f"{form}{suffix}"
            convert(source, str(between), Asked(to=form))
            back = tmp_path / f"{form}-back{suffix}"
            convert(str(between), str(back), Asked(to="messages"))
            found = registry.read_rows(back).rows
            made = [json.loads(cell) if isinstance(cell, str) else cell for cell in (row["messages"] for row in found)]
            assert (made, [text_of(row["id"]) for row in found]) == ([turns, TURNS], ["1", "2"]), between.name


def test_what_a_person_reads(tmp_path: Path) -> None:
    source = write(tmp_path / "a.jsonl", {"q": "x", "tags": ["y"]})
    made = convert(source, str(tmp_path / "b.csv"), Asked())
    assert summary(made).splitlines() == [
        f"wrote {tmp_path / 'b.csv'}: 1 row",
        "columns: q, tags",
        "note: lists are written as JSON text: 'tags' (1 row)",
    ]
    assert made.record()["files"] == [{"path": str(tmp_path / "b.csv"), "rows": 1}]
