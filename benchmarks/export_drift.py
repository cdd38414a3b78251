"""How far right and wrong merges move a model, beside what `lfine export` would allow: the figures of decision 0016.

    python -m benchmarks.export_drift RUN [--rows 50]      a table in Markdown, for a finished run on a quantized base
    python -m benchmarks.export_drift --random 6           right merges of random adapters on a tiny model

    | merge | mean nats | of the limit | answers that differ | unexplained | score |

*Not here:* the check itself (lfine.finetune.export.drift).
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from lfine.baselines import settings_of
from lfine.cli.quiet import quiet_libraries
from lfine.evaluation.records import Prediction
from lfine.evaluation.scoring import quick_scores
from lfine.export_making import Subject, opened
from lfine.finetune.compile.files import read_plan
from lfine.finetune.export.drift import Heard, Said, drift, follow, limits_of, moved, round_again, said
from lfine.finetune.export.merging import merge
from lfine.finetune.generate.local_speaker import Speaker
from lfine.finetune.models.adapters import add_adapter
from lfine.finetune.models.loading import load_base
from lfine.finetune.models.quantization import DTYPES
from tests.finetune.export.conftest import trained
from tests.finetune.models.plans import lora

Weights = dict[str, Tensor]
OUT = torch.bfloat16


def wrong_merges(right: Weights, before: Weights, original: Weights) -> Iterator[tuple[str, Weights]]:
    """Yield merges as tools get them wrong; `before` has no adapter, `original` is merged into the unquantized base."""
    update = {name: weight.float() - before[name].float() for name, weight in right.items()}
    yield "into the weights from before quantization", original
    yield "half the update", {name: (before[name].float() + 0.5 * each).to(OUT) for name, each in update.items()}
    yield "scale 10% too large", {name: (before[name].float() + 1.1 * each).to(OUT) for name, each in update.items()}
    yield "layer 7 left out", {name: before[name] if ".layers.7." in name else right[name] for name in right}
    yield "no adapter", before


def table(run: Path, rows: int) -> None:
    """Print one line for the right merge and each wrong one."""
    subject = opened(run, read_plan(run / "plan.json"), rows=rows, allow_code=False)
    training, base = subject.training, subject.prepared.model.folder
    computing = DTYPES[subject.computing]
    with Speaker(training, base).speaking(subject.weights) as model:
        ours = Heard(
            answers := said(model, subject.prompts, subject.how, subject.row_ids),
            follow(model, subject.prompts, answers),
        )
        merged = merge(model, OUT, computing=computing)
    with Speaker(training, base).speaking(None) as model:
        before = merge(model, OUT, computing=computing).weights
    plain = replace(training, model=replace(training.model, quantization=None))
    with Speaker(plain, base).speaking(subject.weights) as model:
        original = merge(model, OUT, computing=computing).weights
    del model
    gc.collect()
    alone = load_base(base, dtype=subject.computing, device="cpu", quantization=None)
    print("| merge | mean nats | of the limit | answers that differ | unexplained | score |\n|---|---|---|---|---|---|")
    for name, weights in [("right", merged.weights), *wrong_merges(merged.weights, before, original)]:
        alone.load_state_dict({key: weight.to(computing) for key, weight in weights.items()})
        print(f"| {name} | {measured(subject, alone, ours, merged.rounded)} |", flush=True)
    print(f"\n{sum(map(len, ours.steps))} tokens; the run's own score {score(subject, answers):.3f}")


def measured(subject: Subject, model: nn.Module, ours: Heard, rounded: frozenset[str]) -> str:
    """Return the cells of one line; the model's weights are moved."""
    theirs = Heard(
        said(model, subject.prompts, subject.how, subject.row_ids), follow(model, subject.prompts, ours.answers)
    )
    round_again(model, rounded, OUT)
    limits = limits_of(theirs.steps, follow(model, subject.prompts, ours.answers))
    found = drift(subject.row_ids, ours, theirs, limits)
    cells = f"{found.mean:.4f} | {found.mean / limits.mean:.2f} | {len(found.differing)} of {found.rows}"
    return f"{cells} | {len(found.unexplained)} | {score(subject, theirs.answers):.3f}"


def score(subject: Subject, answers: Sequence[Said]) -> float:
    pairs = zip(subject.examples, answers, strict=True)
    rows = [Prediction(example.row_id, example.answer, each.text) for example, each in pairs]
    return next(iter(quick_scores(rows, settings_of(subject.plan.evaluation)).values()))


def ratios(seeds: int) -> None:
    """Print, for right merges, the mean change divided by that of one more rounding."""
    from transformers import LlamaConfig

    from tests.conftest import save_model

    draw = torch.Generator().manual_seed(1)
    prompts = [torch.randint(3, 390, (20,), generator=draw).tolist() for _ in range(12)]
    answers = [Said("", tuple(torch.randint(3, 390, (4,), generator=draw).tolist())) for _ in range(12)]
    with tempfile.TemporaryDirectory() as name:
        config = LlamaConfig(
            vocab_size=400, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=512, initializer_range=0.2, tie_word_embeddings=True,
        )  # fmt: skip
        folder = save_model(config, Path(name))
        for run, out in (("float32", "bfloat16"), ("float32", "float16"), ("bfloat16", "bfloat16")):
            found = [ratio(folder, run, out, prompts, answers, seed) for seed in range(seeds)]
            print(f"{run} run written as {out}: {min(found):.2f} to {max(found):.2f}", flush=True)


def ratio(folder: Path, run: str, out: str, prompts: list[list[int]], answers: list[Said], seed: int) -> float:
    plan, computing = lora(target_modules=("q_proj", "v_proj", "up_proj")), DTYPES[run]
    model = trained(add_adapter(load_base(folder, dtype=run, device="cpu", quantization=None), plan, seed=seed), seed)
    merged = merge(model, DTYPES[out], computing=computing)
    exported = load_base(folder, dtype=run, device="cpu", quantization=None)
    exported.load_state_dict({name: weight.to(computing) for name, weight in merged.weights.items()})
    ours, theirs = follow(model, prompts, answers), follow(exported, prompts, answers)
    round_again(exported, merged.rounded, DTYPES[out] if run == "float32" else computing)
    return moved(ours, theirs)[0] / moved(theirs, follow(exported, prompts, answers))[0]


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--random", type=int, metavar="SEEDS")
    arguments = parser.parse_args()
    quiet_libraries()
    if arguments.random:
        ratios(arguments.random)
    if arguments.run:
        table(arguments.run, arguments.rows)


if __name__ == "__main__":
    main()
