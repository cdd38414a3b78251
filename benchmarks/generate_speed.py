"""Rows answered in a second, beside `generate` and lm-evaluation-harness: same rows, model and dtype, in turns.

    python -m benchmarks.generate_speed                          ViGGO, 64 rows, three rounds
    python -m benchmarks.generate_speed --adapter RUN/adapter    with an adapter, merged for all sides
    python -m benchmarks.generate_speed --equal                  300 rows in float32 against `generate`, one at a time
    … --equal --task insurance --adapter RUN/adapter             the same for one task with an adapter

The model is loaded once and asked by all sides in this process; an adapter is merged first, so that no side multiplies
it apart. The batch size at which `generate` is fastest is found in a first short round, and lm-evaluation-harness
(`pip install 'lfine[bench]'`, its HFLM.generate_until) gets the same one. With --equal the answers come as in an
evaluation (where labels are asked about, from that step), and every difference is listed with the distance of the two
best logits at that token: only below 1e-4 is it one that rounding explains.

*Not here:* keeping figures (benchmarks/results.csv): the row is printed.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from transformers import PreTrainedModel

from benchmarks.train_speed import REVIEWS, ROOT
from lfine import __version__
from lfine.compiling import compile_file
from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.compile.encoding import asked_prompts
from lfine.finetune.compile.encoding_cache import EncodingCache
from lfine.finetune.compile.machine import this_machine
from lfine.finetune.generate.local import generate
from lfine.finetune.generate.local_likelihood import log_probabilities
from lfine.finetune.generate.local_rows import GenerationSettings
from lfine.finetune.models.adapters import load_adapter
from lfine.finetune.models.loading import load_base

TASKS = {
    "sst2": REVIEWS,
    "insurance": "task_configs/insurance_routing.yaml",
    "viggo": "task_configs/viggo_functional.yaml",
}
SIZES = (16, 32, 64)
"""Batches among which `generate` finds its best; 8 is a side of its own."""
NEAR = 1e-4
"""Logits: two best ones nearer than that are a tie, which the order of sums decides."""
MOST_TIES = 0.01
Texts = list[tuple[int, ...]]


@dataclass(frozen=True)
class Bench:
    """One task's prompts and the model that answers them."""

    model: PreTrainedModel
    prompts: list[list[int]]
    texts: list[str]
    settings: GenerationSettings
    renderer: Renderer
    folder: Path
    labels: list[list[int]]
    """Whose probabilities an evaluation of the task asks for, as tokens."""


def bench_for(name: str, *, rows: int, dtype: str, adapter: str | None) -> Bench:
    """Compile the task, take the first rows of its held-out sample and load the model."""
    said = TASKS[name]
    with tempfile.TemporaryDirectory() as folder:
        path = ROOT / said if "\n" not in said else Path(folder) / f"{name}.yaml"
        if "\n" in said:
            path.write_text(said, encoding="utf-8")
        compiled = compile_file(path, (f"trainer.dtype={dtype}",))
    prepared, generation = compiled.prepared, compiled.plan.evaluation.generation
    if generation is None:
        raise SystemExit(f"{name} generates nothing")
    model, renderer = prepared.model, prepared.model.renderer
    held_out = prepared.rows.examples_of(prepared.rows.held_out().row_ids[:rows])
    loaded: Any = load_base(model.folder, dtype=dtype, device="cpu", quantization=None)
    if adapter is not None:
        loaded = load_adapter(loaded, Path(adapter)).merge_and_unload()
    return Bench(
        model=loaded.eval(),
        prompts=[list(prompt) for prompt in asked_prompts(held_out, renderer, EncodingCache())],
        texts=[renderer.example_prompt(row) for row in held_out],
        settings=GenerationSettings(generation.max_new_tokens, renderer.stop_ids, generation.batch_size),
        renderer=renderer,
        folder=model.folder,
        labels=renderer.completion_ids_batch(compiled.plan.evaluation.labels) if generation.probabilities else [],
    )


