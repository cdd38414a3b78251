"""The door itself: exit codes, one JSON document, text for people, and a traceback only where the bug is ours."""

from __future__ import annotations

import argparse
import errno
import subprocess
import sys
from pathlib import Path

import pytest

from lfine import __version__
from lfine.cli.main import COMMANDS, main
from lfine.stops import Interrupted
from tests.lfine.projects import Ended, Project, lfine, refused


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `lfine schema` raise."""

    def fail() -> object:
        raise error

    monkeypatch.setattr("lfine.cli.schema.task_schema", fail)


def test_version() -> None:
    assert lfine("--version") == Ended(0, f"lfine {__version__}\n", "")


def test_help_lists_every_command_and_nothing_else() -> None:
    ended = lfine("--help")
    listed = [line.split()[0] for line in ended.out.splitlines() if line.startswith("    ") and line[4] != " "]
    assert (ended.code, ended.err) == (0, "")
    assert [name for name in listed if name != "COMMAND"] == list(COMMANDS)


def test_without_a_word_the_help_is_printed_and_the_command_is_still_missing() -> None:
    ended = lfine()
    assert (ended.code, ended.out, ended.err) == (2, "", lfine("--help").out)
    assert "lfine init DATA.csv" in ended.err.splitlines()[-1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str) -> None:
    ended = lfine(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"usage: lfine {name}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format=text",), "COMMAND"),
        (("trian", "x.yaml"), "there is no command 'trian'"),
        (("train",), "TASK"),
        (("train", "x.yaml", "--epoch", "3"), "--epoch"),
        (("evaluate", "x.yaml", "--limit", "0"), "at least 1, got '0'"),
        (("evaluate", "x.yaml", "--limit", "many"), "at least 1, got 'many'"),
        (("preview", "x.yaml", "--rows", "-1"), "at least 1, got '-1'"),
        (("evaluate", "x.yaml", "--run", "a", "--adapter", "b"), "not allowed with"),
        (("compare", "one"), "two evaluations are needed, got one"),
        (("models",), "ACTION"),
        (("compile", "a.yaml", "b.yaml"), "b.yaml"),
    ],
)
def test_a_command_line_that_cannot_be_understood(words: tuple[str, ...], said: str) -> None:
    ended = lfine(*words)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert "LF115" in ended.err
    assert "cure: " in ended.err
    assert "Traceback" not in ended.err


def test_a_misspelt_command_is_suggested() -> None:
    found = refused("trian", "x.yaml").problem()
    assert "`train`" in found["cure"]
    assert "lfine --help" in refused("xyzzy").problem()["cure"]


def test_a_usage_error_under_json_is_a_document_too() -> None:
    ended = refused("train", "x.yaml", "--epoch", "3")
    assert (ended.code, ended.problem()["code"], ended.problem()["cure"]) == (2, "LF115", "lfine train --help")


def test_the_format_may_be_written_with_an_equals_sign() -> None:
    ended = lfine("compile", "absent.yaml", "--format=json")
    assert ended.problem()["code"] == "LF108"


def add_path_and_format(parser: argparse.ArgumentParser) -> None:
    """The options of `lfine schema`, and one that it does not have."""
    parser.add_argument("--path", action="store_true")
    parser.add_argument("--format")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_bug_of_ours_has_a_traceback(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    failing(monkeypatch, RuntimeError("the wheel came off"))
    words = ["schema"] if form == "text" else ["schema", "--format=json"]
    monkeypatch.setattr("lfine.cli.schema.add_arguments", add_path_and_format)
    ended = lfine(*words)
    assert ended.code == 70
    assert "Traceback" in ended.err
    assert "RuntimeError: the wheel came off" in ended.err
    assert "bug of lfine's" in ended.err
    if form == "json":
        assert ended.problem()["code"] == "LF508"
        assert "the wheel came off" in ended.problem()["message"]
    else:
        assert ended.out == ""


def test_a_full_disk_is_the_machines_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "/data/plan.json"))
    ended = lfine("schema")
    assert (ended.code, ended.out) == (3, "")
    assert "/data/plan.json  LF405 no-disk" in ended.err
    assert "a file could not be written: no space left on device" in ended.err
    assert "Traceback" not in ended.err


def test_an_unforeseen_os_error_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, OSError(errno.EBADF, "Bad file descriptor"))
    assert lfine("schema").code == 70


def test_an_interrupt_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert lfine("schema") == Ended(130, "", "\ninterrupted; nothing was saved\n")


def test_an_interrupt_that_can_be_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, Interrupted("7 of 9 updates are saved", "lfine train a.yaml --resume"))
    ended = lfine("schema")
    assert ended.code == 130
    assert "7 of 9 updates are saved; to go on:\n  lfine train a.yaml --resume" in ended.err


def test_out_of_a_folder_that_cannot_be_written(project: Project) -> None:
    ended = refused("compile", project.task, "--out", project.folder)
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")


def test_main_takes_the_words_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lfine", "validate", "absent.yaml"])
    assert main() == 1


def test_python_m_lfine_and_a_reader_that_goes_away(tmp_path: Path) -> None:
    shell = f"'{sys.executable}' -m lfine schema | head -c 20; echo; echo ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout.splitlines()[0].startswith("{")
    assert ended.stdout.splitlines()[-1] in ("0", "141")  # 0 where all of it fitted into the pipe
    assert ended.stderr == ""
