"""A foreign YAML or JSON file as its own system reads it, flattened to dotted keys.

    flat({"trainer": {"epochs": 3}, "input_features": [{"name": "q"}]})
    == {"trainer.epochs": 3, "input_features.0.name": "q"}

Ludwig reads YAML 1.1 with PyYAML, so a rate written `1e-4` is a text to it, and of a repeated key the last one counts.

*Not here:* task files (lfine.schemas.yaml_text), which are read by stricter rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.source import read_source

OPEN_MAPPINGS = ("adapter.rank_pattern", "adapter.alpha_pattern")
"""Keys whose values are mappings with the user's own names, taken whole."""


def read_foreign(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the file's mapping and the keys that stand in it twice; TaskError where it is no mapping."""
    import yaml

    text = read_source(str(path))
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        problem = Problem("LF107", f"the file is not YAML: {reason}", "mend it", file=str(path))
        if mark is not None:
            problem = Problem(problem.code, problem.message, problem.cure, file=str(path), line=mark.line + 1)
        raise TaskError(problem) from None
    if not isinstance(value, dict):
        message = "the file is not a mapping of keys, so it is no configuration"
        raise TaskError(Problem("LF131", message, "name a Ludwig config or a LoRA Land metadata file", file=str(path)))
    return {str(key): each for key, each in value.items()}, list(_repeated(tree, ()))


def _repeated(node: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the dotted keys that stand twice in one mapping."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield ".".join((*path, name))
            seen.add(name)
            yield from _repeated(value, (*path, name))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _repeated(item, (*path, str(index)))


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return dotted key → leaf; lists of mappings are numbered, other lists, empty mappings and patterns are leaves."""
    found: dict[str, Any] = {}
    for name, each in value.items():
        path = f"{prefix}{name}"
        if isinstance(each, dict) and each and path not in OPEN_MAPPINGS:
            found |= flat(each, f"{path}.")
        elif isinstance(each, list) and each and all(isinstance(item, dict) for item in each):
            for number, item in enumerate(each):
                found |= flat(item, f"{path}.{number}.")
        else:
            found[path] = each
    return found
