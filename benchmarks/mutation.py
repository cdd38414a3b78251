"""Mutation test of the task language: every task file, damaged in every way at every place, must be refused there.

    python -m benchmarks.mutation [--out docs/explanation/mutation.md] [FILE…]
    | kind of damage | mutants | refused | right line | same plan | useful cure |

A mutant that is accepted must compile to the same plan (its task is the same record); `useful cure` counts, for
misspelt words, cures that name the word that was meant, for the other kinds those that say what to write.

*Not here:* the checks themselves (lfine.schemas, lfine.finetune.compile.headers).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import damage_keys, damage_text, damage_values  # each registers its kinds
from benchmarks.damages import DAMAGES, Mutant
from lfine.schemas.source import read_source
from lfine.schemas.yaml_text import compose
from lfine.validating import check_file

OPENING = """# What becomes of a damaged task file

Every task file of the library, damaged in every way at every place where that kind of damage applies, is checked as
`lfine validate` does. A damaged file must be refused at the line of the damage, or mean the same plan as before.
*Useful
cure*: for misspelt words the cure names the word that was meant; for the rest it says what to write. `make mutation`
writes this page.
"""

__all__ = ["DAMAGES", "Mutant", "damage_keys", "damage_text", "damage_values", "judge", "run", "table"]


@dataclass
class Tally:
    mutants: int = 0
    refused: int = 0
    right_line: int = 0
    same_plan: int = 0
    useful: int = 0
    missed: list[str] = field(default_factory=list)


def judge(path: Path, mutant: Mutant, tally: Tally, folder: Path) -> None:
    """Check one mutant as `lfine validate` does, beside the original's data."""
    tally.mutants += 1
    file = folder / path.name
    file.write_text(mutant.text, encoding="utf-8")
    loaded, problems = check_file(file)
    errors = [problem for problem in problems if problem.severity == "error"]
    if not errors:
        original = check_file(path)[0]
        same = loaded is not None and original is not None and loaded.task == original.task
        tally.same_plan += same
        if not same:
            tally.missed.append(f"accepted: {difference(path, mutant)}")
        return
    tally.refused += 1
    placed = any((problem.line or 0) in mutant.lines for problem in errors)
    tally.right_line += placed
    said = " ".join(problem.cure for problem in errors)
    useful = any(text in said for text in mutant.wanted) if mutant.wanted else bool(said)
    tally.useful += useful
    if not placed or not useful:
        what = "place" if not placed else "cure"
        tally.missed.append(f"{what}: {difference(path, mutant)} → line {errors[0].line}, {errors[0].message}; {said}")


def difference(path: Path, mutant: Mutant) -> str:
    before, after = path.read_text(encoding="utf-8").splitlines(), mutant.text.splitlines()
    at = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after)))
    return f"{path.name}:{at + 1} {after[at].strip() if at < len(after) else 'cut off'!r}"


def run(files: list[Path], seed: int = 1) -> dict[str, Tally]:
    """Return what became of every mutant of every file, by kind of damage."""
    tallies = {name: Tally() for name in DAMAGES}
    for path in files:
        document = compose(read_source(str(path)), str(path)).document
        if document is None:
            raise SystemExit(f"{path} is empty")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for beside in path.parent.iterdir():
                if beside.is_file() and beside.suffix not in (".yaml", ".yml"):
                    (folder / beside.name).symlink_to(beside.resolve())
            for kind, make in DAMAGES.items():
                draw = random.Random(f"{seed} {kind} {path.name}")  # noqa: S311 (damage, not secrets)
                for mutant in make(document, draw):
                    judge(path, mutant, tallies[kind], folder)
    return tallies


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def table(tallies: dict[str, Tally]) -> str:
    """Return the table in Markdown; shares of refused, for `same plan` of all."""
    lines = [
        "| kind of damage | mutants | refused | right line | same plan | useful cure |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    whole = Tally()
    for name, tally in tallies.items():
        lines.append(row(name, tally))
        for part in ("mutants", "refused", "right_line", "same_plan", "useful"):
            setattr(whole, part, getattr(whole, part) + getattr(tally, part))
    return "\n".join([*lines, row("**all**", whole)])


def row(name: str, tally: Tally) -> str:
    right, useful = share(tally.right_line, tally.refused), share(tally.useful, tally.refused)
    return f"| {name} | {tally.mutants} | {tally.refused} | {right} | {tally.same_plan} | {useful} |"


def main() -> int:
    """Print the table and what went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--missed", action="store_true", help="each mutant that was not refused as it should be")
    arguments = parser.parse_args()
    files = arguments.files or sorted(path for path in Path("task_configs").rglob("*.yaml") if path.name[0] != "_")
    tallies = run(files)
    print(table(tallies))
    if arguments.missed:
        for name, tally in tallies.items():
            print(*(f"{name}: {missed}" for missed in tally.missed), sep="\n")
    if arguments.out is not None:
        arguments.out.write_text(f"{OPENING}\n{table(tallies)}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
