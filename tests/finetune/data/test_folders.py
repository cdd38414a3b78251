"""Folders and patterns: which files they mean, and files that do not belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from lfine.finetune.data.files import find_files
from lfine.finetune.data.folders import is_pattern
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]
Write = Callable[[Path, Sequence[Mapping[str, object]]], None]


@pytest.fixture
def parts(tmp_path: Path) -> Callable[..., Path]:
    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / "parts" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("q\nx\n", encoding="utf-8")
        (tmp_path / "parts").mkdir(exist_ok=True)
        return tmp_path

    return make


Parts = Callable[..., Path]


def test_files_of_a_folder_come_in_the_order_of_their_names(parts: Parts) -> None:
    folder = parts("b.csv", "a.csv.gz", "B.csv", ".hidden.csv")
    found = find_files("parts", folder)
    assert [file.name for file in found] == ["parts/B.csv", "parts/a.csv.gz", "parts/b.csv"]
    assert [file.path for file in found] == [folder / "parts" / name for name in ("B.csv", "a.csv.gz", "b.csv")]
    assert {file.alone for file in found} == {False}
    assert [file.warnings for file in found] == [(), (), ()]


def test_what_is_left_out_of_a_folder_is_said_once(parts: Parts) -> None:
    found = find_files("parts", parts("a.csv", "b.csv", "README.md", "deeper/c.csv"))
    assert [file.name for file in found] == ["parts/a.csv", "parts/b.csv"]
    (warning,) = [warning for file in found for warning in file.warnings]
    assert (warning.code, warning.severity, warning.path) == ("LF330", "warning", "dataset.path")
    assert warning.message == "of the folder 'parts' 2 entries left out: README.md, deeper"


def test_a_manifest_is_no_data_and_nothing_to_speak_of(parts: Parts) -> None:
    folder = parts("a.csv", "a.csv.manifest.json")
    for name in ("parts", "parts/*"):
        (file,) = find_files(name, folder)
        assert (file.name, file.warnings) == ("parts/a.csv", ())


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("parts/*.csv", ["parts/a.csv", "parts/b.csv"]),
        ("parts/[b-z]*", ["parts/b.csv"]),
        ("parts/**/*.csv", ["parts/a.csv", "parts/b.csv", "parts/deep/er/c.csv"]),
        ("parts/?.c*", ["parts/a.csv", "parts/b.csv"]),
    ],
)
def test_patterns(parts: Parts, pattern: str, names: list[str]) -> None:
    folder = parts("a.csv", "b.csv", "a.txt", "deep/er/c.csv", ".x.csv")
    assert [file.name for file in find_files(pattern, folder)] == names
    absolute = find_files(str(folder / pattern), Path("/nowhere"))
    assert [file.path for file in absolute] == [folder / name for name in names]
    assert [file.name for file in absolute] == [str(folder / name) for name in names]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(parts: Parts) -> None:
    folder = parts("a[1].csv", "a1.csv")
    (found,) = find_files("parts/a[1].csv", folder)
    assert (found.path.name, found.alone) == ("a[1].csv", True)
    assert is_pattern("parts/a[1].csv")


def test_a_pattern_is_looked_for_in_every_place(parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parts("a.csv")
    monkeypatch.setenv("LFINE_DATA", str(folder))
    (found,) = find_files("parts/*.csv", tmp_path / "elsewhere")
    assert found.path == folder / "parts" / "a.csv"


@pytest.mark.parametrize("pattern", ["parts/*.jsonl", "parts/**x/*.csv", "*/\0*.csv", "**"])
def test_patterns_that_fit_nothing(parts: Parts, problems: Problems, pattern: str) -> None:
    folder = parts("a.txt")
    (problem,) = problems(lambda: find_files(pattern, folder / "parts", key="dataset.train"))
    assert (problem.code, problem.path) == ("LF301", "dataset.train")
    assert problem.message.startswith((f"no data file fits the pattern {pattern!r}; looked at ", "the folder"))


def test_a_folder_without_data(parts: Parts, problems: Problems) -> None:
    (problem,) = problems(lambda: find_files("parts", parts()))
    assert problem.message.endswith("holds no data file")
    assert problem.cure == "name a file, or another folder"
    (problem,) = problems(lambda: find_files("parts", parts("deep/a.csv")))
    assert problem.cure == "name a pattern: parts/**/*.csv"


def test_several_formats(parts: Parts, problems: Problems) -> None:
    (problem,) = problems(lambda: find_files("parts", parts("a.csv", "b.tsv", "c.jsonl", "d.jsonl.gz", "e.jsonl")))
    assert (problem.code, problem.path) == ("LF335", "dataset.path")
    assert problem.message == ("'parts' holds files of several formats: 1 .csv file, 3 .jsonl files, 1 .tsv file")
    assert problem.cure == "name a pattern that files of one format fit, as parts/*.jsonl"


def test_files_named_after_splits_are_not_thrown_together(parts: Parts, problems: Problems) -> None:
    (problem,) = problems(lambda: find_files("parts", parts("train.csv", "dev.csv", "test.csv.gz")))
    assert problem.code == "LF335"
    assert problem.message == (
        "'parts' holds files that are named after splits: parts/dev.csv, parts/test.csv.gz, parts/train.csv"
    )
    assert problem.cure == (
        "write dataset: {train: parts/train.csv, validation: parts/dev.csv, test: parts/test.csv.gz}"
    )


def test_one_file_named_after_a_split_is_one_file(parts: Parts) -> None:
    assert len(find_files("parts", parts("train.csv", "more.csv"))) == 2


def test_links_in_a_circle_end(parts: Parts) -> None:
    folder = parts("a.csv")
    (folder / "parts" / "again").symlink_to(folder / "parts", target_is_directory=True)
    (folder / "parts" / "loop.csv").symlink_to("loop.csv")
    assert [file.name for file in find_files("parts/**/*.csv", folder)] == ["parts/a.csv"]
    assert [file.name for file in find_files("parts", folder)] == ["parts/a.csv"]
