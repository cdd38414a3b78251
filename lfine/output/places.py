"""Where a file lies, seen from the root of the project: what CI systems and code scanning go by.

    place("tasks/viggo.yaml") == "tasks/viggo.yaml"          from the root
    place("viggo.yaml") == "tasks/viggo.yaml"                from the folder tasks of a git repository
    place("/elsewhere/viggo.yaml") == None                   outside

*Not here:* lines and columns (lfine.schemas.problems).
"""

from __future__ import annotations

import os
from pathlib import Path


def project_root(folder: Path) -> Path:
    """Return the nearest folder upwards that is a git work tree, or `folder` itself where there is none."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def place(file: str) -> str | None:
    """Return the file's path from the project's root, with `/` between its parts; None outside the project.

    Links are not followed: a file is reported under the name that it was given.
    """
    root, path = project_root(Path.cwd()), Path(os.path.abspath(file))  # noqa: PTH100 (Path.resolve would follow links)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None
