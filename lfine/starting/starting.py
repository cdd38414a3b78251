"""From a data file to the text of a task file.

    start("reviews.csv", Asked(out="reviews.yaml")) -> Started(draft=Draft(…), guess=Guess(…), sample=Sample(…))

*Not here:* reading and guessing (lfine.finetune.data.guess), drafting, writing; the command (lfine.cli.init).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfine.finetune.data.files import find_files
from lfine.finetune.data.formats.packed import data_suffix
from lfine.finetune.data.formats.registry import sheet_names
from lfine.finetune.data.guess.guessing import guess
from lfine.finetune.data.guess.records import Choice, Guess, Wanted
from lfine.finetune.data.guess.sampling import Sample, sample
from lfine.starting.drafting import BASE_MODEL, Surroundings, drafted
from lfine.starting.records import Draft

STDOUT = "-"
FEWEST_UPS = 2
"""Folders up to which a path is written from the task file's own folder."""


@dataclass(frozen=True)
class Asked:
    """What the command line says."""

    out: str
    """The task file; `-`: stdout."""
    wanted: Wanted = field(default_factory=Wanted)
    base_model: str = BASE_MODEL
    sheet: int | str | None = None


@dataclass(frozen=True)
class Started:
    """A task file that could be written."""

    draft: Draft
    guess: Guess
    sample: Sample

    @property
    def task(self) -> dict[str, Any]:
        """Return the keys, nested."""
        return self.draft.task


def start(data: str, asked: Asked) -> Started:
    """Return the task of a data file, folder or pattern; raises as `sample` and `guess` do."""
    found = sample(data, sheet=asked.sheet)
    guessed = guess(found.table, asked.wanted)
    place = Surroundings(
        data=path_from(data, asked.out),
        out=asked.out,
        base_model=asked.base_model,
        sheet=_sheet_read(data) if asked.sheet is None else asked.sheet,
        whole=found.whole,
        read=found.note,
    )
    return Started(drafted(guessed, place), guessed, found)


def _sheet_read(data: str) -> int | str | None:
    """Return the sheet that is read unasked, where there are others: by name, or as the first of several workbooks."""
    books = [sheet_names(one.path) for one in find_files(data, Path())]
    if all(len(names) < 2 for names in books):
        return None
    first, *others = {names[0] for names in books if names}
    return 1 if others else first


def default_out(data: str) -> str:
    """Return the task file's name, in the working folder: `reviews.yaml` for `data/reviews.csv.gz`."""
    name = Path(data).name
    suffix = data_suffix(Path(name))
    stem = name[: name.lower().rfind(suffix)] if suffix and suffix in name.lower() else name
    stem = "".join(char for char in stem if char not in '*?[]<>|:"' and char.isprintable()).strip(" .")
    return f"{stem or 'task'}.yaml"


def path_from(data: str, out: str) -> str:
    """Return how the task file names its data: found from its own folder, or by name in LFINE_DATA."""
    shared = os.environ.get("LFINE_DATA")
    whole = os.path.abspath(Path(data).expanduser())  # noqa: PTH100 (Path.resolve would follow links)
    if shared and Path(whole).parent == Path(os.path.abspath(Path(shared).expanduser())):  # noqa: PTH100
        return Path(whole).name
    if out == STDOUT or (not Path(whole).exists() and not Path(data).is_absolute() and _is_shared(data)):
        return data
    folder = os.path.abspath(Path(out).parent)  # noqa: PTH100
    near = os.path.relpath(whole, folder)
    return whole if Path(near).parts.count("..") > FEWEST_UPS else Path(near).as_posix()


def _is_shared(data: str) -> bool:
    """Tell whether a name is found in LFINE_DATA and not here."""
    (first, *_) = find_files(data, Path())
    return not str(first.path).startswith(str(Path.cwd()))


def choices_table(choices: tuple[Choice, ...]) -> str:
    """Return the choices for a terminal: what, value, how sure, why."""
    rows = [(one.what, _short(one.value), one.certainty, one.why) for one in choices]
    wide = [max(len(row[at]) for row in rows) for at in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(wide[at]) if at < 3 else cell for at, cell in enumerate(row)).rstrip() for row in rows
    )


def _short(text: str, most: int = 40) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
