"""Damage to keys: misspelt, in other letters, of another tool, in the wrong place, missing.

    DAMAGES["key misspelt, 1 edit"](document, random.Random(1))

*Not here:* damage to values and to the text.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks.damages import (
    DAMAGES,
    Damage,
    Mutant,
    damage,
    known,
    renamed,
    scalars,
    slip,
    without_line,
    written_keys,
)
from lfine.schemas.document import Document
from lfine.schemas.schema import mapping_variant, node_at

FOREIGN = {
    ("adapter", "r"): "lora_r",
    ("adapter", "alpha"): "lora_alpha",
    ("trainer", "learning_rate"): "lr",
    ("trainer", "epochs"): "num_train_epochs",
    ("trainer", "train_steps"): "max_steps",
    ("trainer", "batch_size"): "per_device_train_batch_size",
    ("quantization", "bits"): "quantization_bit",
    ("base_model",): "model_name_or_path",
}
"""Key → what another tool calls it."""


def _misspelt(edits: int) -> Damage:
    def make(document: Document, draw: random.Random) -> Iterator[Mutant]:
        for path, place in written_keys(document):
            word = str(path[-1])
            if known(path) and len(word) > edits:
                yield renamed(document, place, slip(word, edits, draw), f"`{word}`", f".{word}`")

    return make


DAMAGES["key misspelt, 1 edit"] = _misspelt(1)
DAMAGES["key misspelt, 2 edits"] = _misspelt(2)


@damage("key in capitals")
def capitals(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in written_keys(document):
        if known(path):
            yield renamed(document, place, str(path[-1]).upper(), f"`{path[-1]}`")


@damage("key with hyphens")
def hyphens(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in written_keys(document):
        if known(path) and "_" in str(path[-1]):
            yield renamed(document, place, str(path[-1]).replace("_", "-"), f"`{path[-1]}`")


@damage("key of another tool")
def foreign(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in written_keys(document):
        if path in FOREIGN:
            yield renamed(document, place, FOREIGN[path], str(path[-1]))  # type: ignore[index]


@damage("key moved to the top")
def moved_up(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for path, place in scalars(document):
        if len(path) == 2 and place.key is not None and known(path) and not mapping_has(path[-1]):
            line = f"{path[-1]}: {place.source}"
            yield Mutant(
                f"{line}\n{without_line(document, place, path)}", frozenset({1}), (f"`{path[0]}`", f"`{path[0]}.")
            )


def mapping_has(name: object) -> bool:
    top = mapping_variant(node_at(()) or {}) or {"properties": {}}
    return name in top["properties"]


@damage("key under another mapping")
def misplaced(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    homes = {"trainer": "adapter", "adapter": "trainer", "evaluation": "trainer", "preprocessing": "dataset"}
    for path, place in scalars(document):
        home = homes.get(str(path[0]))
        siblings = mapping_variant(node_at((home,)) or {}) if home else None
        if (
            home is None
            or siblings is None
            or len(path) != 2
            or place.key is None
            or path[-1] in siblings["properties"]
        ):
            continue
        target = document.places.get((home,))
        if target is None or target.key is None or target.style != "block":
            continue
        lines = list(document.lines)
        lines.insert(target.key.line, f"  {path[-1]}: {place.source}")
        yield Mutant("\n".join(lines) + "\n", frozenset({target.key.line + 1}), (f"`{path[0]}`", f"`{path[0]}."))


@damage("required key missing")
def missing(document: Document, draw: random.Random) -> Iterator[Mutant]:
    del draw
    for name in ("base_model", "dataset", "prompt", "output_feature"):
        place = document.places.get((name,))
        if place is None or place.key is None:
            continue
        lines = list(document.lines)
        end = next(
            (n for n in range(place.key.line, len(lines)) if lines[n][:1].strip() and lines[n][0] != "#"), len(lines)
        )
        del lines[place.key.line - 1 : end]
        yield Mutant("\n".join(lines) + "\n", frozenset({0}), (f"`{name}",))
