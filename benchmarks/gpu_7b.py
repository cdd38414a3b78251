"""Training speed and memory of a model of Mistral-7B's shape on one GPU, beside TRL's SFTTrainer in the same run.

    python -m benchmarks.gpu_7b                    one GPU of 24 GB or more; prints the figures of a row of results.csv
    python -m benchmarks.gpu_7b --tiny             two small layers, also without a GPU: that it runs, no figures
    python -m benchmarks.gpu_7b --write-lengths lengths.json     ViGGO's lengths, for a machine without the data

Random weights in NF4, LoRA of rank 8 on q, k, v, o, bfloat16, batch and lengths of task_configs/viggo_functional.yaml
(from a JSON file, from the data in LFINE_DATA, or drawn like them). Each side is a process of its own with the same
rows in the same order; time is that between two updates with the device's work done, the first ones left out; memory is
what torch's allocator held. It needs torch with CUDA, transformers, peft, safetensors and bitsandbytes; for TRL's side
trl and datasets; for ViGGO itself pyarrow, tokenizers and smollm2-135m-instruct in LFINE_CACHE. Without trl the other
side is measured alone, and that is said.

*Not here:* speed on a processor (train_speed.py), whether the numbers are right (tests, marked gpu).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gpu_7b_plan import PREFIX, plan_of, rows_of

if TYPE_CHECKING:
    from lfine.finetune.compile.encoded import EncodedExample

TASK = "task_configs/viggo_functional.yaml"
OWN, COMPLETION = (36.4, 11.8, 12, 81), (36.8, 15.9, 8, 80)
"""Tokens of a row's own prompt and of its answer in ViGGO, SmolLM2's tokens: mean, spread, least, most."""
WARM_UP = 3
"""Updates left out: allocator, compiled kernels, the optimizer's states."""
SEVEN_B = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32}
SEVEN_B |= {"num_key_value_heads": 8, "vocab_size": 32000}
TINY = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
TINY |= {"num_key_value_heads": 2, "vocab_size": 512}


@dataclass(frozen=True)
class Side:
    """What one side took."""

    name: str
    seconds: list[float]
    """Of each update, the first ones too."""
    losses: list[float]
    tokens: list[int]
    """Of each update's examples, prompts and completions."""
    peak: int
    """Bytes the allocator held at most; 0 on a processor."""
    estimated: int

    def line(self) -> str:
        """Return the side's figures in words."""
        memory = f", peak {self.peak / 1e9:.1f} GB" + (
            f" (estimated {self.estimated / 1e9:.1f})" if self.estimated else ""
        )
        return (
            f"{self.name}: {len(self.seconds)} updates, median {self.median:.3f} s, {self.speed:.0f} tokens/s{memory}"
        )

    @property
    def median(self) -> float:
        return statistics.median(self.seconds[WARM_UP:])

    @property
    def speed(self) -> float:
        """Tokens of the examples in a second."""
        return sum(self.tokens[WARM_UP:]) / sum(self.seconds[WARM_UP:])


def lengths_of(given: Path | None, count: int) -> list[tuple[int, int]]:
    """Return own prompt tokens and answer tokens of `count` rows: from a file, from ViGGO, or drawn like ViGGO's."""
    if given is not None:
        return [(own, answer) for own, answer in json.loads(given.read_text(encoding="utf-8"))[:count]]
    data = os.environ.get("LFINE_DATA")
    if data and (Path(data) / "viggo.parquet").is_file():
        return viggo_lengths()[:count]
    draw = random.Random(7)  # noqa: S311 (lengths, not secrets)
    return [(drawn(draw, *OWN), drawn(draw, *COMPLETION)) for _ in range(count)]


def drawn(draw: random.Random, mean: float, spread: float, least: int, most: int) -> int:
    """Draw a length."""
    return min(most, max(least, round(draw.gauss(mean, spread))))


def viggo_lengths() -> list[tuple[int, int]]:
    """Return the lengths of the training rows, as the task is compiled."""
    from lfine.compiling import compile_file

    compiled = compile_file(Path(__file__).parents[1] / TASK)
    prefix = compiled.plan.training.length.shared_prefix
    return [(len(row.prompt_ids) - prefix, len(row.completion_ids)) for row in compiled.rows.train]


