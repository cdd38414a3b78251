"""The libraries of the plain install and of every extra: which are here, in which version, and which are too old.

    extras("lfine")  →  {"": (Library("jinja2", "3.1.6", ">=3.1.6", fits=True), …), "data": (…), "train": (…), …}

What is needed stands in the metadata of the installed lfine, as pyproject.toml wrote it; versions are read from the
metadata of the libraries, so that none of them is imported.

*Not here:* refusing a command that lacks one (lfine.extras).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import TYPE_CHECKING

from lfine.doctor.findings import Finding, Mark

if TYPE_CHECKING:
    from packaging.requirements import Requirement

US = "lfine"
PURPOSES = {
    "data": "parquet files, spreadsheets, data of the hub",
    "train": "plans, training, answers of a model on this machine",
    "endpoint": "answers of a model behind an endpoint",
    "structured": "answers held to a JSON Schema",
    "report": "figures of a report as PNG and SVG files",
    "kernels": "faster training on an NVIDIA GPU",
    "bench": "what lfine's benchmarks measure it against",
    "ludwig": "training with Ludwig, in an environment of its own",
    "all": "all that a task may ask for",
    "dev": "work on lfine itself",
}
"""What an extra is for."""
SELDOM = ("bench", "ludwig", "all", "dev")
"""Extras without which nothing is missing."""
OF_GPUS = ("kernels",)
"""Extras that only a machine with an NVIDIA GPU can use."""
APART = ("ludwig",)
"""Extras that want an environment of their own."""
OTHERS = (
    ("flash-attn", "attention in fewer passes over memory, on an NVIDIA GPU"),
    ("liger-kernel", "fused layers and losses, on an NVIDIA GPU"),
    ("sentencepiece", "making the tokenizer.json that lfine reads out of a tokenizer.model"),
    ("tensorboard", "trainer.trackers: [tensorboard]"),
    ("mlflow", "trainer.trackers: [mlflow]"),
    ("wandb", "trainer.trackers: [wandb]"),
    ("trackio", "trainer.trackers: [trackio]"),
)
"""Libraries of no extra that a task may ask for, and what they are for."""


@dataclass(frozen=True)
class Library:
    name: str
    installed: str | None
    """Its version; None: it is not here."""
    required: str
    """As a range of versions; empty: any."""
    fits: bool
    """Installed, in a version of that range."""


def library_findings(*, gpu: bool = False) -> list[Finding]:
    """Return the plain install, each extra, and the libraries of no extra; `gpu`: there is one of NVIDIA's."""
    try:
        found = extras(US)
    except PackageNotFoundError:
        return [_unreadable("lfine is not installed: these are only its files")]
    except ImportError as error:
        return [_unreadable(f"not installed: {error.name}")]
    plain, *others = found.items()
    seldom = SELDOM if gpu else (*SELDOM, *OF_GPUS)
    rows = [_plain(plain[1]), *(_extra(name, libraries, seldom) for name, libraries in others)]
    every = {each.name: each for name in reversed(found) for each in found[name]}  # of two ranges the earlier extra's
    rows += [_library(each) for _, each in sorted(every.items()) if each.installed is not None]
    return [*rows, *(_other(name, purpose) for name, purpose in OTHERS if name not in every)]


def _unreadable(said: str) -> Finding:
    return Finding("lfine", "plain install", "broken", value=False, said=said, cure=f"pip install {US}")


def extras(distribution: str) -> dict[str, tuple[Library, ...]]:
    """Return the libraries of the plain install (under the empty name) and of each extra, for this Python.

    Raises PackageNotFoundError, and ImportError without the library that reads requirements.
    """
    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in requires(distribution) or ()]
    names = metadata(distribution).get_all("Provides-Extra") or []
    return {extra: tuple(_libraries(distribution, needed, extra)) for extra in ("", *names)}


def _libraries(distribution: str, needed: Sequence[Requirement], extra: str) -> Iterator[Library]:
    """Yield what an extra adds to the plain install; of an extra made of others, what those add."""
    for each in needed:
        plain = each.marker is None or each.marker.evaluate({"extra": ""})
        if plain != (extra == "") or not (each.marker is None or each.marker.evaluate({"extra": extra})):
            continue
        if each.name == distribution:
            for inner in sorted(each.extras):
                yield from _libraries(distribution, needed, inner)
            continue
        installed = installed_version(each.name)
        fits = installed is not None and each.specifier.contains(installed, prereleases=True)
        yield Library(each.name, installed, str(each.specifier), fits)


def installed_version(name: str) -> str | None:
    """Return the version of an installed library, None where it is not here."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plain(libraries: Sequence[Library]) -> Finding:
    wrong, section, name = _wrong(libraries), "lfine", "plain install"
    if wrong:
        return Finding(section, name, "broken", value=False, said=wrong, cure=f"pip install {US}")
    return Finding(section, name, "ok", value=True, said=_counted(libraries))


def _extra(name: str, libraries: Sequence[Library], seldom: Sequence[str]) -> Finding:
    wrong, purpose = _wrong(libraries), PURPOSES.get(name, "")
    purpose = f" (for {purpose})" if purpose else ""
    if not libraries:
        return Finding("extras", name, "note", value=None, said=f"nothing for this version of Python{purpose}")
    if not wrong:
        return Finding("extras", name, "ok", value=True, said=f"{_counted(libraries)}{purpose}")
    mark: Mark = "note" if name in seldom else "missing"
    cure = f"{'in a new environment: ' if name in APART else ''}pip install '{US}[{name}]'"
    return Finding("extras", name, mark, value=False, said=wrong + purpose, cure=cure)


def _counted(libraries: Sequence[Library]) -> str:
    count = len({each.name for each in libraries})
    return "1 library" if count == 1 else f"{count} libraries"


def _wrong(libraries: Sequence[Library]) -> str:
    """Return which libraries are absent and which too old, empty where all are in order."""
    distinct = {each.name: each for each in libraries}.values()
    absent = [each.name for each in distinct if each.installed is None]
    other = [_other_version(each) for each in distinct if each.installed is not None and not each.fits]
    return "; ".join([f"not installed: {', '.join(absent)}"] * bool(absent) + other)


def _other_version(each: Library) -> str:
    return f"{each.name} is {each.installed}, and {each.required} is needed"


def _library(each: Library) -> Finding:
    said = f"{each.installed}" if each.fits else f"{each.installed}, and {each.required} is needed"
    return Finding("libraries", each.name, "ok" if each.fits else "note", each.installed, said)


def _other(name: str, purpose: str) -> Finding:
    found = installed_version(name)
    if found is not None:
        return Finding("libraries", name, "ok", found, found)
    return Finding("libraries", name, "note", None, f"not installed; for {purpose}", f"pip install {name}")
