"""What `base_model` names, and where its ready folder lies on this machine.

    resolve_source("smollm2-135m-instruct", folder) == ModelSource("catalogue", "smollm2-135m-instruct", None, None)
    resolve_source(BaseModel("mistralai/Mistral-7B-v0.1", "main", False), folder)
                                                    == ModelSource("hub", "mistralai/Mistral-7B-v0.1", None, "main")
    local_folder(source) == Path("~/.cache/lfine/models/smollm2-135m-instruct-b179c9523d0e"), or None

A name of the catalogue always means the bytes of its published file, whatever lies in the working folder (a folder of
the same name is written `./name`); then a local folder or .gguf file, beside the task file or in the working folder;
then `org/name` of the hub, its revision as `base_model.revision` or after an @.

*Not here:* fetching or converting anything (lfine.finetune.models.pulling).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from lfine.finetune.catalogue.entries import entries, entry
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import BaseModel

SourceKind = Literal["hub", "folder", "gguf", "catalogue"]

CONVERSION = 1
"""Raised whenever the conversion from GGUF would write other weights or another tokenizer: older folders are redone."""
HUB_ID = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*/[\w.-]+)(@(?P<revision>[\w./-]+))?")


@dataclass(frozen=True)
class ModelSource:
    """Where the weights of a base model come from."""

    kind: SourceKind
    name: str
    """The hub id, the catalogue's name, or the path as the task file writes it."""
    path: Path | None
    """folder and gguf: where it lies."""
    revision: str | None
    """hub: the branch, tag or commit; None: the default branch."""


def resolve_source(base_model: BaseModel | str, folder: Path, *, allow_code: bool = False) -> ModelSource:
    """Say what `base_model` names, for a task file that stands in `folder`; a text is a bare id.

    Raises TaskError: LF215 it names nothing, LF241 a revision without use, LF242 code of the model that the command
    line (`allow_code`) does not allow.
    """
    asked = BaseModel(base_model, None, False) if isinstance(base_model, str) else base_model  # noqa: FBT003
    problems = [] if allow_code or not asked.trust_remote_code else [code_not_allowed()]
    try:
        source = _named(asked.id, folder)
    except TaskError as error:
        raise TaskError(*problems, *error.problems) from None
    if asked.revision is not None and (source.kind != "hub" or source.revision is not None):
        problems.append(needless_revision(source, asked.revision))
    if problems:
        raise TaskError(*problems)
    return source if asked.revision is None else replace(source, revision=asked.revision)


def _named(model_id: str, folder: Path) -> ModelSource:
    if entry(model_id) is not None:
        return ModelSource("catalogue", model_id, None, None)
    written = Path(model_id).expanduser()
    for place in (folder / written, Path.cwd() / written):
        if place.is_dir():
            return ModelSource("folder", model_id, place.resolve(), None)
        if place.is_file() and place.suffix == ".gguf":
            return ModelSource("gguf", model_id, place.resolve(), None)
    found = HUB_ID.fullmatch(model_id)
    if found and not model_id.endswith(".gguf"):
        return ModelSource("hub", found["name"], None, found["revision"])
    raise TaskError(unknown_model(model_id))


def code_not_allowed() -> Problem:
    """Return the problem for code of the model that the command line does not allow."""
    message = "base_model.trust_remote_code is true: the task wants to run Python code that comes with the model"
    cure = "read that code, then add --allow-code to the command; or remove the key"
    return Problem("LF242", message, cure, path="base_model.trust_remote_code")


def needless_revision(source: ModelSource, revision: str) -> Problem:
    """Return the problem for a revision that is given twice, or that the source has no use for."""
    if source.kind == "hub":
        message = f"base_model.id ends in @{source.revision}, and base_model.revision is given too, {revision!r}"
        return Problem("LF241", message, "give the revision once", path="base_model.revision")
    what = {"catalogue": "a name of the catalogue, whose bytes are fixed", "folder": "a local folder"}
    message = f"base_model.revision is for hub models, and {source.name!r} is {what.get(source.kind, 'a local file')}"
    return Problem("LF241", message, "remove base_model.revision", path="base_model.revision")


