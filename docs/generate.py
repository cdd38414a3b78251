"""Writes the pages of docs/reference from the code that they describe, or says where a page has fallen behind it.

    python docs/generate.py            writes docs/reference/{task-file,errors,checks,cli,metrics,tasks}.md
    python docs/generate.py --check    writes nothing; prints a unified diff and ends with 1 where a page is out of date

*Not here:* the text of the pages of task file, errors and checks, in lfine.schemas.reference.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.resources
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lfine.evaluation.metrics.registry import Metric

REFERENCE = Path(__file__).parent / "reference"
CONFIGS = Path(__file__).parents[1] / "task_configs"
ROWS = re.compile(r"([\d,]+) training, ([\d,]+) validation and ([\d,]+) test rows")
"""How the header of a task file gives the rows of its data file; tests/task_configs holds it to the file."""


class Page(NamedTuple):
    """One generated page and where it comes from."""

    name: str
    """File name in docs/reference."""
    source: str
    """The module that the page describes; without it there is no page."""
    text: Callable[[], str]


def task_file() -> str:
    from lfine.schemas.reference import task_file_page

    schema = importlib.resources.files("lfine.schemas").joinpath("task.schema.json").read_text(encoding="utf-8")
    return task_file_page(json.loads(schema))


def errors() -> str:
    from lfine.schemas.reference import errors_page
    from lfine.schemas.sense import CHECKS

    return errors_page(CHECKS)


def checks() -> str:
    from lfine.schemas.reference import checks_page
    from lfine.schemas.sense import CHECKS

    return checks_page(CHECKS)


def cli() -> str:
    from lfine.cli.main import build_parser

    return command_line_page(build_parser())


def metrics() -> str:
    from lfine.evaluation.metrics.registry import MODULES, find

    opening = (
        "Named in `evaluation.metrics`; the first value of the first metric is the headline of the scores. A parameter "
        "that is given stands behind the names of the values: `f1_weighted`. An answer that is missing, or in which "
        "nothing is found to extract, counts as wrong everywhere (`unscored`); one that a metric cannot read counts as "
        "wrong there (`unjudged`). Values are shares of 1 unless a metric says otherwise. For a category each label's "
        "own precision, recall and F1 stand in `per_label` of scores.json. The family `lora_land` scores as that study "
        "did: [what differs](../explanation/lora-land.md)."
    )
    sections = (metric_section(find(name), importlib.import_module(module)) for name, module in MODULES.items())
    return "\n\n".join(["# Metrics", opening, *sections])


def metric_section(metric: Metric, module: ModuleType) -> str:
    """Return what a metric declares, and its module's docstring up to what is *not here*."""
    text = inspect.getdoc(module) or ""
    values = ", ".join(f"`{value}`" for value in metric.values) or "no number: a table of counts"
    kinds = {
        "mean": "the mean of the scores of single examples",
        "corpus": "computed from all examples at once",
        "matrix": "counts of pairs of labels",
    }
    rows = {
        "values": values,
        "for outputs of type": ", ".join(metric.output_types),
        "is": kinds[metric.kind],
        **({"parameters": parameters(metric)} if metric.parameters else {}),
        **({"reads besides": ", ".join(f"`{each}`" for each in metric.looks_at)} if metric.looks_at else {}),
        "source": metric.source,
    }
    table = "\n".join(f"| {name} | {cell(value)} |" for name, value in rows.items())
    return f"## {metric.name}\n\n{text.partition('*Not here:*')[0].strip()}\n\n| | |\n|---|---|\n{table}"


def parameters(metric: Metric) -> str:
    """Return what a task may give with a metric, and what counts where it does not."""
    usual = {name: "none" if value is None else json.dumps(value) for name, value in metric.parameters.items()}
    said = {name: "needed" if name in metric.needs else f"not given: {value}" for name, value in usual.items()}
    return ", ".join(f"`{name}` ({each})" for name, each in said.items())


def tasks() -> str:
    return task_table(sorted(path for path in CONFIGS.rglob("*.yaml") if not path.name.startswith("_")))


