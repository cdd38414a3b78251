"""Compiles the task files for Ludwig, with a tiny random model in place of theirs: first half of `make test-ludwig`.

    python tests/ludwig/prepare.py build/ludwig
    build/ludwig/model  insurance_routing/ludwig.yaml  …  five_updates/ludwig.yaml

Runs in lfine's own environment. A task whose data are not here is skipped, and named.

*Not here:* asking Ludwig (accept.py, in an environment of its own).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lfine.cli.main import main as lfine
from lfine.schemas.loading import load_task

ROOT = Path(__file__).parents[2]
FIVE_UPDATES = """\
base_model: {model}
dataset: {{path: rows.csv}}
prompt: {{template: "Classify the question: {{question}}"}}
output_feature: label
trainer: {{train_steps: 5, batch_size: 4, micro_batch_size: 2, learning_rate: 1e-3, steps_per_evaluation: 5}}
generation: {{max_new_tokens: 4}}
evaluation: {{sample_size: 12}}
"""


def prepare(folder: Path) -> int:
    """Write model, configurations and data; return an exit code."""
    model = tiny_model(folder / "model")
    os.environ.setdefault("LFINE_DATA", str((ROOT / "../shared/data").resolve()))
    tasks = {path.stem: path for path in sorted((ROOT / "task_configs").glob("[!_]*.yaml"))}
    tasks["five_updates"] = small_task(folder / "five_updates", model)
    codes = []
    for name, path in tasks.items():
        if not has_data(path):
            print(f"skipped {path.name}: its data are not here")
            continue
        words = ["compile", str(path), "--set", f"base_model={model}", "--target", "ludwig", "--out"]
        codes.append(lfine([*words, str(folder / name)]))
    return max(codes)


def tiny_model(folder: Path) -> Path:
    """Save a Llama of two layers with random weights, the one of the tests."""
    from transformers import LlamaConfig

    from tests.conftest import save_model, save_tokenizer

    size = save_tokenizer(folder)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(vocab_size=size, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2, **shape)
    return save_model(config, folder).resolve()


def small_task(folder: Path, model: Path) -> Path:
    from tests.lfine.projects import rows_of, write_csv

    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "rows.csv", rows_of())
    path = folder / "task.yaml"
    path.write_text(FIVE_UPDATES.format(model=model), encoding="utf-8")
    return path


def has_data(path: Path) -> bool:
    name = load_task(path).task.dataset.path
    folders = (path.parent, Path(os.environ["LFINE_DATA"]))
    return name is not None and any((folder / name).is_file() for folder in folders)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(prepare(Path(sys.argv[1])))
