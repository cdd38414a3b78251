"""Where the time of one update goes, what share of the processor's matrix products it reaches, what each part gains.

    LFINE_DATA=… python -m benchmarks.train_profile       a table in Markdown, for docs/explanation/training-speed.md

The update is that of task_configs/viggo_functional.yaml with 8 examples, no dropout, the same rows on every line; a
line is the median of some updates, its parts taken away one after the other. The limit is measured in the same process:
the products of one decoder layer (forward and backward, adapters left out) at the packed row's size, in the same dtype.
The profile is torch's own, of one update with everything. `--compile` measures instead what torch.compile gains, beside
lfine's kernels and without them, and after how many updates its compilation has paid.

*Not here:* the comparison with others (train_speed.py).
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch.profiler import profile

from lfine.compiling import compile_file
from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.plan import MachinePlan, TrainingPlan
from lfine.finetune.train.loop import RunPlace, batch_of, set_up
from lfine.finetune.train.losses import Engine, update_gradient

TASK = Path(__file__).parent.parent / "task_configs" / "viggo_functional.yaml"
SETTINGS = ("quantization=null", "trainer.batch_size=8", "adapter.dropout=0")


@dataclass(frozen=True)
class Ways:
    """The plan's machine, and the same with parts taken away."""

    name: str
    machine: MachinePlan
    prefix: int


def ways(plan: TrainingPlan) -> list[Ways]:
    """Return what is measured, from everything to the plain padded loop."""
    whole, prefix = plan.machine, plan.length.shared_prefix
    found = [Ways("as planned", whole, prefix)]
    kept = list(whole.kernels)
    while kept:
        gone = kept.pop()
        found.append(Ways(f"without the kernel {gone} too", replace(whole, kernels=tuple(kept)), prefix))
    bare = replace(whole, kernels=())
    found.append(Ways("without the shared prefix too", bare, 0))
    found.append(Ways("padded", replace(bare, layout="padded"), 0))
    return found


def median_seconds(work: Callable[[int], object], times: int) -> float:
    """Return the median wall time of `work`, called once beforehand."""
    work(0)
    taken = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def products(engine: Engine, tokens: int, learned: int) -> tuple[float, float]:
    """Return the operations of an update's frozen products, and how many of a layer's are done in a second."""
    config, dtype = engine.model.config, engine.model.dtype
    width, inner = config.hidden_size, config.intermediate_size
    queries = config.num_attention_heads * config.head_dim
    keys = config.num_key_value_heads * config.head_dim
    shapes = [
        (width, queries),
        (width, keys),
        (width, keys),
        (queries, width),
        (width, inner),
        (width, inner),
        (inner, width),
    ]
    made = [(torch.randn(tokens, one, dtype=dtype), torch.randn(other, one, dtype=dtype)) for one, other in shapes]
    back = [torch.randn(tokens, other, dtype=dtype) for _, other in shapes]

    def layer(_: int) -> None:
        for (x, weight), grad in zip(made, back, strict=True):
            torch.mm(x, weight.T)
            torch.mm(grad, weight)

    each = 4 * tokens * sum(one * other for one, other in shapes)
    speed = each / median_seconds(layer, 20)
    return config.num_hidden_layers * each + 4 * learned * width * config.vocab_size, speed


def compiled_updates(engine: Engine, batches: list[list[EncodedExample]]) -> tuple[float, float]:
    """Compile the engine's decoder layers; return the seconds beyond the median until all is compiled, and the median.

    Every batch has another number of tokens, so shapes are dynamic from the beginning.
    """
    for layer in engine.model.get_decoder().layers:
        layer.compile(dynamic=True)
    taken = []
    for number in range(len(batches)):
        began = time.perf_counter()
        update_of(engine, batches, number)
        taken.append(time.perf_counter() - began)
    median = statistics.median(taken[len(taken) // 2 :])
    return sum(max(0.0, each - median) for each in taken[: len(taken) // 2]), median


def compile_table(plan: TrainingPlan, batches: list[list[EncodedExample]], engine_of: Callable[[Ways], Engine]) -> None:
    """Print what torch.compile takes and gains, with lfine's kernels and without."""
    whole = Ways("as planned", plan.machine, plan.length.shared_prefix)
    bare = Ways("without kernels", replace(plan.machine, kernels=()), plan.length.shared_prefix)
    print("| update | seconds | compiled | seconds of compilation | pays after updates |\n|---|--:|--:|--:|--:|")
    for way in (whole, bare):
        plain = median_seconds(partial(update_of, engine_of(way), batches), len(batches) // 2)
        spent, compiled = compiled_updates(engine_of(way), batches)
        pays = f"{spent / (plain - compiled):,.0f}" if compiled < plain else "never"
        print(f"| {way.name} | {plain:.2f} | {compiled:.2f} | {spent:.0f} | {pays} |", flush=True)


def main() -> None:
    """Read the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--updates", type=int, default=9, help="of every line")
    parser.add_argument("--dtype", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--compile", action="store_true", help="what torch.compile takes and gains, nothing else")
    arguments = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    compiled = compile_file(TASK, (*SETTINGS, f"trainer.dtype={arguments.dtype}"))
    plan, rows = compiled.plan.training, compiled.rows.train

    def engine_of(way: Ways, folder: str) -> Engine:
        place = RunPlace(Path(folder), compiled.prepared.model.folder, resume=False)
        return replace(set_up(replace(plan, machine=way.machine), rows, place).engine, prefix=way.prefix)

    batches = [batch_of(plan, rows, step) for step in range(arguments.updates)]
    with tempfile.TemporaryDirectory() as folder:
        if arguments.compile:
            compile_table(plan, batches, partial(engine_of, folder=folder))
            return
        print("| update | seconds | examples/s |\n|---|--:|--:|")
        for way in ways(plan):
            update = partial(update_of, engine_of(way, folder), batches)
            seconds = median_seconds(update, arguments.updates)
            print(f"| {way.name} | {seconds:.2f} | {plan.batch_size / seconds:.2f} |", flush=True)
        engine = engine_of(ways(plan)[0], folder)
        whole = median_seconds(partial(update_of, engine, batches), arguments.updates)
        print(limit_of(engine, batches, plan.length.shared_prefix, whole))
        with profile() as recorded:
            update_gradient(engine, batches[1])
    print(recorded.key_averages().table(sort_by="self_cpu_time_total", row_limit=16, max_name_column_width=40))


def update_of(engine: Engine, batches: list[list[EncodedExample]], number: int) -> float:
    """Compute the gradient of one batch and take it away again."""
    loss = update_gradient(engine, batches[number])
    engine.model.zero_grad()
    return loss


def limit_of(engine: Engine, batches: list[list[EncodedExample]], prefix: int, whole: float) -> str:
    """Say how long an update's frozen products take at the speed of a layer's own, beside the `whole` seconds."""
    tokens = round(statistics.median(prefix + sum(row.length - prefix for row in batch) for batch in batches))
    learned = round(statistics.median(sum(row.learned_tokens for row in batch) for batch in batches))
    operations, speed = products(engine, tokens, learned)
    alone = operations / speed
    return (
        f"\n{tokens} tokens, {learned} learned: {operations / 1e9:.0f} GFLOP of products with frozen weights, which at "
        f"{speed / 1e9:.0f} GFLOP/s take {alone:.2f} s, {alone / whole:.0%} of the update's {whole:.2f} s\n"
    )


if __name__ == "__main__":
    main()
