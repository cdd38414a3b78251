"""Writes tests/golden/prompts/NAME.txt: the chat of one held-out row of every task with its answer, as models read it.

    python -m tests.task_configs.golden_prompts            all tasks whose rows are at hand
    python -m tests.task_configs.golden_prompts arc mmlu   these

Read what was written as a person would: could one who knows nothing else give this very answer, in this very form?
The chat is that of the tiny model (chatml, tests/conftest.py): it shows turns and end tokens and belongs to no family.

*Not here:* the test that holds the files (test_lora_land.py), which rows they are made from (library.py).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lfine.compiling import CompiledTask, compile_file
from tests.conftest import save_model, save_tokenizer
from tests.task_configs.library import ROOT, TASKS, small_rows

GOLDEN = ROOT / "tests" / "golden" / "prompts"


def save_roomy_model(folder: Path) -> Path:
    """Save the tiny Llama with room for long prompts: its tokenizer makes nearly a token of each letter."""
    from transformers import LlamaConfig

    config = LlamaConfig(
        vocab_size=save_tokenizer(folder),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=16384,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    return save_model(config, folder)


def for_tiny_model(model: Path) -> list[str]:
    """Return what `--set` needs to put the tiny model in place of a task's own."""
    return [f"base_model={json.dumps(str(model))}", "quantization=null", "trainer.dtype=float32"]


def shown(compiled: CompiledTask) -> str:
    """Return prompt and answer of the first held-out row."""
    rows, renderer = compiled.prepared.rows, compiled.prepared.model.renderer
    (example,) = rows.examples_of(rows.held_out().row_ids[:1])
    return renderer.example_prompt(example) + renderer.completion_text(example.answer) + "\n"


def main(names: Sequence[str]) -> None:
    """Write the files, and say which could not be."""
    with tempfile.TemporaryDirectory() as scratch:
        model = save_roomy_model(Path(scratch) / "model")
        for path in TASKS:
            if names and path.stem not in names:
                continue
            rows = small_rows(path, Path(scratch))
            if rows is None:
                print(f"{path.stem}: no rows at hand, left as it is")
                continue
            compiled = compile_file(path, [*rows, *for_tiny_model(model)])
            (GOLDEN / f"{path.stem}.txt").write_text(shown(compiled), encoding="utf-8")
            print(f"{path.stem}: written, now read it")


if __name__ == "__main__":
    main(sys.argv[1:])
