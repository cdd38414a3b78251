"""From a foreign file to the text of a task file.

    conversion = convert(Path("ludwig.yaml"), data="viggo.parquet")
    task_text(conversion, Path("ludwig.yaml"), schema=None)    "# Written by lfine init …\nbase_model: …"

*Not here:* the forms themselves (lfine.converting.ludwig, lora_land), the command (lfine.cli.init).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from lfine.converting.account import Conversion, Key
from lfine.converting.lora_land import MARKS, convert_lora_land
from lfine.converting.ludwig import convert_ludwig
from lfine.converting.reading import read_foreign
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.schema import Node, mapping_variant, task_schema

PLACEHOLDER = "data.csv"
"""The data of a task whose configuration names none."""
LIKE_A_NUMBER = re.compile(r"[-+.]?\d[\d_.eExXoO+-]*")


def convert(path: Path, data: str | None = None) -> Conversion:
    """Return a foreign file as a task; TaskError LF131 where its form is not known."""
    config, repeated = read_foreign(path)
    if "input_features" in config or "output_features" in config:
        found = _of_ludwig(config, path)
        found = replace(found, notes=(*found.notes, *(f"{key} stands twice: the last counts" for key in repeated)))
    elif all(mark in config for mark in MARKS):
        found = convert_lora_land(config, tuple(repeated))
    else:
        message = f"neither a Ludwig config (input_features) nor LoRA Land metadata ({', '.join(MARKS)})"
        raise TaskError(Problem("LF131", message, "name a file of one of these forms", file=str(path)))
    return _with_data(found, data)


def _of_ludwig(config: dict[str, Any], path: Path) -> Conversion:
    if config.get("model_type") != "llm":
        kind = config.get("model_type", "ecd, Ludwig's default")
        message = f"model_type is {kind}: only configs of language models (model_type: llm) are converted"
        raise TaskError(Problem("LF131", message, "name a config with model_type: llm", file=str(path)))
    for side in ("input_features", "output_features"):
        if not isinstance(config.get(side), list) or not config[side] or not isinstance(config[side][0], dict):
            message = f"{side} is not a list of features"
            raise TaskError(Problem("LF131", message, f"give {side} one feature with a name", file=str(path)))
    return convert_ludwig(config)


def _with_data(found: Conversion, data: str | None) -> Conversion:
    task = dict(found.task)
    named = task.get("dataset", {}).get("path")
    if data is not None:
        task["dataset"] = {"path": data}
        keys = tuple(_overruled(key) if key.target == "dataset.path" else key for key in found.keys)
        return replace(found, task=task, keys=keys)
    if named is None:
        task["dataset"] = {"path": PLACEHOLDER}
        note = f"dataset.path {PLACEHOLDER} stands in: the file names no data; give it, or --data"
        return replace(found, task=task, notes=(*found.notes, note))
    return found


def _overruled(key: Key) -> Key:
    return replace(key, fate="left out", target="", why="--data counts")


def task_text(found: Conversion, source: Path, *, schema: str | None) -> str:
    """Return the text of the task file; `schema` is what the editor's line names."""
    task = _ordered(found.task, task_schema())
    head = [f"# yaml-language-server: $schema={schema}"] if schema is not None else []
    head += [f"# Written by lfine init from {source.name} ({found.form})."]
    head += [f"# {note}" for note in found.notes]
    return "\n".join(head) + "\n" + _yaml(task)


def _ordered(value: Any, node: Node) -> Any:
    """Return a mapping with its keys in the order of the schema, at every depth."""
    mapping = mapping_variant(node)
    if mapping is None or not isinstance(value, dict):
        return value
    known = [name for name in mapping["properties"] if name in value]
    return {name: _ordered(value[name], mapping["properties"][name]) for name in known}


def _yaml(value: Any) -> str:
    import yaml

    class Writer(yaml.SafeDumper):
        """Text of several lines as a block; text that YAML 1.2 would read as a number in quotes."""

    def text(writer: yaml.SafeDumper, value: str) -> yaml.Node:
        style = "|" if "\n" in value else '"' if LIKE_A_NUMBER.fullmatch(value) else None
        return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Writer.add_representer(str, text)
    written: str = yaml.dump(value, Dumper=Writer, sort_keys=False, allow_unicode=True, width=110)
    return written
