"""Files that cannot be a task file: each refused with its cause, its place and a cure."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.source import MAX_BYTES, read_source, split_lines


def refusal(file: str | Path) -> Problem:
    with pytest.raises(TaskError) as caught:
        read_source(str(file))
    assert caught.value.exit_code == 1
    (problem,) = caught.value.problems
    return problem


@pytest.fixture
def written(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(raw: bytes) -> Path:
        file = tmp_path / "task.yaml"
        file.write_bytes(raw)
        return file

    return write


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "viggo.yaml").touch()
    problem = refusal(tmp_path / "vigo.yaml")
    assert (problem.code, problem.line, problem.file) == ("LF108", None, str(tmp_path / "vigo.yaml"))
    assert problem.message == "there is no such file"
    assert problem.cure == f"did you mean `{tmp_path / 'viggo.yaml'}`?"


def test_a_missing_file_with_another_suffix(tmp_path: Path) -> None:
    (tmp_path / "task.yml").touch()
    assert refusal(tmp_path / "task.yaml").cure == f"did you mean `{tmp_path / 'task.yml'}`?"


def test_a_missing_file_without_neighbours(tmp_path: Path) -> None:
    (tmp_path / "data.csv").touch()
    cure = "go to the folder of the task file, or name it with its folder"
    assert refusal(tmp_path / "task.yaml").cure == cure
    (tmp_path / "quite_another.yaml").touch()
    assert refusal(tmp_path / "task.yaml").cure == "name a file that exists"


def test_a_missing_file_is_said_with_the_folder_that_was_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal("task.yaml").message == f"there is no such file in {tmp_path}"


@pytest.mark.parametrize("name", ["my tickets.xlsx", "rows.CSV", "rows.jsonl"])
def test_data_in_place_of_a_task_name_the_command_that_writes_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04\x8f")
    problem = refusal(tmp_path / name)
    assert problem.message == "this is a file of data, and here goes a task file (YAML) that names it"
    assert problem.cure == f"write one with: lfine init {shlex.quote(str(tmp_path / name))}"


def test_a_missing_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no" / "such.yaml").message == f"there is no folder `{tmp_path / 'no'}`"


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file" / "such.yaml").code == "LF108"


def test_a_folder_names_a_task_in_it(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").touch()
    (tmp_path / "a.yml").touch()
    problem = refusal(tmp_path)
    assert problem.message == "this is a folder, not a file"
    assert problem.cure == f"name a file in it, for instance `{tmp_path / 'a.yml'}`"


def test_an_empty_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path).cure == "name a task file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").message == "this is neither a file nor a folder"


def test_a_large_file_is_refused_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "large.yaml"
    with file.open("wb") as stream:
        stream.truncate(50_000_000)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(Path, "open", forbidden)
    problem = refusal(file)
    assert problem.code == "LF108"
    assert problem.message == "the file has 50,000,000 bytes, and a task file at most 1,000,000; it was not read"


def test_a_file_of_exactly_the_largest_size_is_read(written: Callable[[bytes], Path]) -> None:
    assert len(read_source(str(written(b"#" * MAX_BYTES)))) == MAX_BYTES
    assert refusal(written(b"#" * (MAX_BYTES + 1))).code == "LF108"


def test_bytes_that_are_not_utf8(written: Callable[[bytes], Path]) -> None:
    problem = refusal(written("a: é\nb: x".encode() + "é".encode("latin-1") + b"\n"))
    assert (problem.code, problem.line, problem.column) == ("LF108", 2, 5)
    assert problem.message == "the file is not UTF-8: byte 0xe9 at offset 10"
    assert problem.cure == "save the file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_named(written: Callable[[bytes], Path], encoding: str) -> None:
    assert "UTF-16" in refusal(written("base_model: x\n".encode(encoding))).cure


def test_a_byte_order_mark_is_dropped(written: Callable[[bytes], Path]) -> None:
    assert read_source(str(written(b"\xef\xbb\xbfa: 1\n"))) == "a: 1\n"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\uffff"])
def test_characters_that_yaml_text_cannot_hold(written: Callable[[bytes], Path], character: str) -> None:
    problem = refusal(written(f"a: 1\r\nb: é{character}x\n".encode()))
    assert (problem.code, problem.line, problem.column) == ("LF107", 2, 5)
    assert problem.message == f"the character U+{ord(character):04X} cannot stand in YAML text"
    assert problem.excerpt is not None
    assert character not in problem.excerpt.text


def test_a_tab_and_characters_of_any_plane_are_text(written: Callable[[bytes], Path]) -> None:
    text = "a: x\ty 🙂 ü \ue000\n"
    assert read_source(str(written(text.encode()))) == text


def test_names_that_no_file_can_have() -> None:
    assert refusal("a\0b.yaml").code == "LF108"
    assert refusal("x" * 5000).code == "LF108"


def test_lines_end_as_the_parser_counts_them() -> None:
    assert split_lines("a\nb\r\nc\rd\n") == ("a", "b", "c", "d", "")
    assert split_lines("a\x0bb\u2028c") == ("a\x0bb\u2028c",)
