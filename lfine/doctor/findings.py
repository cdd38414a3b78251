"""What is found of one thing: in order or not, in words and as a value, with the line that mends it.

    Finding("extras", "train", "missing", False, "bitsandbytes is not installed", "pip install 'lfine[train]'")

Nothing of a finding is a secret: it is meant for bug reports. So the home folder is written ~, and of a token only
whether there is one.

*Not here:* looking (the other modules of this package).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mark = Literal["ok", "note", "missing", "broken"]
"""note: good to know, nothing to mend · missing: something will not work · broken: lfine itself will not."""
Value = str | int | bool | None


@dataclass(frozen=True)
class Finding:
    section: str
    """lfine, machine, libraries, extras, models, folders or variables."""
    name: str
    mark: Mark
    value: Value
    """For programs: bytes, a number, a version, whether something is there."""
    said: str
    """The same for people."""
    cure: str | None = None
    """A command, or what else is to be done; None: nothing."""


@dataclass(frozen=True)
class Examination:
    """The JSON document of `lfine doctor --format json`."""

    healthy: bool
    """Whether the plain install is whole: no finding is `broken`."""
    findings: tuple[Finding, ...]


def gigabytes(count: int) -> str:
    """Return bytes as people read them."""
    return f"{count / 1e9:.1f} GB"


def short_path(path: Path) -> str:
    """Return a path without what it says of its owner: the home folder is ~, the working folder `.`."""
    places = ((Path.cwd(), "."), (Path.home(), "~"))
    for place, name in sorted(places, key=lambda each: -len(each[0].parts)):
        if path == place:
            return name
        if path.is_relative_to(place) and place != Path(place.anchor):
            return f"{name}/{path.relative_to(place).as_posix()}"
    return str(path)
