"""Where the data files of a key are, and which bytes they hold.

    find_files("viggo.parquet", Path("task_configs"))  ─▶  (Found("viggo.parquet", Path("/data/viggo.parquet")),)
    find_files("parts/*.csv.gz", Path())               ─▶  (Found("parts/a.csv.gz", …), Found("parts/b.csv.gz", …))

Looked for beside the task file, then in the working folder, then in the folder LFINE_DATA; a file of the name comes
first, then the files that a pattern (`*`, `?`, `[…]`) fits, then those of a folder.

*Not here:* which files of a folder belong together (lfine.finetune.data.folders), and what stands in a file
(lfine.finetune.data.formats).
"""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.data.folders import Found, checked, inside, is_pattern, matching
from lfine.finetune.data.formats.registry import is_data_name
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem


@dataclass(frozen=True)
class DataFile:
    """One source of rows, as provenance records it."""

    name: str
    """The path as the task names it, in a folder with the file's own; `hub:ID:SPLIT` for a split of a hub data set."""
    path: Path | None
    """Where it was found; None for a hub."""
    sha256: str
    """Of the file's bytes; for a hub of the rows' content, since its cache files differ between machines."""
    rows: int
    """How many rows it gave; they follow those of the file before it."""
    sheet: str | int | None = None
    """Of a workbook: the sheet that the task names."""
    skipped: tuple[int, ...] = ()
    """Lines that are no rows, left out as --skip-bad-rows allows."""


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_file(path: str, folder: Path, *, key: str = "dataset.path", place: Place = unplaced) -> Path:
    """Return the one file of the name; raises TaskError (LF301) naming every place looked at and near names."""
    places = _places(path, folder)
    for candidate in places:
        if _is_file(candidate):
            return candidate
    directory = next((candidate for candidate in places if _is_directory(candidate)), None)
    if directory is not None:
        inner = [str(Path(path, name)) for name in _names_in(directory) if is_data_name(name)]
        cure = f"name a file: {listed(inner)}" if inner else "name a file"
        raise TaskError(place("LF301", key, f"{path!r} is a directory ({directory})", cure))
    raise TaskError(_missing(path, places, key, place))


def find_files(path: str, folder: Path, *, key: str = "dataset.path", place: Place = unplaced) -> tuple[Found, ...]:
    """Return the files that the name means, in the order of their names.

    Raises TaskError: LF301 naming every place looked at and near names, LF335 where files do not belong together.
    """
    places = _places(path, folder)
    for candidate in places:
        if _is_file(candidate):
            return (Found(path, candidate),)
    if is_pattern(path):
        for root in _roots(path, folder):
            files = matching(path, root)
            if files:
                return checked(path, files, key=key, place=place)
    directory = next((candidate for candidate in places if _is_directory(candidate)), None)
    if directory is not None:
        return checked(path, inside(path, directory, key=key, place=place), key=key, place=place)
    raise TaskError(_missing(path, places, key, place))


def _missing(path: str, places: Sequence[Path], key: str, place: Place) -> Problem:
    what = f"no data file fits the pattern {path!r}" if is_pattern(path) else f"the data file {path!r} is missing"
    message = f"{what}; looked at {', '.join(str(candidate) for candidate in places)}"
    odd = next((reason for reason in map(_why_no_file, places) if reason), None)
    if odd is not None:
        return place("LF301", key, f"{path!r} cannot be read: {odd}", "name the file itself, or put the data there")
    return place("LF301", key, message, _cure(path, places))


def _why_no_file(candidate: Path) -> str | None:
    """Return what stands at a place that is neither file nor folder; None where nothing does."""
    try:
        if not os.path.lexists(candidate):
            return None
        if not candidate.is_symlink():
            return f"{candidate} is no file but a device or a pipe"
        candidate.stat()
    except FileNotFoundError:
        return f"{candidate} is a link to {str(candidate.readlink())!r}, which is not there"
    except OSError as error:
        return f"{candidate} is a link that cannot be followed: {(error.strerror or str(error)).lower()}"
    return f"{candidate} is a link to a device or a pipe"


def _places(path: str, folder: Path) -> list[Path]:
    written = Path(path).expanduser()
    if written.is_absolute():
        return [written]
    return list({root / written: None for root in _roots(path, folder)})


def _roots(path: str, folder: Path) -> list[Path]:
    """Return the folders that a name is looked for in; of an absolute one the root of its drive."""
    written = Path(path).expanduser()
    if written.is_absolute():
        return [Path(written.anchor)]
    shared = os.environ.get("LFINE_DATA")
    folders = [folder, Path(), *([Path(shared).expanduser()] if shared else [])]
    # by absolute path: the task file's folder is often the working folder
    return list({Path(os.path.abspath(one)): None for one in folders})  # noqa: PTH100  resolve() follows links


def _cure(path: str, places: Sequence[Path]) -> str:
    """Near names in the folders looked at: another suffix first, then slips of the pen."""
    names = [name for folder in dict.fromkeys(one.parent for one in places) for name in _names_in(folder)]
    known = {name.lower(): name for name in names if is_data_name(name)}
    written = Path(path)
    same_stem = [name for name in known if name.partition(".")[0] == written.name.lower().partition(".")[0]]
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
