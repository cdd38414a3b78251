"""Ludwig's own word on what lfine compiled for it: the second half of `make test-ludwig`.

    python tests/ludwig/accept.py build/ludwig
    accepted insurance_routing: every key kept
    …
    trained five_updates: 10 micro-batches, 5 updates

Runs in Ludwig's environment (Python 3.12), without lfine. Ludwig drops unknown keys in silence, so acceptance alone
proves little: every key that went in must come out of the resolved configuration with the same value.

*Not here:* compiling (prepare.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def main(folder: Path) -> int:
    configs = sorted(folder.glob("*/ludwig.yaml"))
    if not configs:
        print(f"no configuration in {folder}", file=sys.stderr)
        return 1
    lost = [loss for path in configs for loss in accepted(path)]
    for loss in lost:
        print(loss, file=sys.stderr)
    return 1 if lost else trained(folder / "five_updates")


def accepted(path: Path) -> list[str]:
    """Let Ludwig validate and resolve a configuration; return the keys that it dropped or changed."""
    from ludwig.config_validation.validation import check_schema
    from ludwig.schema.model_types.base import ModelConfig

    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    check_schema(config)
    resolved = ModelConfig.from_dict(config).to_dict()
    lost = [f"{path.parent.name}: {loss}" for loss in losses(config, resolved)]
    print(f"accepted {path.parent.name}: " + ("every key kept" if not lost else f"{len(lost)} keys lost"))
    return lost


def losses(given: Any, found: Any, path: str = "") -> Iterator[str]:
    """Yield what is in one configuration and not, or otherwise, in the other."""
    if isinstance(given, dict) and isinstance(found, dict):
        for key, value in given.items():
            if key not in found:
                yield f"{path}{key} was dropped"
            else:
                yield from losses(value, found[key], f"{path}{key}.")
    elif isinstance(given, list) and isinstance(found, list | tuple) and len(given) == len(found):
        for number, (one, other) in enumerate(zip(given, found, strict=True)):
            yield from losses(one, other, f"{path}{number}.")
    elif given != found:
        yield f"{path[:-1]} was {given!r}, is {found!r}"


def trained(folder: Path) -> int:
    """Train from a compiled configuration; the updates of the optimizer are counted."""
    from ludwig.api import LudwigModel
    from ludwig.trainers.trainer import Trainer

    updates = 0
    step = Trainer._optimizer_step

    def counted(self: Any, variables: Any) -> Any:
        nonlocal updates
        updates += 1
        return step(self, variables)

    Trainer._optimizer_step = counted
    config = yaml.safe_load((folder / "ludwig.yaml").read_text(encoding="utf-8"))
    model = LudwigModel(config)
    dataset, results = str(folder / "data.jsonl"), str(folder / "results")
    model.train(dataset=dataset, output_directory=results, random_seed=42, skip_save_processed_input=True)
    wanted = config["trainer"]["train_steps"] // config["trainer"]["gradient_accumulation_steps"]
    print(f"trained {folder.name}: {config['trainer']['train_steps']} micro-batches, {updates} updates")
    return 0 if updates == wanted == 5 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
