"""The pages of docs/tutorial: every command that they show is run, in order, in one folder, with a tiny model.

    lfine train messages.yaml --set …     is run as it stands, with   --set base_model=TINY --set trainer.train_steps=2

What a page asks for beyond lfine is made here: `cp` copies some rows of the project's own data, an endpoint is a server
of this process, the library of tasks is two of them, with forty rows each.

*Not here:* links, and whether options exist at all (test_pages.py).
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from benchmarks.endpoint_server import Server
from lfine.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("*.md"))
LINE = re.compile(r"^ {4,8}((?:lfine|cp) .+)$", re.MULTILINE)
SMALL = (
    "trainer.epochs=null",
    "trainer.train_steps=2",
    "trainer.batch_size=2",
    "generation.max_new_tokens=4",
    "quantization=null",
)
OF_MODELS = {"train", "evaluate", "compile", "preview"}
"""Commands that take --set and a base model."""
ROWS = 160
"""Rows kept of each copied file, from its beginning, middle and end."""
LIBRARY = ("_study", "glue_sst2", "viggo")
"""What is left of task_configs/lora_land: two tasks, and what they extend."""
SETS: Mapping[str, Mapping[str, str | int]] = {
    "glue_sst2": {"sentence": "it is {} good", "label": 1},
    "viggo": {"meaning_representation": "inform(name[{}])", "target": "There is {}."},
}
"""A row of each of their data files; the braces are its number."""


def lines_of(page: Path) -> list[str]:
    return [found.group(1) for found in LINE.finditer(page.read_text(encoding="utf-8"))]


def copy(source: str, target: str) -> None:
    """Copy the head of a CSV and some of its rows: lines of that file are rows."""
    head, *rows = (ROOT / source).read_text(encoding="utf-8").splitlines(keepends=True)
    Path(target).write_text("".join([head, *rows[:: max(1, len(rows) // ROWS)]]), encoding="utf-8")


def shortened(words: list[str], model: Path, server: Server) -> list[str]:
    """Return the same command for the tiny model and few rows; the paths that a pattern stands for in its place."""
    found: list[str] = []
    for word in words:
        found += sorted(str(path) for path in Path().glob(word)) if "*" in word else [word]
    found = [f"{server.url}/v1" if word.startswith("https://") else word for word in found]
    if "--limit" in found:
        found[found.index("--limit") + 1] = "6"
    if words[0] in OF_MODELS:
        found += [word for setting in (f"base_model={model}", *SMALL) for word in ("--set", setting)]
        found += ["--limit", "6"] if words[0] == "evaluate" and "--limit" not in found else []
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that looks like a clone, with task files that find their data."""
    shutil.copytree(ROOT / "task_configs", tmp_path / "task_configs")
    copy("task_configs/insurance_routing.csv", str(tmp_path / "task_configs" / "insurance_routing.csv"))
    for path in (tmp_path / "task_configs" / "lora_land").glob("*.yaml"):
        if path.stem not in LIBRARY:
            path.unlink()
    data = tmp_path / "data"
    data.mkdir()
    for name, columns in SETS.items():
        rows = [row_of(columns, number) for number in range(40)]
        parquet.write_table(pa.Table.from_pylist(rows), data / f"{name}.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LFINE_DATA", str(data))
    monkeypatch.delenv("LFINE_RUNS", raising=False)


def row_of(columns: Mapping[str, str | int], number: int) -> dict[str, str | int]:
    """Return a row: most of them for training, labels in turns."""
    split = ("train", "train", "train", "validation", "test")[number % 5]
    values = {name: value.format(number) if isinstance(value, str) else number % 2 for name, value in columns.items()}
    return {**values, "split": split}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_works(page: Path, tiny_model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server() as server:
        for line in lines_of(page):
            command, *words = shlex.split(line)
            if command == "cp":
                copy(*words)
                continue
            code = main(shortened(words, tiny_model_folder, server))
            assert code == 0, f"{line}\n{capsys.readouterr().err}"


def test_the_pages_have_commands() -> None:
    assert {page.stem: len(lines_of(page)) >= 5 for page in PAGES} == {page.stem: True for page in PAGES}


def test_the_first_page_shows_what_init_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "task_configs" / "insurance_routing.csv", tmp_path / "messages.csv")
    monkeypatch.chdir(tmp_path)
    assert main(["init", "messages.csv"]) == 0
    table, _, _ = capsys.readouterr().out.partition("wrote ")
    page = (ROOT / "docs" / "tutorial" / "from-spreadsheet.md").read_text(encoding="utf-8")
    assert "".join(f"    {line}\n" for line in table.splitlines()) in page
