"""The pages written by hand: their links lead somewhere, their task files are valid, their commands exist.

    [the task file](reference/task-file.md#adapter-r)   ```yaml … base_model: …```   `lfine compile TASK`

*Not here:* the generated pages themselves, in test_generate.py.
"""

from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from lfine.cli.main import build_parser
from lfine.schemas.errors import UsageError
from lfine.schemas.loading import check_task

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"\blfine ([a-z][a-z-]*)")


def without_code(text: str) -> str:
    """Leave out fenced and indented blocks and code spans, which hold no links."""
    lines = [line for line in FENCE.sub("", text).splitlines() if not line.startswith("    ")]
    return re.sub(r"`[^`\n]*`", "", "\n".join(lines))


def anchors(text: str) -> set[str]:
    """Return what a link may name after `#`: headings in the usual spelling, and ids written out."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(text))
    return {*titles, *re.findall(r'<a id="([^"]+)">', text)}


def dead_links(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead to no file, or to no place in it."""
    for link in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


def tasks(text: str) -> list[str]:
    """Return the fenced YAML blocks that are whole task files."""
    blocks = (body for language, body in FENCE.findall(text) if language in ("yaml", "yml"))
    return [body for body in blocks if re.search(r"^base_model:", body, re.MULTILINE)]


def command_lines(text: str) -> list[list[str]]:
    """Return the arguments of every indented line that calls lfine."""
    lines = (line.strip() for line in text.splitlines() if line.startswith("    lfine "))
    return [shlex.split(line)[1:] for line in lines]


def commands() -> set[str]:
    (verbs,) = [action for action in build_parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return set(verbs.choices)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_task_files_are_valid(page: Path, tmp_path: Path) -> None:
    for number, body in enumerate(tasks(page.read_text(encoding="utf-8"))):
        path = tmp_path / f"task-{number}.yaml"
        path.write_text(body, encoding="utf-8")
        _, problems = check_task(path)
        assert problems == [], "\n\n".join(problem.text() for problem in problems)


def test_the_readme_names_the_commands_that_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *(line for line in text.splitlines() if line[:4] == "    ")])
    assert set(COMMAND.findall(code)) == commands()


def test_the_readme_has_a_task_and_command_lines_to_check() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tasks(text)
    assert len(command_lines(text)) >= 5


def test_the_problem_in_the_readme_is_what_lfine_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    Path("reviews.yaml").write_text(tasks(text)[0].replace("r: 8", 'r: "16"'), encoding="utf-8")
    _, (problem,) = check_task("reviews.yaml")
    assert textwrap.indent(problem.text(), "    ") in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_command_lines_can_be_parsed(page: Path) -> None:
    parser = build_parser()
    for arguments in command_lines(page.read_text(encoding="utf-8")):
        assert parser.parse_args(arguments).command == arguments[0]


def test_a_wrong_option_is_noticed() -> None:
    (arguments,) = command_lines("    lfine compile reviews.yaml --explian\n")
    with pytest.raises(UsageError):
        build_parser().parse_args(arguments)


def test_dead_links_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text('# A title: here\n\n<a id="lf101"></a>\n', encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "# Own\n[a](other.md) [b](other.md#a-title-here) [c](other.md#lf101) [d](#own) [e](https://example.org)\n"
        "[f](no.md) [g](other.md#elsewhere) [h](#not-own) `[i](code.md)`\n\n    [j](code.md)\n",
        encoding="utf-8",
    )
    assert list(dead_links(page)) == ["no.md", "other.md#elsewhere", "#not-own"]


def test_only_whole_tasks_are_taken(tmp_path: Path) -> None:
    text = "```yaml\nbase_model: a\n```\n\n```yaml\nadapter: {r: 8}\n```\n\n```json\n{}\n```\n"
    assert tasks(text) == ["base_model: a\n"]
    (tmp_path / "a.yaml").write_text("base_model: a\n", encoding="utf-8")
    _, problems = check_task(tmp_path / "a.yaml")
    assert {problem.code for problem in problems} == {"LF101", "LF213"}