def evaluated(bench: Bench) -> Texts:
    """Answer as an evaluation does: from the step that finds the labels' probabilities, the rest by generation."""
    if not bench.labels:
        return ours(bench)
    asked = [bench.labels] * len(bench.prompts)
    shown = {
        each.place: each.answer.token_ids
        for each in log_probabilities(bench.model, bench.prompts, asked, bench.settings)
        if each.answer is not None
    }
    print(f"{len(shown)} of {len(bench.prompts)} answers are labels")
    left = [place for place in range(len(bench.prompts)) if place not in shown]
    rest = ours(replace(bench, prompts=[bench.prompts[place] for place in left]))
    shown |= dict(zip(left, rest, strict=True))
    return [shown[place] for place in range(len(bench.prompts))]


def ours(bench: Bench) -> Texts:
    """Answer with lfine's engine."""
    found = {
        each.number: each.token_ids for done in generate(bench.model, bench.prompts, bench.settings) for each in done
    }
    return [found[number] for number in range(len(bench.prompts))]


@torch.inference_mode()
def theirs(bench: Bench, size: int, prompts: Sequence[list[int]] | None = None) -> Texts:
    """Answer with transformers' `generate`, sorted by length, padded at the left."""
    asked = bench.prompts if prompts is None else prompts
    order = sorted(range(len(asked)), key=lambda place: len(asked[place]))
    found: dict[int, tuple[int, ...]] = {}
    for start in range(0, len(order), size):
        part = order[start : start + size]
        longest = max(len(asked[place]) for place in part)
        gaps = [longest - len(asked[place]) for place in part]
        made = bench.model.generate(
            torch.tensor([[0] * gap + asked[place] for gap, place in zip(gaps, part, strict=True)]),
            attention_mask=torch.tensor([[0] * gap + [1] * (longest - gap) for gap in gaps]),
            max_new_tokens=bench.settings.max_new_tokens,
            do_sample=False,
            pad_token_id=bench.renderer.end_id,
            eos_token_id=sorted(bench.settings.stop_ids),
        )
        for place, tokens in zip(part, made[:, longest:].tolist(), strict=True):
            ends = [at for at, token in enumerate(tokens) if token in bench.settings.stop_ids]
            found[place] = tuple(tokens[: ends[0]] if ends else tokens)
    return [found[place] for place in range(len(asked))]


