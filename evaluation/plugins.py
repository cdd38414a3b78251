"""Metrics of installed packages: the entry points of the group `lfine.metrics`.

    [project.entry-points."lfine.metrics"]        in the pyproject.toml of a package
    courtesy = "my_package.metrics:courtesy"      →  metrics: [courtesy]

    find("courtesy")  →  Plugin("courtesy", "my_package.metrics:courtesy", package="my-package 1.2")

Nothing of a package is imported here. *Not here:* calling its function (lfine.evaluation.metrics.custom).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfine.schemas.problems import Problem

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "lfine.metrics"


@dataclass(frozen=True)
class Plugin:
    name: str
    target: str
    """MODULE:FUNCTION."""
    package: str
    """Name and version of the distribution."""


def installed() -> tuple[Plugin, ...]:
    """Return every metric that an installed package declares, by name; one that stands twice in one package once."""
    from importlib.metadata import entry_points  # tens of milliseconds, which `validate` does not have

    return tuple(
        sorted({_plugin(each) for each in entry_points(group=GROUP)}, key=lambda each: (each.name, each.package))
    )


def names() -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.name for each in installed()))


def find(name: str) -> Plugin | None:
    """Return the metric of this name, the first where several packages have one (see `ambiguous`)."""
    return next((each for each in installed() if each.name == name), None)


def ambiguous(name: str, own: Container[str]) -> list[Problem]:
    """Return the problem of a metric that stands in two packages, or in one under a name of lfine's own."""
    packages = [each.package for each in installed() if each.name == name]
    holders = (["lfine itself"] if name in own else []) + packages
    if len(holders) < 2:
        return []
    message = (
        f"the metric {name!r} is declared by {' and by '.join(holders)}: the score would be whichever is found first"
    )
    return [Problem("LF441", message, "remove one of the packages, or rename its metric", path="evaluation.metrics")]


def _plugin(found: EntryPoint) -> Plugin:
    package = "an unknown package" if found.dist is None else f"{found.dist.name} {found.dist.version}"
    return Plugin(found.name, found.value, package)