def unknown_model(base_model: str) -> Problem:
    """Return the problem for a `base_model` that names nothing, with the nearest name of the catalogue."""
    near = near_entry(base_model)
    known = f"did you mean {near!r}?" if near else f"the catalogue has {', '.join(sorted(entries()))}"
    if "/" in base_model or base_model.endswith(".gguf"):
        message = f"base_model names a path, and no model folder or .gguf file lies there: {base_model!r}"
        return Problem("LF215", message, "correct the path (it is looked for beside the task file)", path="base_model")
    message = f"base_model is no model that lfine knows and no folder: {base_model!r}; {known}"
    return Problem("LF215", message, "write a name of the catalogue, a hub id (org/name) or a path", path="base_model")


def near_entry(base_model: str) -> str | None:
    """Return the name of the catalogue that a misspelt one is near to."""
    return next(iter(difflib.get_close_matches(base_model.lower(), entries(), n=1, cutoff=0.5)), None)


def cache_folder() -> Path:
    """Return the folder for models and encoded data: LFINE_CACHE, or ~/.cache/lfine."""
    named = os.environ.get("LFINE_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "lfine"


def converted_folder(source: ModelSource) -> Path:
    """Return where the conversion of a GGUF file lies or will lie: its name and the first 12 digits of its sha256."""
    known = entry(source.name) if source.kind == "catalogue" else None
    if known is not None:
        stem, digest = known.name, known.gguf_sha256
    else:
        path = source.path or Path(source.name)
        stem, digest = path.stem, gguf_sha256(path, path.stat().st_size, path.stat().st_mtime_ns)
    return cache_folder() / "models" / f"{stem}-{digest[:12]}"


@cache
def gguf_sha256(path: Path, size: int, changed: int) -> str:  # noqa: ARG001 -- size and time are part of the cache's key
    """Return the sha256 of a file; about 2 s for each GB, so once for each state of the file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def local_folder(source: ModelSource) -> Path | None:
    """Return the folder with config, tokenizer and safetensors that is ready on this machine, or None."""
    if source.kind == "folder":
        return source.path
    if source.kind == "hub":
        folder = hub_snapshot(source)
        return folder if folder is not None and has_weights(folder) else None
    folder = converted_folder(source)
    return folder if conversion_of(folder) == CONVERSION else None


def conversion_of(folder: Path) -> int | None:
    """Return the number of the conversion that wrote a folder, None where there is none; a folder appears whole."""
    try:
        record = json.loads((folder / "lfine.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    number = record.get("conversion") if isinstance(record, dict) else None
    return number if isinstance(number, int) else None


def hub_snapshot(source: ModelSource) -> Path | None:
    """Return the snapshot of a hub model in the hub's own cache; never touches the network."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        problem = Problem("LF401", "hub models need the library huggingface_hub", "pip install 'lfine[train]'")
        raise MachineError(problem) from None
    try:
        return Path(snapshot_download(source.name, revision=source.revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None


def has_weights(folder: Path) -> bool:
    """Say whether config.json and all safetensors files that the index names are there."""
    index = folder / "model.safetensors.index.json"
    try:
        names = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()) if index.is_file() else None
    except (ValueError, KeyError, AttributeError):
        return False
    present = [(folder / name).is_file() for name in names or ("model.safetensors",)]
    return (folder / "config.json").is_file() and all(present)


def needed_folder(source: ModelSource) -> Path:
    """Return `local_folder`, or raise MachineError LF402 with the command that fetches the model."""
    folder = local_folder(source)
    if folder is not None:
        return folder
    written = source.name if source.revision is None else f"{source.name}@{source.revision}"
    message = f"the base model {written!r} is not on this machine"
    raise MachineError(Problem("LF402", message, f"lfine models pull {written}", path="base_model"))
