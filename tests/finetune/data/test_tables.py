"""One table from one file, several files, or a hub; and all problems of all files together."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.data.held_out import held_out_sample
from lfine.finetune.data.splits import assign_splits
from lfine.finetune.data.tables import read_header, read_table
from lfine.finetune.data.values import content_hash, text_of
from lfine.schemas.problems import Problem
from lfine.schemas.task import Dataset, Split

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeDataset = Callable[..., Dataset]
MakeSplit = Callable[..., Split]
Write = Callable[[Path, Sequence[Mapping[str, object]]], None]

FIRST_FIVE = (64, 144, 188, 120, 68)
"""The beginning of the held-out sample of the 200 rows, the same for all formats and for ever."""
SAMPLE_HASH = "f615f9b69393"
"""The beginning of its hash."""

ROWS: list[dict[str, object]] = [{"q": "x", "a": "1"}, {"q": "y", "a": "2"}]


def test_one_file(tmp_path: Path, dataset: MakeDataset) -> None:
    (tmp_path / "a.csv").write_text("q,a\nx,1\ny,2\n", encoding="utf-8")
    table = read_table(dataset(path="a.csv"), tmp_path)
    assert (table.columns, table.rows, table.given_splits, table.warnings) == (("q", "a"), tuple(ROWS), None, ())
    (file,) = table.files
    assert (file.name, file.path, file.rows) == ("a.csv", tmp_path / "a.csv", 2)
    assert file.sha256 == hashlib.sha256(b"q,a\nx,1\ny,2\n").hexdigest()


def test_every_format_gives_the_same_texts_hashes_and_sample(
    tmp_path: Path,
    write: Write,
    suffix: str,
    dataset: MakeDataset,
    split: MakeSplit,
    two_hundred: list[dict[str, object]],
) -> None:
    write(tmp_path / f"rows{suffix}", two_hundred)
    table = read_table(dataset(path=f"rows{suffix}"), tmp_path)
    assert read_header(dataset(path=f"rows{suffix}"), tmp_path) == table.columns == tuple(two_hundred[0])
    assert [list(map(text_of, row.values())) for row in table.rows] == [
        list(map(text_of, row.values())) for row in two_hundred
    ]
    hashes = [content_hash(row, table.columns, 3) for row in table.rows]
    assert hashes == [content_hash(row, tuple(row), 3) for row in two_hundred]
    sample = held_out_sample(table, assign_splits(table, split()), split="test", sample_size=30, seed=42)
    assert sample.row_ids[:5] == FIRST_FIVE
    assert sample.sample_hash.startswith(SAMPLE_HASH)


def test_separate_files_follow_one_another(tmp_path: Path, write: Write, dataset: MakeDataset) -> None:
    write(tmp_path / "train.csv", ROWS)
    write(tmp_path / "dev.parquet", [{"a": "3", "q": "z"}])
    write(tmp_path / "test.jsonl", ROWS[:1])
    given = dataset(train="train.csv", validation="dev.parquet", test="test.jsonl")
    table = read_table(given, tmp_path)
    assert table.columns == read_header(given, tmp_path) == ("q", "a")
    assert [row["a"] for row in table.rows] == ["1", "2", "3", "1"]
    assert table.given_splits == ("train", "train", "validation", "test")
    assert [(file.name, file.rows) for file in table.files] == [("train.csv", 2), ("dev.parquet", 1), ("test.jsonl", 1)]


def test_train_alone_is_all_training(tmp_path: Path, write: Write, dataset: MakeDataset) -> None:
    write(tmp_path / "train.csv", ROWS)
    assert read_table(dataset(train="train.csv"), tmp_path).given_splits == ("train", "train")


@pytest.mark.parametrize("read", [read_table, read_header])
def test_files_must_agree_on_their_columns(
    tmp_path: Path, write: Write, dataset: MakeDataset, problems: Problems, read: Callable[[Dataset, Path], object]
) -> None:
    write(tmp_path / "train.csv", [{"q": "x", "a": "1", "id": "7"}])
    write(tmp_path / "dev.csv", [{"q": "x", "a": "1", "id": "7"}])
    write(tmp_path / "test.csv", [{"q": "x", "label": "1"}])
    found = problems(lambda: read(dataset(train="train.csv", validation="dev.csv", test="test.csv"), tmp_path))
    assert [(problem.code, problem.path, problem.message) for problem in found] == [
        ("LF201", "dataset.train", "'train.csv' lacks columns that the other files have: 'label'"),
        ("LF201", "dataset.validation", "'dev.csv' lacks columns that the other files have: 'label'"),
        ("LF201", "dataset.test", "'test.csv' lacks columns that the other files have: 'a', 'id'"),
    ]


def test_a_column_that_some_files_lack_is_empty_there_where_the_task_says_so(
    tmp_path: Path, write: Write, dataset: MakeDataset
) -> None:
    write(tmp_path / "train.csv", [{"q": "x", "a": "1"}])
    write(tmp_path / "test.csv", [{"a": "2", "check": "y"}])
    asked = dataset(train="train.csv", test="test.csv", missing_columns="empty")
    found = read_table(asked, tmp_path)
    assert found.columns == read_header(asked, tmp_path) == ("q", "a", "check")
    assert list(found.rows) == [{"q": "x", "a": "1", "check": None}, {"q": None, "a": "2", "check": "y"}]


def test_hub_splits_may_lack_columns_too(tmp_path: Path, hub: Hub, dataset: MakeDataset) -> None:
    hub({"train": ROWS, "test": [{"q": "x"}]})
    asked = dataset(hub="owner/set", name="plain", revision="v1", missing_columns="empty")
    assert read_table(asked, tmp_path).rows[-1] == {**dict.fromkeys(ROWS[0]), "q": "x"}


def test_problems_of_all_files_come_together(
    tmp_path: Path, dataset: MakeDataset, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (tmp_path / "train.csv").write_text("q,a\nx\n", encoding="utf-8")
    (tmp_path / "test.csv").write_text("q,a\n", encoding="utf-8")
    given = dataset(train="train.csv", validation="gone.csv", test="test.csv")
    ragged, gone, bare = problems(lambda: read_table(given, tmp_path, place=placed))
    # what is wrong inside a file points into that file; what is wrong with the file, at the key that names it
    assert (ragged.code, ragged.file, ragged.line) == ("LF302", str(tmp_path / "train.csv"), 2)
    assert (gone.code, gone.file, gone.path) == ("LF301", "task.yaml", "dataset.validation")
    assert (bare.code, bare.file, bare.path) == ("LF301", "task.yaml", "dataset.test")
    assert bare.message == "the data file 'test.csv' has a header (q, a) and no rows"


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.json"])
def test_an_empty_file(tmp_path: Path, dataset: MakeDataset, problems: Problems, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    for read in (read_table, read_header):
        (problem,) = problems(lambda read=read: read(dataset(path=name), tmp_path))  # type: ignore[misc]
        assert (problem.code, problem.path) == ("LF301", "dataset.path")
        assert problem.message == f"the data file {name!r} is empty"


def test_an_empty_parquet_file_is_no_parquet(tmp_path: Path, dataset: MakeDataset, problems: Problems) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_bytes(b"")
    (problem,) = problems(lambda: read_table(dataset(path="a.parquet"), tmp_path))
    assert problem.code == "LF302"


def test_a_header_without_rows_is_a_header(tmp_path: Path, dataset: MakeDataset) -> None:
    (tmp_path / "a.csv").write_text("q,a\n", encoding="utf-8")
    assert read_header(dataset(path="a.csv"), tmp_path) == ("q", "a")


def test_a_directory(tmp_path: Path, dataset: MakeDataset, problems: Problems) -> None:
    (tmp_path / "a.csv").mkdir()
    (problem,) = problems(lambda: read_header(dataset(path="a.csv"), tmp_path))
    assert (problem.code, "holds no data file" in problem.message) == ("LF301", True)


def test_warnings_reach_the_table(tmp_path: Path, dataset: MakeDataset) -> None:
    (tmp_path / "a.csv").write_text(",q\n0,x\n", encoding="utf-8")
    (warning,) = read_table(dataset(path="a.csv"), tmp_path).warnings
    assert (warning.code, warning.file) == ("LF311", str(tmp_path / "a.csv"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, list[dict[str, object]]]], None]:
    datasets = pytest.importorskip("datasets")

    def put(splits: Mapping[str, list[dict[str, object]]]) -> None:
        def load_dataset(path: str, name: str | None, revision: str | None) -> Any:
            assert (path, name, revision) == ("owner/set", "plain", "v1")
            return datasets.DatasetDict({split: datasets.Dataset.from_list(rows) for split, rows in splits.items()})

        monkeypatch.setattr(datasets, "load_dataset", load_dataset)

    return put


Hub = Callable[[Mapping[str, list[dict[str, object]]]], None]


def test_a_hub_data_set_comes_divided(tmp_path: Path, hub: Hub, dataset: MakeDataset) -> None:
    hub({"dev": ROWS[:1], "train": ROWS})
    given = dataset(hub="owner/set", name="plain", revision="v1")
    table = read_table(given, tmp_path)
    assert table.columns == read_header(given, tmp_path) == ("q", "a")
    assert table.given_splits == ("train", "train", "validation")
    assert [file.name for file in table.files] == ["hub:owner/set/plain@v1:train", "hub:owner/set/plain@v1:validation"]
    digest = hashlib.sha256(b"".join(content_hash(row, ("q", "a"), 0) for row in ROWS)).hexdigest()
    assert (table.files[0].path, table.files[0].sha256) == (None, digest)


def test_a_hub_data_set_of_one_split_is_one_file(tmp_path: Path, hub: Hub, dataset: MakeDataset) -> None:
    hub({"train": ROWS})
    assert read_table(dataset(hub="owner/set", name="plain", revision="v1"), tmp_path).given_splits is None


def test_hub_splits_must_agree_on_their_columns(
    tmp_path: Path, hub: Hub, dataset: MakeDataset, problems: Problems
) -> None:
    hub({"train": ROWS, "test": [{"q": "x"}]})
    (problem,) = problems(lambda: read_table(dataset(hub="owner/set", name="plain", revision="v1"), tmp_path))
    assert (problem.code, problem.path) == ("LF201", "dataset.hub")
    assert problem.message.endswith("lacks columns that the other files have: 'a'")


def test_the_header_of_csv_needs_no_heavy_library(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("q,a\nx,1\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"q": "x", "a": 1}\n', encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from lfine.schemas.task import Dataset\n"
        "from lfine.finetune.data.tables import read_header, read_table\n"
        "for name in ('a.csv', 'a.jsonl'):\n"
        "    data = Dataset(name, *[None] * 7, 'auto', None, {})\n"
        "    assert read_header(data, Path()) == read_table(data, Path()).columns == ('q', 'a')\n"
        "heavy = {'pandas', 'numpy', 'pyarrow', 'datasets', 'sklearn', 'torch', 'transformers', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


# --- folders, sheets, hashes, forms ---------------------------------------------------------------------------------


def test_a_folder_is_its_files_one_after_the_other(tmp_path: Path, write: Write, dataset: MakeDataset) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts" / "b.csv", [{"a": "2", "q": "y"}])
    write(tmp_path / "parts" / "a.csv.gz", ROWS[:1])
    (tmp_path / "parts" / "c.csv").write_text("q,a\n", encoding="utf-8")
    for path in ("parts", "parts/*.csv*"):
        table = read_table(dataset(path=path), tmp_path)
        assert table.columns == read_header(dataset(path=path), tmp_path) == ("q", "a")
        assert table.rows == tuple(ROWS)
        assert [(file.name, file.rows) for file in table.files] == [
            ("parts/a.csv.gz", 1),
            ("parts/b.csv", 1),
            ("parts/c.csv", 0),
        ]


def test_folders_may_be_splits(tmp_path: Path, write: Write, dataset: MakeDataset) -> None:
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "1.jsonl", ROWS)
        write(tmp_path / name / "2.jsonl", ROWS[:1])
    table = read_table(dataset(train="train", test="test/*.jsonl"), tmp_path)
    assert table.given_splits == ("train",) * 3 + ("test",) * 3


@pytest.mark.parametrize("read", [read_table, read_header])
def test_a_file_of_another_header_is_named(
    tmp_path: Path, write: Write, dataset: MakeDataset, problems: Problems, read: Callable[[Dataset, Path], object]
) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("a", "c"):
        write(tmp_path / "parts" / f"{name}.csv", ROWS)
    write(tmp_path / "parts" / "b.csv", [{"q": "x"}])
    (problem,) = problems(lambda: read(dataset(path="parts"), tmp_path))
    assert (problem.code, problem.path) == ("LF201", "dataset.path")
    assert problem.message == "'parts/b.csv' lacks columns that the other files have: 'a'"


def test_damage_in_several_files_of_a_folder_comes_together(
    tmp_path: Path, write: Write, dataset: MakeDataset, problems: Problems
) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("a", "b", "c"):
        write(tmp_path / "parts" / f"{name}.csv", ROWS)
    for name in ("a", "c"):
        (tmp_path / "parts" / f"{name}.csv").write_text("q,a\nx\n", encoding="utf-8")
    found = problems(lambda: read_table(dataset(path="parts"), tmp_path))
    assert [problem.file for problem in found] == [str(tmp_path / "parts" / name) for name in ("a.csv", "c.csv")]


def test_a_folder_without_rows(tmp_path: Path, dataset: MakeDataset, problems: Problems) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "a.csv").write_text("q,a\n", encoding="utf-8")
    (problem,) = problems(lambda: read_table(dataset(path="parts"), tmp_path))
    assert (problem.code, problem.message) == ("LF301", "the data files of 'parts' have headers and no rows")


@pytest.fixture
def book(tmp_path: Path, sheets: Callable[..., None]) -> Path:
    sheets(tmp_path / "a.xlsx", {"notes": [["n"], [1]], "answers": [["q", "a"], ["x", 1], ["y", 2]], "empty": []})
    return tmp_path


@pytest.mark.parametrize("sheet", ["answers", 2])
def test_the_sheet_that_the_task_names(book: Path, dataset: MakeDataset, sheet: str | int) -> None:
    given = dataset(path="a.xlsx", sheet=sheet)
    table = read_table(given, book)
    assert table.columns == read_header(given, book) == ("q", "a")
    assert table.rows == ({"q": "x", "a": 1}, {"q": "y", "a": 2})
    assert (table.files[0].sheet, table.warnings) == (sheet, ())


@pytest.mark.parametrize("read", [read_table, read_header])
def test_a_sheet_that_is_not_there_is_said_once(
    book: Path,
    dataset: MakeDataset,
    problems: Problems,
    placed: Callable[[str, str, str, str], Problem],
    read: Callable[..., object],
) -> None:
    given = dataset(train="a.xlsx", test="a.xlsx", sheet="answer")
    (problem,) = problems(lambda: read(given, book, place=placed))
    assert (problem.code, problem.line, problem.cure) == ("LF332", 7, "did you mean `answers`?")


def test_an_empty_sheet(book: Path, dataset: MakeDataset, problems: Problems) -> None:
    for read in (read_table, read_header):
        (problem,) = problems(lambda read=read: read(dataset(path="a.xlsx", sheet="empty"), book))  # type: ignore[misc]
        assert (problem.code, problem.message) == ("LF301", "the data file 'a.xlsx' is empty")


def test_the_hash_that_the_task_names(
    tmp_path: Path, write: Write, dataset: MakeDataset, problems: Problems, placed: Callable[..., Problem]
) -> None:
    write(tmp_path / "a.csv", ROWS)
    right = hashlib.sha256((tmp_path / "a.csv").read_bytes()).hexdigest()
    assert read_table(dataset(path="a.csv", sha256=right), tmp_path).files[0].sha256 == right
    for read in (read_table, read_header):
        given = dataset(path="a.csv", sha256="0" * 64)
        (problem,) = problems(lambda read=read, given=given: read(given, tmp_path, place=placed))  # type: ignore[misc]
        assert (problem.code, problem.path, problem.line) == ("LF331", "dataset.sha256", 7)
        assert problem.message == f"the file 'a.csv' has another hash than dataset.sha256: {right}, not {'0' * 64}"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": "parts"}, "'parts' is a folder or a pattern"),
        ({"path": "parts/*.csv"}, "'parts/*.csv' is a folder or a pattern"),
        ({"train": "parts/a.csv", "test": "parts/a.csv"}, "the splits are separate files"),
        ({"hub": "owner/set"}, "the data come from a hub"),
    ],
)
@pytest.mark.parametrize("read", [read_table, read_header])
def test_a_hash_is_that_of_one_file(
    tmp_path: Path,
    write: Write,
    dataset: MakeDataset,
    problems: Problems,
    read: Callable[[Dataset, Path], object],
    given: dict[str, str],
    message: str,
) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts" / "a.csv", ROWS)
    (problem,) = problems(lambda: read(dataset(**given, sha256="0" * 64), tmp_path))
    assert (problem.code, problem.path) == ("LF331" if "path" in given else "LF223", "dataset.sha256")
    assert problem.message == f"dataset.sha256 is the hash of one file, and {message}"


CHAT = [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]
MESSAGES = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]


@pytest.mark.parametrize("form", [".jsonl", ".json", ".parquet", ".csv", ".xlsx", ".arrow", ".jsonl.gz"])
def test_conversations_are_the_same_from_every_format(
    tmp_path: Path, write: Write, dataset: MakeDataset, form: str
) -> None:
    flat = form in (".csv", ".xlsx")
    rows = [{"id": str(row), "conversations": json.dumps(CHAT) if flat else CHAT} for row in range(3)]
    write(tmp_path / f"a{form}", rows)
    given = dataset(path=f"a{form}")
    table = read_table(given, tmp_path)
    assert table.columns == read_header(given, tmp_path) == ("id", "conversations", "messages")
    assert (table.form.kind, table.form.column) == ("sharegpt", "conversations")
    assert [row["messages"] for row in table.rows] == [MESSAGES] * 3


def test_the_form_counts_rows_of_all_files(
    tmp_path: Path, write: Write, dataset: MakeDataset, problems: Problems
) -> None:
    write(tmp_path / "train.jsonl", [{"messages": MESSAGES}, {"messages": MESSAGES}])
    write(tmp_path / "test.jsonl", [{"messages": MESSAGES}, {"messages": MESSAGES[:1]}])
    (problem,) = problems(lambda: read_table(dataset(train="train.jsonl", test="test.jsonl"), tmp_path))
    assert (problem.code, problem.message) == ("LF333", "column 'messages': no turn of the assistant: 1 row: 3")


def test_the_form_of_a_hub(tmp_path: Path, hub: Hub, dataset: MakeDataset) -> None:
    hub({"train": [{"conversations": CHAT}]})
    given = dataset(hub="owner/set", name="plain", revision="v1")
    assert read_table(given, tmp_path).rows == ({"conversations": CHAT, "messages": MESSAGES},)
    assert read_header(given, tmp_path) == ("conversations", "messages")


def test_a_hub_has_no_sheets(tmp_path: Path, dataset: MakeDataset, problems: Problems) -> None:
    (problem,) = problems(lambda: read_header(dataset(hub="owner/set", sheet=2), tmp_path))
    assert (problem.code, problem.path) == ("LF332", "dataset.sheet")


def test_what_may_be_skipped_is_counted_over_all_files(
    tmp_path: Path, dataset: MakeDataset, problems: Problems
) -> None:
    (tmp_path / "a.csv").write_text("q,a\n1,2\nx\ny\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"q": 1, "a": 2}\n{\n', encoding="utf-8")
    data = dataset(train="a.csv", test="b.jsonl")
    found = read_table(data, tmp_path, skip_bad_rows=3)
    assert [(file.name, file.rows, file.skipped) for file in found.files] == [
        ("a.csv", 1, (3, 4)),
        ("b.jsonl", 1, (2,)),
    ]
    assert [warning.code for warning in found.warnings] == ["LF351", "LF351"]
    assert read_header(data, tmp_path, skip_bad_rows=3) == ("q", "a")
    (problem,) = problems(lambda: read_table(data, tmp_path, skip_bad_rows=2))
    assert problem.message == (
        "3 lines of 2 files are no rows, more than --skip-bad-rows 2: 'a.csv' line 3–4, 'b.jsonl' line 2"
    )
    assert problem.cure.endswith("--skip-bad-rows 3")
