"""Workflow commands, read back by the rules of GitHub's runner."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from lfine.output.github import github_commands
from lfine.schemas.problems import Problem

COMMAND = re.compile(r"::(?P<name>[a-z]+) (?P<properties>.*?)::(?P<message>.*)")


class Annotation(NamedTuple):
    level: str
    properties: dict[str, str]
    message: str


def unescaped(text: str, *, of_property: bool) -> str:
    table = [("%0D", "\r"), ("%0A", "\n")]
    table += [("%3A", ":"), ("%2C", ",")] if of_property else []
    for code, character in [*table, ("%25", "%")]:  # the runner's order: % last
        text = text.replace(code, character)
    return text


def read_back(text: str) -> list[Annotation]:
    """Read commands as the runner does: line by line, properties apart at commas, the message after the second `::`."""
    found = []
    for line in text.split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = [pair.split("=", 1) for pair in match["properties"].split(",")]
        properties = {name: unescaped(value, of_property=True) for name, value in pairs}
        found.append(Annotation(match["name"], properties, unescaped(match["message"], of_property=False)))
    return found


def test_the_whole_line(placed: Problem) -> None:
    assert github_commands([placed]) == (
        "::error title=LF102 wrong-type,file=tasks/sql.yaml,line=14,col=6,endLine=14,endColumn=10::"
        'tasks/sql.yaml:14:6: adapter.r must be an integer of at least 1, got "16" (text)%0Acure: remove the quotes\n'
    )


def test_every_character_survives(nasty: Problem) -> None:
    text = github_commands([nasty])
    assert text.count("\n") == 1
    assert "\r" not in text
    (found,) = read_back(text)
    assert found.level == "warning"
    assert found.properties["file"] == nasty.file
    assert found.message == f"{nasty.file}:1:1: {nasty.message}\ncure: {nasty.cure}"


def test_without_line_or_file(whole_file: Problem, placeless: Problem) -> None:
    first, second = read_back(github_commands([whole_file, placeless]))
    assert first.properties == {"title": "LF108 unreadable-file", "file": "absent.yaml"}
    assert second.properties == {"title": "LF508 internal-error"}
    assert second.message == "something else"


def test_a_line_without_a_column() -> None:
    (found,) = read_back(github_commands([Problem("LF107", "m", "c", file="a.yaml", line=3)]))
    assert found.properties == {"title": "LF107 yaml-syntax", "file": "a.yaml", "line": "3"}


def test_the_file_is_named_from_the_root(placed: Problem, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    (found,) = read_back(github_commands([placed]))
    assert found.properties["file"] == "deep/tasks/sql.yaml"
    assert found.message.startswith("tasks/sql.yaml:14:6: ")  # as the user named it


def test_nothing_to_say() -> None:
    assert github_commands([]) == ""