def harness(bench: Bench, size: int) -> Callable[[], object]:
    """Return lm-evaluation-harness's own way of answering the same prompts."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(bench.folder)
    asked = HFLM(pretrained=bench.model, tokenizer=tokenizer, batch_size=size, add_bos_token=False)
    how = {"until": [bench.renderer.end_token], "max_gen_toks": bench.settings.max_new_tokens, "do_sample": False}
    requests = [
        Instance(request_type="generate_until", doc={}, arguments=(text, dict(how)), idx=number)
        for number, text in enumerate(bench.texts)
    ]
    return lambda: asked.generate_until(requests, disable_tqdm=True)


def seconds(answer: Callable[[], object]) -> float:
    began = time.perf_counter()
    answer()
    return time.perf_counter() - began


def speed(bench: Bench, rounds: int) -> str:
    """Measure all sides in turns; return what is said of it."""
    some = bench.prompts[:: max(1, len(bench.prompts) // 64)]
    ours(bench)  # the first answers of a process wait for what is made once
    tried = {size: seconds(lambda size=size: theirs(bench, size, some)) for size in tqdm(SIZES, desc="best batch")}  # type: ignore[misc]
    best = min(tried, key=lambda size: tried[size])
    sides: dict[str, Callable[[], object]] = {
        "lfine": lambda: ours(bench),
        "generate in batches of 8": lambda: theirs(bench, 8),
        f"generate at its best, {best}": lambda: theirs(bench, best),
    }
    if importlib.util.find_spec("lm_eval") is None:
        print("lm-evaluation-harness is not installed (pip install 'lfine[bench]'): left out", file=sys.stderr)
    else:
        sides[f"lm_eval {importlib.metadata.version('lm_eval')} in batches of {best}"] = harness(bench, best)
    rates: dict[str, list[float]] = {side: [] for side in sides}
    for _ in tqdm(range(rounds), desc="rounds"):
        for side, answer in sides.items():
            rates[side].append(len(bench.prompts) / seconds(answer))
            print(f"{side}: {rates[side][-1]:.2f} rows/s", flush=True)
    middle = {side: statistics.median(found) for side, found in rates.items()}
    told = [f"{side} {middle[side]:.2f} rows/s" for side in sides]
    for side in list(sides)[1:]:
        each = [mine / other for mine, other in zip(rates["lfine"], rates[side], strict=True)]
        told.append(f"{middle['lfine'] / middle[side]:.2f} times {side} ({min(each):.2f} to {max(each):.2f})")
    return f"{len(bench.prompts)} rows, {rounds} rounds, medians: " + "; ".join(told)


def equal(name: str, bench: Bench) -> tuple[int, int]:
    """Compare with `generate` one row at a time; list the differences, return their number and that of real ones."""
    found, ties, real = evaluated(bench), 0, 0
    for number, prompt in enumerate(tqdm(bench.prompts, desc=name)):
        (expected,) = theirs(bench, 1, [prompt])
        if found[number] == expected:
            continue
        gap = distance(bench, prompt, found[number], expected)
        ties, real = ties + (gap <= NEAR), real + (gap > NEAR)
        print(f"{name} row {number}: two best logits {gap:.2g} apart\n  {found[number]}\n  {expected}")
    print(f"{name}: {len(bench.prompts)} rows, {ties} ties, {real} other differences", flush=True)
    return ties, real


@torch.inference_mode()
def distance(bench: Bench, prompt: list[int], mine: tuple[int, ...], theirs: tuple[int, ...]) -> float:
    """Return how far apart the two best logits are where two answers part."""
    pairs = zip(mine, theirs, strict=False)
    common = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(mine), len(theirs)))
    logits = bench.model(torch.tensor([[*prompt, *mine[:common]]])).logits[0, -1]
    first, second = logits.topk(2).values.tolist()
    return float(first - second)


def main() -> None:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--equal", action="store_true", help="compare texts in float32 on all three tasks, or one with an adapter"
    )
    parser.add_argument("--rows", type=int, help="64; with --equal 100 of each task")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--task", choices=TASKS, default="viggo")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--adapter", help="a folder in peft's format")
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if "LFINE_DATA" not in os.environ:
        raise SystemExit("LFINE_DATA must name the folder of viggo and glue_sst2 (.parquet)")
    if arguments.equal:
        count = arguments.rows or 100
        names = [arguments.task] if arguments.adapter else list(TASKS)
        benches = ((name, bench_for(name, rows=count, dtype="float32", adapter=arguments.adapter)) for name in names)
        results = [equal(name, bench) for name, bench in benches]
        ties, real = (sum(each) for each in zip(*results, strict=True))
        print(f"{count * len(names)} rows: {ties} ties, {real} other differences")
        raise SystemExit(1 if real or ties > MOST_TIES * count * len(names) else 0)
    bench = bench_for(arguments.task, rows=arguments.rows or 64, dtype=arguments.dtype, adapter=arguments.adapter)
    said = speed(bench, arguments.rounds)
    machine = this_machine()
    hardware = f"{machine.cores} cores, {'bfloat16 in hardware' if machine.bf16 else 'no bfloat16'}, no GPU"
    command = f"python -m benchmarks.generate_speed --task {arguments.task} --dtype {arguments.dtype}"
    csv.writer(sys.stdout).writerow([f"{datetime.now(UTC):%Y-%m-%d}", __version__, hardware, command, said])


if __name__ == "__main__":
    main()
