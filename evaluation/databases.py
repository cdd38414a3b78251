"""Where the SQLite files of a data set lie, and which of them belongs to a row.

    find_folder("spider_db", Path("task_configs"))        →  Path("/data/spider_db")
    find_database(Path("/data/spider_db"), "pets_1")      →  Path("/data/spider_db/pets_1/pets_1.sqlite")
    find_database(Path("/data/spider_db"), "../secret")   →  None

A folder is looked for beside the task file, then in the working folder, then in the folder LFINE_DATA, as data files
are.
*Not here:* opening a database (lfine.evaluation.cage.queries).
"""

from __future__ import annotations

import os
from pathlib import Path

SUFFIXES = (".sqlite", ".sqlite3", ".db")


def find_folder(name: str, beside: Path) -> Path | None:
    """Return the folder of databases; None where there is none of this name."""
    shared = os.environ.get("LFINE_DATA")
    roots = [beside, Path(), *([Path(shared).expanduser()] if shared else [])]
    candidates = (root / Path(name).expanduser() for root in roots)
    return next((candidate for candidate in candidates if candidate.is_dir()), None)


def find_database(folder: Path, name: str) -> Path | None:
    """Return the file of a database: NAME/NAME.sqlite, NAME.sqlite or NAME itself; None where the folder has none."""
    if not name or "\0" in name:
        return None
    names = [
        *(f"{name}/{Path(name).name}{suffix}" for suffix in SUFFIXES),
        *(f"{name}{suffix}" for suffix in SUFFIXES),
        name,
    ]
    inside = folder.resolve()
    for candidate in ((folder / each).resolve() for each in names):
        if candidate.is_relative_to(inside) and candidate.is_file():
            return candidate
    return None
