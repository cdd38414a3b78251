"""The generator of docs/reference: pages up to date, and the check able to see one that is not.

    main(["--check"]) == 1   prints   -old line   +new line   "cure: make generate"

*Not here:* the text of the pages, tested beside the code that makes them.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    path = Path(__file__).parents[2] / "docs/generate.py"
    spec = importlib.util.spec_from_file_location("docs_generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the generator at an empty folder and give it one page of one line."""
    page = generate.Page("one.md", "json", lambda: "# One\n\nnew line\n")
    absent = generate.Page("two.md", "lfine.no_such_module", lambda: "# Two")
    monkeypatch.setattr(generate, "REFERENCE", tmp_path)
    monkeypatch.setattr(generate, "PAGES", (page, absent))
    return tmp_path


def test_the_pages_in_the_tree_are_up_to_date(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_every_page_in_the_tree_is_generated(generate: ModuleType) -> None:
    on_disk = {path.name for path in generate.REFERENCE.glob("*.md")}
    assert on_disk <= {page.name for page in generate.PAGES}


def test_writes_then_agrees(generate: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([]) == 0
    assert [path.name for path in folder.iterdir()] == ["one.md"]
    assert (folder / "one.md").read_text(encoding="utf-8").endswith("-->\n\n# One\n\nnew line\n")
    assert generate.main(["--check"]) == 0
    streams = capsys.readouterr()
    assert streams.out == "wrote docs/reference/one.md\n"
    assert "skipped docs/reference/two.md: there is no lfine.no_such_module yet" in streams.err


def test_check_shows_the_difference_and_writes_nothing(
    generate: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    generate.main([])
    path = folder / "one.md"
    path.write_text(path.read_text(encoding="utf-8").replace("new line", "old line"), encoding="utf-8")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    streams = capsys.readouterr()
    assert "-old line\n+new line\n" in streams.out
    assert "cure: make generate" in streams.err
    assert "old line" in path.read_text(encoding="utf-8")


def test_check_sees_a_missing_page(generate: ModuleType, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 1
    assert "+# One" in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_the_command_line_page(generate: ModuleType) -> None:
    parser = argparse.ArgumentParser(prog="lfine", description="One line.\n    And two.")
    parser.add_argument("--version", action="version", version="0", help="print the version of %(prog)s")
    verbs = parser.add_subparsers()
    train = verbs.add_parser("train", help="trains", description="Trains a task.")
    train.add_argument("tasks", nargs="+", metavar="TASK", help="task files")
    train.add_argument("--format", choices=["text", "json"], default="text", help="a|b (default: %(default)s)")
    train.add_argument("-n", "--limit", type=int, help="rows, 100%% when not given")
    train.add_argument("--secret", help=argparse.SUPPRESS)
    models = verbs.add_parser("models", help="base models", description="Base models.")
    models.add_subparsers().add_parser("list", help="lists", description="Lists them.")
    verbs.add_parser("unlisted")

    assert generate.command_line_page(parser).splitlines() == [
        "# The command line",
        "",
        "One line.",
        "And two.",
        "",
        "| argument | meaning |",
        "|---|---|",
        "| `--version` | print the version of lfine |",
        "",
        "## lfine train",
        "",
        "Trains a task.",
        "",
        "| argument | meaning |",
        "|---|---|",
        "| `TASK…` | task files |",
        "| `--format {text,json}` | a\\|b (default: text) |",
        "| `-n LIMIT`, `--limit LIMIT` | rows, 100% when not given |",
        "",
        "## lfine models",
        "",
        "Base models.",
        "",
        "### lfine models list",
        "",
        "Lists them.",
    ]


def test_a_metric_section_leaves_out_what_is_not_here(generate: ModuleType) -> None:
    pytest.importorskip("lfine.evaluation.metrics.registry")
    page = generate.metrics()
    assert "\n## accuracy\n\nAccuracy: " in page
    assert "| for outputs of type | text, category |" in page
    assert "*Not here:*" not in page