def write_model(folder: Path, shape: dict[str, int], device: str) -> None:
    """Write a model folder of that shape with random weights in bfloat16, and no tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, MistralConfig

    config = MistralConfig(**shape, max_position_embeddings=4096, sliding_window=None, tie_word_embeddings=False)
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)


def lfine_side(folder: Path, rows: list[EncodedExample], arguments: argparse.Namespace) -> Side:
    """Run lfine's own loop and read its log."""
    from lfine.finetune.train.loop import RunPlace, TrainingRows, train

    plan, memory = plan_of(folder, rows, device=arguments.device, batch=arguments.batch, updates=arguments.updates)
    print(f"plan: {plan.machine}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as run:
        train(plan, TrainingRows(rows, ()), RunPlace(Path(run), folder, resume=False))
        log = [json.loads(line) for line in (Path(run) / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    updates = [line for line in log if "loss" in line]
    for line in log:
        if line.get("kind") == "memory":
            print(f"memory ran out: {line}", file=sys.stderr)
    return Side(
        "lfine",
        [line["step_seconds"] for line in updates],
        [line["loss"] for line in updates],
        [line["tokens"] for line in updates],
        peak(),
        sum(part.bytes for part in memory if part.name != "libraries") if arguments.device == "cuda" else 0,
    )


def peak() -> int:
    """Return the most bytes that torch's allocator held on the GPU."""
    import torch

    return torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0


def main() -> None:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="two small layers: that it runs, no figures")
    parser.add_argument("--updates", type=int, default=15)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--lengths", type=Path, help="what --write-lengths wrote")
    parser.add_argument("--write-lengths", type=Path, metavar="FILE")
    parser.add_argument("--device", choices=("cpu", "cuda"))
    parser.add_argument("--side", choices=("lfine", "trl"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write_lengths:
        arguments.write_lengths.write_text(json.dumps(viggo_lengths()), encoding="utf-8")
    elif arguments.side:
        print(json.dumps(one_side(arguments).__dict__))
    else:
        both_sides(arguments)


def one_side(arguments: argparse.Namespace) -> Side:
    """Run one side in this process."""
    rows = rows_of(
        lengths_of(arguments.lengths, arguments.batch * arguments.updates),
        vocab=(TINY if arguments.tiny else SEVEN_B)["vocab_size"],
    )
    if arguments.side == "lfine":
        return lfine_side(arguments.folder, rows, arguments)
    from benchmarks.gpu_7b_trl import trl_side

    seconds, losses, tokens = trl_side(arguments.folder, rows, arguments)
    return Side("trl", seconds, losses, tokens, peak(), 0)


def both_sides(arguments: argparse.Namespace) -> None:
    """Write the model, run each side in a process of its own, print what they took."""
    import torch

    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if device == "cpu" and not arguments.tiny:
        raise SystemExit("a 7B shape needs a GPU; --tiny runs without one")
    sides = ["lfine"]
    if importlib.util.find_spec("trl") and importlib.util.find_spec("datasets"):
        sides.append("trl")
    else:
        print("trl or datasets is not installed: lfine alone, no ratio")
    found = []
    with tempfile.TemporaryDirectory() as place:
        write_model(Path(place), TINY if arguments.tiny else SEVEN_B, device)
        torch.cuda.empty_cache()
        for side in sides:
            found.append(in_a_process(side, Path(place), device))
            print(found[-1].line(), flush=True)
    if len(found) == 2:
        gap = max(abs(a - b) / b for a, b in zip(found[0].losses, found[1].losses, strict=True))
        print(f"ratio {found[1].median / found[0].median:.2f}; losses differ by at most {gap:.2%}")
    print(f"prefix {PREFIX}, batch {arguments.batch}" + ("; tiny: no figures" if arguments.tiny else ""))


def in_a_process(side: str, folder: Path, device: str) -> Side:
    """Run this script for one side with the same options; its result is its last line."""
    words = [*sys.argv[1:], "--side", side, "--folder", str(folder), "--device", device]
    done = subprocess.run([sys.executable, "-m", "benchmarks.gpu_7b", *words], stdout=subprocess.PIPE, check=True)
    return Side(**json.loads(done.stdout.decode().strip().splitlines()[-1]))


if __name__ == "__main__":
    main()
