"""Finding the folder of databases and the file of a row, and no file outside of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.evaluation.databases import find_database, find_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = ("db/pets/pets.sqlite", "db/cars.db", "db/plain", "db/both/both.sqlite", "db/both.sqlite", "secret.sqlite")
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path / "db"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("pets", "pets/pets.sqlite"),
        ("cars", "cars.db"),
        ("plain", "plain"),
        ("both", "both/both.sqlite"),
        ("pets/pets.sqlite", "pets/pets.sqlite"),
    ],
)
def test_the_forms_of_a_name(folder: Path, name: str, found: str) -> None:
    assert find_database(folder, name) == (folder / found).resolve()


@pytest.mark.parametrize(
    "name", ["", "none", "../secret", "../secret.sqlite", "/etc/passwd", "pets/../../secret", "a\0b", "."]
)
def test_what_is_not_in_the_folder_is_not_found(folder: Path, name: str) -> None:
    assert find_database(folder, name) is None


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "out.sqlite").symlink_to(folder.parent / "secret.sqlite")
    assert find_database(folder, "out") is None


def test_folders_are_looked_for_as_data_files_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("LFINE_DATA", raising=False)
    assert find_folder("db", tmp_path) == folder
    assert find_folder(str(folder), elsewhere) == folder
    assert find_folder("db", elsewhere) is None
    assert find_folder("secret.sqlite", tmp_path) is None
    monkeypatch.setenv("LFINE_DATA", str(tmp_path))
    assert find_folder("db", elsewhere) == folder
    monkeypatch.chdir(tmp_path)
    assert find_folder("db", elsewhere) == Path("db")
