"""Data sets of a hub (or a local folder of data files), read by the `datasets` library.

    read_hub("ag_news", name=None, revision=None)  ─▶  (HubSplit("train", Rows(…)), HubSplit("test", Rows(…)))

Its split names are mapped: `dev`, `val` and `valid` are validation. A split of another name is left out, and said.
Class labels are their numbers, as in the rows that the library itself gives.

*Not here:* files (lfine.finetune.data.formats.registry); data sets that are programs, which never run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfine.finetune.data.extras import load
from lfine.finetune.data.formats.arrow_tables import binary_columns
from lfine.finetune.data.formats.names import bare_columns, bare_names
from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.places import Place, as_warning, unplaced
from lfine.finetune.data.wording import listed
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.task import SplitName

SPLIT_NAMES: dict[str, SplitName] = {
    "train": "train",
    "validation": "validation",
    "dev": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}
"""What a hub calls its splits → what they are here."""


@dataclass(frozen=True)
class HubSplit:
    """One split of a hub data set."""

    split: SplitName
    rows: Rows


@dataclass(frozen=True)
class HubSource:
    """Which data set."""

    hub: str
    """Id (`owner/name`) or a local folder."""
    name: str | None = None
    """Configuration, where it has several."""
    revision: str | None = None
    """Commit, tag or branch; None: the newest."""

    @property
    def title(self) -> str:
        parts = [self.hub, *([self.name] if self.name else [])]
        return "/".join(parts) + (f"@{self.revision}" if self.revision else "")


def read_hub(source: HubSource, *, place: Place = unplaced) -> tuple[HubSplit, ...]:
    """Return the splits in the order train, validation, test.

    Raises TaskError (LF301 no such data set, LF302 bytes in it, LF304 no split that is known) and MachineError
    (LF401 without the library, LF408 where the hub cannot be reached and nothing is cached).
    """
    loaded = _load(source, place)
    chosen = _chosen(source, list(loaded), place)
    warnings = _left_out(source, [name for name in loaded if name not in chosen.values()], place)
    splits: list[HubSplit] = []
    for split, name in chosen.items():
        data = loaded[name]
        _check_bytes(source, data, place)
        rows = Rows(tuple(data.column_names), tuple(data.to_list()), () if splits else warnings)
        splits.append(HubSplit(split, bare_names(Path(source.title), rows)))
    return tuple(splits)


def read_hub_columns(source: HubSource, *, place: Place = unplaced) -> tuple[str, ...]:
    """Return the columns of the first split; what is read is cached by the library for `read_hub`."""
    loaded = _load(source, place)
    chosen = _chosen(source, list(loaded), place)
    return bare_columns(Path(source.title), loaded[next(iter(chosen.values()))].column_names)


def _load(source: HubSource, place: Place) -> Any:
    if source.hub.endswith(".py"):
        message = f"a data set that is a program is never run, got {source.hub!r}"
        raise TaskError(place("LF302", "dataset.hub", message, "name a data set of data files, or run it yourself"))
    datasets = load("datasets", reader="data sets of a hub")
    try:
        return datasets.load_dataset(source.hub, name=source.name, revision=source.revision)
    except ConnectionError as error:
        cure = "go online once, set LFINE_DATA and use dataset.path, or name a local folder"
        message = f"the data set {source.title!r} is not here and the hub cannot be reached: {_first_line(error)}"
        raise MachineError(place("LF408", "dataset.hub", message, cure)) from error
    except (FileNotFoundError, ValueError, RuntimeError) as error:
        message = f"the data set {source.title!r} cannot be read: {_first_line(error)}"
        cure = "check dataset.hub, dataset.name and dataset.revision"
        raise TaskError(place("LF301", "dataset.hub", message, cure)) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _chosen(source: HubSource, names: list[str], place: Place) -> dict[SplitName, str]:
    """Return split → the hub's name for it, in the order train, validation, test."""
    found: dict[SplitName, list[str]] = {"train": [], "validation": [], "test": []}
    for name in names:
        split = SPLIT_NAMES.get(name.lower())
        if split is not None:
            found[split].append(name)
    twice = [name for several in found.values() if len(several) > 1 for name in several]
    if twice or not any(found.values()):
        got = listed([repr(name) for name in twice or names])
        what = "several splits of one meaning" if twice else "no split called train, validation or test"
        cure = "save the rows to a file with a column `split`, and use dataset.path"
        raise TaskError(place("LF304", "dataset.hub", f"{source.title!r} has {what}: {got}", cure))
    return {split: several[0] for split, several in found.items() if several}


def _left_out(source: HubSource, names: list[str], place: Place) -> tuple[Any, ...]:
    if not names:
        return ()
    message = f"splits of {source.title!r} are left out: {listed([repr(name) for name in names])}"
    return (as_warning(place("LF304", "dataset.hub", message, "use dataset.path to choose the rows yourself")),)


def _check_bytes(source: HubSource, data: Any, place: Place) -> None:
    binary = binary_columns(data.features.arrow_schema)
    if binary:
        message = f"columns of {source.title!r} hold bytes, which no prompt can show: {listed(binary)}"
        raise TaskError(place("LF302", "dataset.hub", message, "save the text columns to a file, and use dataset.path"))
