"""The data files of a folder or of a pattern, and whether they belong together.

    parts/        ─▶  (Found("parts/a.csv", …), Found("parts/b.csv.gz", …))    # one format, in the order of names
      a.csv  b.csv.gz  README.md                                              # README.md is left out, and said

Files in folders further down are found by a pattern with `**`. Names that begin with a dot are nobody's data.

*Not here:* where a folder is looked for (lfine.finetune.data.files), and equal headers (lfine.finetune.data.tables).
"""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.formats.hub import SPLIT_NAMES
from lfine.finetune.data.formats.packed import data_suffix
from lfine.finetune.data.formats.registry import MODULES, is_data_name
from lfine.finetune.data.places import Place, as_warning
from lfine.finetune.data.wording import counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

MANIFEST = ".manifest.json"
"""How the name of a manifest ends, which stands beside the file that it describes and holds no rows."""


@dataclass(frozen=True)
class Found:
    """One data file."""

    name: str
    """As the task names it, or as it would."""
    path: Path
    """Where it is."""
    alone: bool = True
    """Whether the task names this file; no: a folder or a pattern."""
    warnings: tuple[Problem, ...] = ()
    """LF330 for files of the folder that are left out; of its first file only."""


def is_pattern(path: str) -> bool:
    return glob.has_magic(path)


def matching(pattern: str, root: Path) -> list[Found]:
    """Return the data files that the pattern fits, relative to the root."""
    written = Path(pattern).expanduser()
    relative = str(written.relative_to(root)) if written.is_absolute() else str(written)
    try:
        paths = [path for path in root.glob(relative) if _holds_rows(path.name) and path.is_file()]
    except (OSError, ValueError, NotImplementedError, IndexError):  # a pattern that no file can fit
        return []
    prefix = root if written.is_absolute() else Path()
    visible = {(prefix / path.relative_to(root)).as_posix(): path for path in paths if not path.name.startswith(".")}
    return [Found(name, visible[name], alone=False) for name in sorted(visible)]


def inside(path: str, directory: Path, *, key: str, place: Place) -> list[Found]:
    """Return the data files of a folder; raises TaskError (LF301) where there is none, or it cannot be listed."""
    try:
        entries = sorted(entry for entry in directory.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        message = f"the folder {path!r} ({directory}) cannot be listed: {error.strerror}"
        raise TaskError(place("LF301", key, message, "check its permissions")) from error
    data = [entry for entry in entries if _holds_rows(entry.name) and entry.is_file()]
    if not data:
        deeper = next((entry.name for entry in entries if entry.is_dir()), None)
        message = f"the folder {path!r} ({directory}) holds no data file"
        cure = f"name a pattern: {Path(path, '**', '*.csv').as_posix()}" if deeper else "name a file, or another folder"
        raise TaskError(place("LF301", key, message, cure))
    left_out = [entry.name for entry in entries if entry not in data and not entry.name.endswith(MANIFEST)]
    warnings: tuple[Problem, ...] = ()
    if left_out:
        message = f"of the folder {path!r} {counted(len(left_out), 'entry')} left out: {listed(left_out)}"
        cure = "nothing is left to do if these hold no rows; else name a pattern that they fit"
        warnings = (as_warning(place("LF330", key, message.replace("entrys", "entries"), cure)),)
    return [
        Found(Path(path, entry.name).as_posix(), entry, alone=False, warnings=warnings if number == 0 else ())
        for number, entry in enumerate(data)
    ]


def _holds_rows(name: str) -> bool:
    return is_data_name(name) and not name.endswith(MANIFEST)


def checked(path: str, files: Sequence[Found], *, key: str, place: Place) -> tuple[Found, ...]:
    """Return the files; raises TaskError (LF335) where they are of several formats, or named after splits."""
    modules = Counter(MODULES[data_suffix(file.path)] for file in files)
    suffixes = Counter(data_suffix(file.path) for file in files)
    if len(modules) > 1:
        got = ", ".join(f"{counted(number, suffix + ' file')}" for suffix, number in sorted(suffixes.items()))
        pattern = path if is_pattern(path) else Path(path, f"*{suffixes.most_common(1)[0][0]}").as_posix()
        message = f"{path!r} holds files of several formats: {got}"
        raise TaskError(place("LF335", key, message, f"name a pattern that files of one format fit, as {pattern}"))
    splits = {file.name: SPLIT_NAMES.get(file.path.name.partition(".")[0].lower()) for file in files}
    named = {split: name for name, split in splits.items() if split is not None}
    if len(named) > 1:
        message = f"{path!r} holds files that are named after splits: {listed(sorted(named.values()))}"
        keys = ", ".join(f"{split}: {named[split]}" for split in ("train", "validation", "test") if split in named)
        raise TaskError(place("LF335", key, message, f"write dataset: {{{keys}}}"))
    return tuple(files)
