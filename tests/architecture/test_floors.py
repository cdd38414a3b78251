"""The one rule of the house, read from the syntax tree: a floor imports itself and the floors below it.

    violations("from lfine.evaluation import records", "lfine.schemas.task")
    == ["1: schemas (floor 0) must not import lfine.evaluation.records (floor 1)"]

*Not here:* what is loaded when a command runs, in test_torch_free.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FLOORS = {"schemas": 0, "evaluation": 1, "finetune": 2, "lfine": 3}
ROOMS = ("data", "catalogue", "compile", "models", "generate", "train", "export")
"""The rooms of finetune; each imports only rooms to its left. `targets` imports compile only."""
HEAVY = ("torch", "transformers", "peft", "bitsandbytes")
HEAVY_ROOMS = ("models", "generate", "train", "export")
LIGHT_MODULES = "endpoint"
"""The first word of the modules of generate that talk to a server and stay without torch."""


def imported(node: ast.AST, package: str) -> list[str]:
    """Return the dotted names that one statement or call imports; relative ones are resolved against `package`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        parents = package.split(".")
        anchor = parents[: len(parents) - node.level + 1] if node.level else []
        stem = ".".join([*anchor, *([node.module] if node.module else [])])
        return [f"{stem}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
            return [node.args[0].value]
    return []


def runs_on_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run when the module is imported: no function bodies, nothing under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            continue
        yield node
        yield from runs_on_import(node)


def place(name: str) -> tuple[str, str]:
    """Return floor and room of a dotted name: `lfine.finetune.data.rows` is in finetune, data; `lfine.cli` in lfine."""
    parts = name.split(".")
    if parts[0] != "lfine":
        return "", ""
    if len(parts) > 1 and parts[1] in ("schemas", "evaluation", "finetune", "task_configs"):
        return parts[1], parts[2] if len(parts) > 2 else ""
    return "lfine", ""


def wrong_direction(module: str, target: str) -> str | None:
    """Say why `module` may not import `target`, or return None."""
    floor, room = place(module)
    other, other_room = place(target)
    if target.split(".")[0] in ("schemas", "evaluation", "finetune", "task_configs"):
        return f"bare import of {target}: write lfine.{target}"
    if not other or target.startswith("lfine._version"):
        return None
    if other == "task_configs":
        return f"{target} is data and imported by nobody"
    if FLOORS[other] > FLOORS[floor]:
        return f"{floor} (floor {FLOORS[floor]}) must not import {target} (floor {FLOORS[other]})"
    if floor == other == "finetune":
        return wrong_room(room, other_room, target)
    return None


def wrong_room(room: str, other: str, target: str) -> str | None:
    """Say why a room of finetune may not import from another room, or return None."""
    if room == other or (other not in ROOMS and other != "targets"):
        return None  # itself, or a module that stands in finetune and in no room
    if room == "targets":
        return None if other == "compile" else f"room targets imports compile only, not {target}"
    if room in ROOMS and other in ROOMS and ROOMS.index(other) < ROOMS.index(room):
        return None
    return f"room {room or 'finetune itself'} must not import {target}: rooms from left to right are {', '.join(ROOMS)}"


def may_load_torch(module: str) -> bool:
    floor, room = place(module)
    return floor == "finetune" and room in HEAVY_ROOMS and not module.split(".")[-1].startswith(LIGHT_MODULES)


def violations(source: str, module: str) -> list[str]:
    """Return every import of `source` that `module` must not have; a package's own file is `….__init__`."""
    tree = ast.parse(source)
    package = module.rpartition(".")[0]
    on_import = {id(node) for node in runs_on_import(tree)}
    found: list[str] = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for target in imported(node, package):
            reason = wrong_direction(module, target)
            if target.split(".")[0] in HEAVY and id(node) in on_import and not may_load_torch(module):
                reason = f"{target} at module level: import it inside the function that needs it"
            found += [f"{line}: {reason}"] if reason else []
    return found


def test_every_module_obeys(source_files: dict[str, Path]) -> None:
    found = [
        f"{path}:{violation}"
        for module, path in source_files.items()
        for violation in violations(path.read_text(encoding="utf-8"), module)
    ]
    assert not found, "\n".join(found)


def test_the_walk_finds_every_floor(source_files: dict[str, Path]) -> None:
    assert {place(module)[0] for module in source_files} == {*FLOORS, "task_configs"}


GUILTY = {
    "a floor above": ("lfine.schemas.task", "from lfine.evaluation.records import Scores"),
    "a floor above, inside a function": ("lfine.schemas.task", "def f() -> None:\n    import lfine.finetune.data"),
    "a floor above, by name of the package": ("lfine.evaluation.scoring", "from lfine import finetune"),
    "the door": ("lfine.evaluation.scoring", "import lfine.cli.main"),
    "the door's own names": ("lfine.finetune.data.rows", "from lfine import train"),
    "a floor above, for types": (
        "lfine.schemas.task",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lfine.finetune.compile import plan",
    ),
    "a floor above, relative": ("lfine.schemas.task", "from ..evaluation import records"),
    "a floor above, relative, from a package": ("lfine.schemas.__init__", "from ..evaluation import records"),
    "a floor above, by string": ("lfine.schemas.task", "import importlib\nimportlib.import_module('lfine.finetune')"),
    "a room to the right": ("lfine.finetune.data.rows", "from lfine.finetune.compile import plan"),
    "a room to the right, relative": ("lfine.finetune.compile.plan", "from ..train import loop"),
    "models from the catalogue": ("lfine.finetune.catalogue.families", "import lfine.finetune.models.loading"),
    "the models from targets": ("lfine.finetune.targets.trl", "from lfine.finetune.models import loading"),
    "targets from a room": ("lfine.finetune.train.loop", "from lfine.finetune.targets import trl"),
    "a room from finetune itself": ("lfine.finetune.__init__", "from lfine.finetune.train import loop"),
    "task_configs": ("lfine.cli.main", "from lfine import task_configs"),
    "a bare import": ("lfine.cli.main", "import schemas"),
    "a bare import of a part": ("lfine.evaluation.scoring", "from evaluation.records import Scores"),
    "torch": ("lfine.finetune.compile.plan", "import torch"),
    "torch in the command line": ("lfine.cli.train", "from torch import nn"),
    "torch behind try": ("lfine.evaluation.scoring", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
    "transformers in a class": ("lfine.finetune.catalogue.shapes", "class A:\n    from transformers import AutoConfig"),
    "peft at the endpoint": ("lfine.finetune.generate.endpoint", "import peft"),
    "bitsandbytes": ("lfine.schemas.task", "import bitsandbytes as bnb"),
}


@pytest.mark.parametrize("case", GUILTY)
def test_each_broken_rule_is_seen(case: str) -> None:
    module, source = GUILTY[case]
    found = violations(source, module)
    assert len(found) == 1, found
    assert found[0].startswith(f"{len(source.splitlines())}:") or "try" in source


INNOCENT = {
    "own floor": ("lfine.schemas.errors", "from lfine.schemas.problems import Problem"),
    "floors below": ("lfine.finetune.data.rows", "from lfine.evaluation.records import Scores\nimport lfine.schemas"),
    "a room to the left": ("lfine.finetune.train.loop", "from lfine.finetune.generate import local"),
    "torch in its room": ("lfine.finetune.models.loading", "import torch\nfrom peft import LoraConfig"),
    "torch in local generation": ("lfine.finetune.generate.local", "import torch"),
    "torch inside a function": ("lfine.cli.doctor", "def f() -> None:\n    import torch"),
    "torch for types": ("lfine.cli.doctor", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch"),
    "the version": ("lfine.evaluation.scoring", "from lfine._version import __version__"),
    "other libraries": ("lfine.schemas.loading", "import yaml\nfrom collections.abc import Iterator"),
    "compile from targets": ("lfine.finetune.targets.trl", "from lfine.finetune.compile.plan import Plan"),
    "everything from the door": ("lfine.cli.train", "from lfine.finetune.train import loop\nimport lfine.evaluation"),
}


@pytest.mark.parametrize("case", INNOCENT)
def test_what_is_allowed_passes(case: str) -> None:
    module, source = INNOCENT[case]
    assert violations(source, module) == []
