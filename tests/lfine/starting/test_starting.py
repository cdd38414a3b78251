"""From a data file to a task file: whatever the table, what is written validates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lfine.finetune.data.guess.records import Choice, Wanted
from lfine.schemas.errors import LfineError
from lfine.starting.starting import Asked, Started, choices_table, default_out, path_from, start
from lfine.starting.writing import written
from lfine.validating import check_file

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters='{}"\n #:-'), min_size=1, max_size=12
).filter(lambda name: bool(name.strip()) and name != "__index_level_0__")
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["yes", "no", "a b c d", "SELECT a FROM b", '{"a": ["b"]}', "2024-01-02", "train", "test", "dev"]),
    st.lists(st.sampled_from(["a", "b, c", "{", ""]), max_size=4),
    st.dictionaries(st.sampled_from(["a", "b"]), st.lists(st.text(max_size=3), max_size=2), max_size=2),
)
TABLES = st.lists(NAMES, min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), min_size=1, max_size=30)
)


def started_or_codes(data: Path, asked: Asked) -> Started | set[str]:
    """Return what is started, or the codes of the problems, each of which names its cure."""
    try:
        return start(str(data), asked)
    except LfineError as error:
        return {problem.code if problem.cure else "no cure" for problem in error.problems}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TABLES)
def test_whatever_the_table_the_task_file_validates(rows: list[dict[str, object]], tmp_path: Path) -> None:
    data, out = tmp_path / "data.jsonl", tmp_path / "task.yaml"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    started = started_or_codes(data, Asked(out=str(out)))
    if isinstance(started, set):
        assert started <= {"LF302", "LF333", "LF354", "LF355", "LF356"}
        return
    out.write_text(written(started.draft, schema=None), encoding="utf-8")
    loaded, problems = check_file(out)
    assert loaded is not None, problems
    assert [problem for problem in problems if problem.severity == "error"] == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(st.text(max_size=15).filter(lambda text: bool(text.strip())), min_size=2, max_size=6, unique=True)
)
def test_whatever_the_labels_they_are_read_back(labels: list[str], tmp_path: Path) -> None:
    data, out = tmp_path / "data.jsonl", tmp_path / "task.yaml"
    rows = [{"text": f"some words {n}", "label": labels[n % len(labels)]} for n in range(120)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    started = started_or_codes(data, Asked(out=str(out), wanted=Wanted(output="label")))
    if isinstance(started, set):
        assert started == {"LF302"}
        return
    out.write_text(written(started.draft, schema=None), encoding="utf-8")
    loaded, problems = check_file(out, data=True)
    assert loaded is not None, problems
    assert [problem.message for problem in problems if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("data", "out"),
    [
        ("reviews.csv", "reviews.yaml"),
        ("data/reviews.CSV.gz", "reviews.yaml"),
        ("a.b.parquet", "a.b.yaml"),
        ("parts/*.csv", "task.yaml"),
        ("folder", "folder.yaml"),
        ("it's [a] file.csv", "it's a file.yaml"),
    ],
)
def test_the_task_file_is_called_after_the_data(data: str, out: str) -> None:
    assert default_out(data) == out


def test_data_are_named_from_the_task_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LFINE_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert path_from("rows.csv", "rows.yaml") == "rows.csv"
    assert path_from("rows.csv", "tasks/rows.yaml") == "../rows.csv"
    assert path_from("rows.csv", "a/b/c/rows.yaml") == str(tmp_path / "rows.csv")
    assert path_from("rows.csv", "-") == "rows.csv"


def test_data_of_the_shared_folder_are_named_by_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "rows.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("LFINE_DATA", str(shared))
    assert path_from(str(shared / "rows.csv"), "rows.yaml") == "rows.csv"
    assert path_from("rows.csv", "rows.yaml") == "rows.csv"


def test_the_table_is_aligned_and_shows_one_line_for_each() -> None:
    choices = (Choice("output", "a\nb" + "x" * 50, "sure", "why"), Choice("type", "text", "a guess", "texts"))
    first, second = choices_table(choices).splitlines()
    assert first.startswith("output  a bxxx")
    assert "…  sure     why" in first
    assert second.index("texts") == first.index("why")
