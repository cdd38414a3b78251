"""The adapter that training goes on from, and what of an adapter cannot be: read and checked without torch.

    read_adapter_start("runs/viggo/20261122T091500Z", folder) -> AdapterStart(folder="/…/adapter", sha256="9f…")
    adapter_problems(plan.adapter)  →  [LF291 adapter.r is 16, and the adapter of adapter.from has 8, …]

*Not here:* loading its weights (lfine.finetune.models.adapters).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from lfine.finetune.compile.plan import AdapterPlan, AdapterStart
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.records import ShapeError, from_json

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PATH = "adapter.from"
OF_THE_WEIGHT = ("pissa", "olora")
"""First values that are part of the base model's weights."""


@dataclass(frozen=True)
class SavedAdapter:
    """What adapter_config.json says of the shape, under peft's names."""

    r: int
    lora_alpha: int | float
    target_modules: tuple[str, ...] | str
    use_rslora: bool = False
    use_dora: bool = False
    bias: str = "none"
    rank_pattern: dict[str, int] | None = None
    alpha_pattern: dict[str, int | float] | None = None
    modules_to_save: tuple[str, ...] | None = None


def read_adapter_start(path: str, folder: Path) -> AdapterStart:
    """Find an adapter folder, or a run's, beside the task file or in the working folder; TaskError LF293."""
    looked = [base / Path(path).expanduser() for base in (folder, Path.cwd())]
    inside = [place for each in looked for place in (each, each / "adapter")]
    found = next((place for place in inside if (place / CONFIG).is_file() and (place / WEIGHTS).is_file()), None)
    if found is None:
        message = f"{PATH} is {path!r}, and there is no adapter: neither {CONFIG} with {WEIGHTS}, nor a run with both"
        raise TaskError(Problem("LF293", message, "name the folder of a run or of an adapter", path=PATH))
    with (found / WEIGHTS).open("rb") as file:
        return AdapterStart(str(found.resolve()), hashlib.file_digest(file, "sha256").hexdigest())


def read_saved(start: AdapterStart) -> SavedAdapter:
    """Read the shape of a saved adapter; TaskError LF293 when it is not LoRA, or damaged."""
    path = Path(start.folder) / CONFIG
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        kind = written.get("peft_type")
        if kind != "LORA":
            raise ShapeError(f"its kind is {kind!r}, and training goes on from LORA only")
        names = SavedAdapter.__dataclass_fields__
        return from_json(SavedAdapter, {name: written[name] for name in names if name in written})
    except (OSError, ValueError, AttributeError, ShapeError) as error:
        problem = Problem("LF293", f"{PATH}: {path} cannot be used: {error}", "name another adapter", path=PATH)
        raise TaskError(problem) from error


def adapter_problems(adapter: AdapterPlan) -> list[Problem]:
    """Return what cannot be trained as the plan says: first values that do not exist, a start of another shape."""
    problems = impossible_first_values(adapter)
    if adapter.start is not None:
        problems += differences(adapter, read_saved(adapter.start))
    return problems


def impossible_first_values(adapter: AdapterPlan) -> list[Problem]:
    """Return why the first values cannot be computed."""
    path, problems = "adapter.init_lora_weights", []
    odd = [rank for rank in (adapter.r, *adapter.rank_pattern.values()) if rank % 2]
    if adapter.init == "orthogonal" and odd:
        message = f"{path} is orthogonal, which takes two halves of each rank, and a rank is {odd[0]}"
        problems.append(Problem("LF292", message, "write even ranks", path=path))
    if adapter.init in OF_THE_WEIGHT and adapter.use_dora:
        message = f"{path} is {adapter.init} and use_dora is true: what is learned is no sum of matrices"
        cure = "keep one of them: the adapter could not be used on the base model as it is"
        problems.append(Problem("LF292", message, cure, path=path))
    if adapter.start is not None and adapter.init != "default":
        message = f"{path} is {adapter.init}, and {PATH} gives the first values"
        problems.append(Problem("LF248", message, "keep one of them", path=path))
    return problems


def differences(adapter: AdapterPlan, saved: SavedAdapter) -> list[Problem]:
    """Return a problem for each value in which the plan's adapter is not the saved one."""
    pairs: dict[str, tuple[object, object]] = {
        "r": (adapter.r, saved.r),
        "alpha": (adapter.alpha, saved.lora_alpha),
        "target_modules": (names(adapter.target_modules), names(saved.target_modules)),
        "use_rslora": (adapter.use_rslora, saved.use_rslora),
        "use_dora": (adapter.use_dora, saved.use_dora),
        "bias": (adapter.bias, saved.bias),
        "rank_pattern": (adapter.rank_pattern, saved.rank_pattern or {}),
        "alpha_pattern": (adapter.alpha_pattern, saved.alpha_pattern or {}),
        "modules_to_save": (names(adapter.modules_to_save), names(saved.modules_to_save or ())),
    }
    if adapter.target_modules == "all-linear":
        del pairs["target_modules"]  # peft saves the layers that it stood for: they are compared when they are loaded
    return [
        Problem(
            "LF291",
            f"adapter.{key} is {shown(wanted)}, and the adapter of {PATH} has {shown(there)}",
            f"write `{key}: {shown(there)}`, or leave out `from`",
            path=f"adapter.{key}",
        )
        for key, (wanted, there) in pairs.items()
        if wanted != there
    ]


def names(modules: tuple[str, ...] | str) -> tuple[str, ...] | str:
    """Return names in an order of their own: peft writes a set."""
    return modules if isinstance(modules, str) else tuple(sorted(modules))


def shown(value: object) -> str:
    """Return a value as a task file has it; a whole number that peft wrote with a point is an integer."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return json.dumps(whole).replace('"', "")