def task_table(paths: Sequence[Path]) -> str:
    """Return a line for each task file: what it is, its answer, its first metric, and rows as its header gives them."""
    from lfine.schemas.loading import load_task

    lines = [
        "# The task library",
        "",
        "Task files to start from; each opens with its commands, where its data come from, their licence, and why its",
        "metric was chosen. Those of `lora_land` follow the study of that name: its 7B model and its training, our",
        "prompts and metrics. [How to use one](../how-to/task-library.md). Rows are those of the data file that was at",
        "hand, which is often smaller than what is published; where none was, ten rows of our own stand in its tests.",
        "",
        f"{len(paths)} tasks:",
        "",
        "| task | what is learned | answer | first metric | training / validation / test rows | held out | data file |",
        "|---|---|---|---|--:|--:|---|",
    ]
    for path in paths:
        task = load_task(path).task
        text = path.read_text(encoding="utf-8")
        rows = ROWS.search(" ".join(line.removeprefix("#").strip() for line in text.splitlines()))
        output, metrics = task.output_feature, task.evaluation.metrics or ()
        test = int(rows[3].replace(",", "")) if rows else task.evaluation.sample_size
        cells = (
            f"[{path.stem}](../../{path.relative_to(CONFIGS.parent).as_posix()})",
            cell(task.description or ""),
            (output.type if output is not None else None) or "found out",
            f"[{metrics[0].name}](metrics.md#{metrics[0].name})" if metrics else "by type",
            " / ".join(rows.groups()) if rows else "none at hand",
            f"{min(test, task.evaluation.sample_size):,}" if rows else "all",
            f"`{task.dataset.path}`",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


PAGES = (
    Page("task-file.md", "lfine.schemas.reference", task_file),
    Page("errors.md", "lfine.schemas.reference", errors),
    Page("checks.md", "lfine.schemas.sense", checks),
    Page("cli.md", "lfine.cli.main", cli),
    Page("metrics.md", "lfine.evaluation.metrics.registry", metrics),
    Page("tasks.md", "lfine.task_configs", tasks),
)


def command_line_page(parser: argparse.ArgumentParser) -> str:
    """Return one section for each command of `parser`, in the order in which `--help` lists them."""
    return "\n\n".join(blocks(parser, "# The command line"))


def blocks(parser: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    """Yield the heading, the text and the arguments of one command, then its own commands one level deeper."""
    yield heading
    yield from (sentence(part) for part in (parser.description, parser.epilog) if part)
    yield from filter(None, [arguments(parser)])
    level = max(2, heading.index(" ") + 1)
    for command in commands(parser):
        yield from blocks(command, f"{'#' * level} {command.prog}")


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            listed = [choice.dest for choice in action._choices_actions]  # a command without help is not listed
            yield from (action.choices[name] for name in listed)


def sentence(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def arguments(parser: argparse.ArgumentParser) -> str:
    """Return the table of a command's arguments, empty when it has none."""
    rows = [
        f"| {spelling(action)} | {meaning(action, parser)} |"
        for action in parser._actions
        if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
        and action.help != argparse.SUPPRESS
    ]
    return "\n".join(["| argument | meaning |", "|---|---|", *rows]) if rows else ""


def spelling(action: argparse.Action) -> str:
    """Return how an argument is written: `PATH…`, `--limit N`, `--format {text,json}`."""
    shown = action.metavar if isinstance(action.metavar, str) else action.dest
    if action.choices is not None and action.metavar is None:
        shown = "{" + ",".join(str(choice) for choice in action.choices) + "}"
    elif action.option_strings and action.metavar is None:
        shown = action.dest.upper()
    shown += "…" if action.nargs in ("*", "+") else ""
    if not action.option_strings:
        return cell(f"`{shown}`")
    return cell(
        ", ".join(f"`{option}`" if action.nargs == 0 else f"`{option} {shown}`" for option in action.option_strings)
    )


def meaning(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """Return an argument's help with argparse's own placeholders filled in."""
    return cell(sentence(action.help) % {**vars(action), "prog": parser.prog})


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def generated() -> dict[Path, str]:
    """Return every page that can be made now; a page whose module does not exist yet is named on stderr."""
    pages: dict[Path, str] = {}
    for page in PAGES:
        if importlib.util.find_spec(page.source) is None:
            print(f"skipped docs/reference/{page.name}: there is no {page.source} yet", file=sys.stderr)
            continue
        note = f"<!-- generated by docs/generate.py from {page.source}: change it there, then `make generate` -->\n\n"
        pages[REFERENCE / page.name] = note + page.text().rstrip() + "\n"
    return pages


def difference(path: Path, expected: str) -> str:
    """Return the unified diff from the page on disk to the page as it should be, empty when they are equal."""
    found = path.read_text(encoding="utf-8") if path.exists() else ""
    return "".join(
        difflib.unified_diff(
            found.splitlines(keepends=True),
            expected.splitlines(keepends=True),
            fromfile=f"docs/reference/{path.name} (on disk)",
            tofile=f"docs/reference/{path.name} (generated)",
        )
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Writes the generated pages of docs/reference.")
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 when a page is out of date")
    check = parser.parse_args(argv).check
    outdated = {path: text for path, text in generated().items() if difference(path, text)}
    for path, text in outdated.items():
        if check:
            print(difference(path, text), end="")
        else:
            write(path, text)
            print(f"wrote docs/reference/{path.name}")
    if outdated and check:
        print("the pages above are out of date; cure: make generate", file=sys.stderr)
    return 1 if outdated and check else 0


if __name__ == "__main__":
    sys.exit(main())
