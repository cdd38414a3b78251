"""Where a data file is, and which bytes it holds.

    find_file("viggo.parquet", Path("task_configs"))  ─▶  Path("/data/viggo.parquet")   # LFINE_DATA=/data

Looked for beside the task file, then in the working folder, then in the folder LFINE_DATA.

*Not here:* what stands in the file (lfine.finetune.data.formats).
"""

from __future__ import annotations

import difflib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.formats.registry import MODULES
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import TaskError


@dataclass(frozen=True)
class DataFile:
    """One source of rows, as provenance records it."""

    name: str
    """The path as the task names it; `hub:ID:SPLIT` for a split of a hub data set."""
    path: Path | None
    """Where it was found; None for a hub."""
    sha256: str
    """Of the file's bytes; for a hub of the rows' content, since its cache files differ between machines."""
    rows: int
    """How many rows it gave; they follow those of the file before it."""


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_file(path: str, folder: Path, *, key: str = "dataset.path", place: Place = unplaced) -> Path:
    """Return the first existing file; raises TaskError (LF301) naming every place looked at and near names."""
    places = _places(path, folder)
    for candidate in places:
        if _is_file(candidate):
            return candidate
    directory = next((candidate for candidate in places if _is_directory(candidate)), None)
    if directory is not None:
        inside = sorted(name for name in _names_in(directory) if Path(name).suffix in MODULES)
        cure = f"name a file: {listed([str(Path(path, name)) for name in inside])}" if inside else "name a file"
        raise TaskError(place("LF301", key, f"{path!r} is a directory ({directory})", cure))
    message = f"the data file {path!r} is missing; looked at {', '.join(str(candidate) for candidate in places)}"
    raise TaskError(place("LF301", key, message, _cure(path, places)))


def _places(path: str, folder: Path) -> list[Path]:
    written = Path(path).expanduser()
    if written.is_absolute():
        return [written]
    shared = os.environ.get("LFINE_DATA")
    folders = [folder, Path(), *([Path(shared).expanduser()] if shared else [])]
    # by absolute path: the task file's folder is often the working folder
    candidates = {Path(os.path.abspath(one / written)): None for one in folders}  # noqa: PTH100  resolve() follows links
    return list(candidates)


def _cure(path: str, places: list[Path]) -> str:
    """Near names in the folders looked at: another suffix first, then slips of the pen."""
    names = [name for folder in dict.fromkeys(one.parent for one in places) for name in _names_in(folder)]
    known = {name.lower(): name for name in names if Path(name).suffix in MODULES}
    written = Path(path)
    same_stem = [name for name in known if Path(name).stem == written.stem.lower()]
    near = difflib.get_close_matches(written.name.lower(), known, n=3)
    found = [known[name] for name in dict.fromkeys([*same_stem, *near])]
    if found:
        return f"did you mean {' or '.join(f'`{written.parent / name}`' for name in found[:3])}?"
    return "name a file that exists, or set LFINE_DATA to the folder of data files"


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
