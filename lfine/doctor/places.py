"""Where lfine keeps and finds things: folders and their free room, cached base models, variables.

    place_findings()[0]  →  Finding("folders", "LFINE_CACHE", "ok", 12_100_000_000, "~/.cache/lfine: 12.1 GB free")

*Not here:* fetching a model (lfine.finetune.models.pulling).
"""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lfine.doctor.findings import Finding, gigabytes, short_path
from lfine.finetune.catalogue.entries import entries
from lfine.finetune.catalogue.sources import cache_folder, has_weights, local_folder, resolve_source
from lfine.runs import runs_folder

OURS = ("LFINE_CACHE", "LFINE_DATA", "LFINE_RUNS")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
SHOWN = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")
"""Variables of others that change what lfine does; their values are no secrets."""
SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
LITTLE_ROOM = 2e9
"""Bytes: a small base model and a run's checkpoints."""


def place_findings() -> list[Finding]:
    """Return models, folders and variables."""
    environment = os.environ
    return [*models(), *hub_models(environment), *folders(), *variables(environment)]


def folders() -> list[Finding]:
    """Return free room, and whether files can be written, where models and runs go."""
    return [folder("LFINE_CACHE", cache_folder()), folder("LFINE_RUNS", runs_folder())]


def folder(variable: str, path: Path) -> Finding:
    """Return what can be written into a folder, or where it will be made."""
    there = next((place for place in (path, *path.parents) if place.exists()), path)
    name, cure = short_path(path), f"name another folder in {variable}"
    if not there.is_dir():
        return Finding("folders", variable, "missing", None, f"{short_path(there)} is a file", cure)
    if not os.access(there, os.W_OK):
        return Finding("folders", variable, "missing", None, f"{name} cannot be written", cure)
    free = shutil.disk_usage(there).free
    if free < LITTLE_ROOM:
        return Finding(
            "folders", variable, "note", free, f"{name}: only {gigabytes(free)} free", f"make room, or {cure}"
        )
    return Finding("folders", variable, "ok", free, f"{name}: {gigabytes(free)} free")


def models() -> list[Finding]:
    """Return each base model of the catalogue, here or not, and other converted ones in LFINE_CACHE."""
    found = []
    known = set()
    for name in sorted(entries()):
        path = local_folder(resolve_source(name, Path.cwd()))
        if path is None:
            cure = f"lfine models pull {name}"
            found.append(Finding("models", name, "note", value=False, said="not here", cure=cure))
        else:
            known.add(path)
            found.append(Finding("models", name, "ok", value=True, said=short_path(path)))
    others = sorted(set((cache_folder() / "models").glob("*/config.json")))
    here = [path.parent for path in others if path.parent not in known]
    return [*found, *(Finding("models", path.name, "ok", value=True, said=short_path(path)) for path in here)]


def hub_models(environment: Mapping[str, str]) -> list[Finding]:
    """Return the hub's models whose weights are whole in its own cache."""
    found = []
    for place in sorted(hub_cache(environment).glob("models--*")):
        if any(has_weights(snapshot) for snapshot in place.glob("snapshots/*")):
            name = place.name.removeprefix("models--").replace("--", "/")
            found.append(Finding("models", name, "ok", value=True, said="in the hub's cache"))
    return found


def hub_cache(environment: Mapping[str, str]) -> Path:
    """Return where the hub's library keeps models, as it documents it."""
    if environment.get("HF_HUB_CACHE"):
        return Path(environment["HF_HUB_CACHE"]).expanduser()
    home = environment.get("HF_HOME") or f"{environment.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    return Path(home).expanduser() / "hub"


def variables(environment: Mapping[str, str]) -> list[Finding]:
    """Return lfine's own variables, those that forbid the network, and a few of others; a token never."""
    found = [_own(name, environment.get(name)) for name in OURS]
    found += [_unknown(name) for name in sorted(environment) if name.startswith("LFINE_") and name not in OURS]
    found += [_offline(name, environment.get(name)) for name in OFFLINE]
    found += [
        Finding("variables", name, "ok", environment[name], environment[name])
        for name in SHOWN
        if environment.get(name)
    ]
    there = any(environment.get(name) for name in SECRETS)
    said = "set (its value is not shown)" if there else "not set: gated and private models cannot be fetched"
    return [*found, Finding("variables", SECRETS[0], "ok" if there else "note", there, said)]


def _own(name: str, value: str | None) -> Finding:
    if not value:
        return Finding("variables", name, "ok", None, "not set")
    path = Path(value).expanduser()
    said = short_path(path)
    if name == "LFINE_DATA" and not path.is_dir():
        cure = "correct it, or unset it"
        return Finding("variables", name, "missing", said, f"{said} is no folder: data files are not found there", cure)
    return Finding("variables", name, "ok", said, said)


def _unknown(name: str) -> Finding:
    near = difflib.get_close_matches(name, OURS, n=1)
    cure = f"did you mean {near[0]}?" if near else None
    return Finding("variables", name, "note", None, "no variable of lfine's, so it changes nothing", cure)


def _offline(name: str, value: str | None) -> Finding:
    on = (value or "").upper() in ("1", "ON", "YES", "TRUE")
    if not on:
        return Finding("variables", name, "ok", value=False, said="not set" if value is None else f"off ({value})")
    return Finding("variables", name, "note", value=True, said="on: nothing is fetched", cure=f"unset {name}, to fetch")
