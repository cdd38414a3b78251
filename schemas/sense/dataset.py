"""Checks of `dataset`, `base_model` and what both say about where bytes come from.

    dataset: {train: a.csv, test: a.csv}      →  LF225, scored on what was learned
    base_model: {id: ./model, revision: v2}   →  LF241, a folder has no revisions

*Not here:* opening any of these files (lfine.finetune.data, lfine.finetune.catalogue).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from lfine.schemas.document import dotted
from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View

_SOURCES = ("path", "hub", "train")


def _sources(view: View) -> list[str]:
    return [name for name in _SOURCES if view.given(f"dataset.{name}")]


def no_rows(view: View) -> Iterator[Found]:
    if isinstance(view.document.at(("dataset",)), dict) and not _sources(view):
        message = "dataset has none of `path`, `hub` and `train`"
        yield Found("dataset.path", message, "add `path:` with a data file")


def several_sources(view: View) -> Iterator[Found]:
    given = _sources(view)
    if len(given) > 1:
        message = f"dataset.{given[0]} and dataset.{given[1]} exclude each other"
        yield Found(f"dataset.{given[1]}", message, "keep one of them")


def split_of_split_files(view: View) -> Iterator[Found]:
    split = view.document.at(("preprocessing", "split"))
    if _sources(view) == ["train"] and isinstance(split, dict) and any(value is not None for value in split.values()):
        message = "preprocessing.split divides rows that dataset.train has divided already"
        cure = "remove `preprocessing.split`, or name one file with `dataset.path`"
        yield Found("preprocessing.split", message, cure)


def hub_key_without_hub(view: View) -> Iterator[Found]:
    for name in ("name", "revision"):
        if view.given(f"dataset.{name}") and not view.given("dataset.hub"):
            message = f"dataset.{name} says something about `dataset.hub`, which is not given"
            yield Found(f"dataset.{name}", message, "remove it, or name the data set with `hub`")


def files_beside_all_rows(view: View) -> Iterator[Found]:
    files = [name for name in ("validation", "test") if view.given(f"dataset.{name}")]
    source = _sources(view)
    if files and source in (["path"], ["hub"]):
        message = f"dataset.{files[0]} stands beside dataset.{source[0]}, which holds all rows"
        of_hub = "remove it: the rows of a hub data set have their split"
        yield Found(f"dataset.{files[0]}", message, "rename `path` to `train`" if source == ["path"] else of_hub)


def checksum_without_file(view: View) -> Iterator[Found]:
    source = _sources(view)
    if view.given("dataset.sha256") and source and "path" not in source:
        message = f"dataset.sha256 is the hash of dataset.path, and the rows come from dataset.{source[0]}"
        pin = ", or pin the data set with `revision`" if source == ["hub"] else ""
        yield Found("dataset.sha256", message, f"remove `sha256`{pin}")


def sheet_without_workbook(view: View) -> Iterator[Found]:
    files = [view.text(f"dataset.{name}") for name in ("path", "train", "validation", "test")]
    names = [name for name in files if name is not None]
    # a name without a suffix is a folder or a pattern, whose files the reader knows
    if view.given("dataset.sheet") and not any(
        PurePath(name).suffix.lower() in ("", ".xlsx", ".xlsm") for name in names
    ):
        message = f"dataset.sheet is given, and {names[0] if names else 'a hub data set'} is no XLSX workbook"
        yield Found("dataset.sheet", message, "remove `sheet`, or name an .xlsx file")


def same_file_twice(view: View) -> Iterator[Found]:
    seen: dict[PurePath, str] = {}
    for name in ("train", "validation", "test"):
        written = view.text(f"dataset.{name}")
        if written is None:
            continue
        path = PurePath(written)
        if path in seen:
            message = f"dataset.{name} is the file of dataset.{seen[path]}"
            cure = "name another file, or give all rows with `dataset.path` and let `preprocessing.split` divide them"
            yield Found(f"dataset.{name}", message, cure)
        seen.setdefault(path, name)


def column_without_step(view: View) -> Iterator[Found]:
    for name, column in view.mapping("dataset.columns").items():
        if isinstance(column, dict) and all(value is None or value is False for value in column.values()):
            message = f"dataset.columns says nothing to do for the column {name!r}"
            cure = "remove it, or write for instance `from:` and a column"
            yield Found(dotted(("dataset", "columns", name)), message, cure)


def revision_twice(view: View) -> Iterator[Found]:
    name, at, revision = (view.text("base_model.id") or "").partition("@")
    if at and view.given("base_model.revision"):
        message = f"base_model.id holds the revision {revision!r}, and base_model.revision is given too"
        yield Found("base_model.revision", message, f"keep one of them: `id: {name}` with `revision`")


def revision_of_local_model(view: View) -> Iterator[Found]:
    name = view.text("base_model.id") or ""
    if view.given("base_model.revision") and name and not _may_be_of_a_hub(name):
        message = f"base_model.revision is given, and {name!r} is no model of a hub"
        yield Found("base_model.revision", message, "remove `revision`, or write a hub id (org/name)")


def _may_be_of_a_hub(name: str) -> bool:
    return name.count("/") == 1 and name[0] not in "./~" and not name.endswith(".gguf")


def remote_code(view: View) -> Iterator[Found]:
    if view.value("base_model.trust_remote_code") is True:
        message = "base_model.trust_remote_code is true: code that comes with the model runs with your rights"
        cure = "read that code first, and say `--allow-code`; or remove the key"
        yield Found("base_model.trust_remote_code", message, cure)


CHECKS = (
    Check("LF206", several_sources),
    Check("LF206", split_of_split_files),
    Check("LF220", no_rows),
    Check("LF221", hub_key_without_hub),
    Check("LF222", files_beside_all_rows),
    Check("LF223", checksum_without_file),
    Check("LF332", sheet_without_workbook),
    Check("LF225", same_file_twice),
    Check("LF226", column_without_step, severity="warning"),
    Check("LF241", revision_twice),
    Check("LF241", revision_of_local_model),
    Check("LF242", remote_code, severity="warning"),
)
