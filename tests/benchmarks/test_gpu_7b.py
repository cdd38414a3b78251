"""The 7B-shape run: its rows, its plan, and that the small one trains."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.gpu_7b import COMPLETION, OWN, TINY, Side, lengths_of, lfine_side, write_model
from benchmarks.gpu_7b_plan import PREFIX, plan_of, rows_of
from lfine.finetune.compile.encoded import EncodedExample
from lfine.finetune.compile.memory import total

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shape")
    write_model(place, TINY, "cpu")
    return place


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[EncodedExample]:
    monkeypatch.delenv("LFINE_DATA", raising=False)
    return rows_of(lengths_of(None, 8), vocab=TINY["vocab_size"])


def test_lengths_are_drawn_like_viggos_or_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LFINE_DATA", raising=False)
    found = lengths_of(None, 500)
    assert found == lengths_of(None, 500)
    for numbers, (mean, _, least, most) in zip(zip(*found, strict=True), (OWN, COMPLETION), strict=True):
        assert sum(numbers) / 500 == pytest.approx(mean, rel=0.1)
        assert least <= min(numbers)
        assert max(numbers) <= most
    (tmp_path / "l.json").write_text(json.dumps([[3, 4], [5, 6], [7, 8]]), encoding="utf-8")
    assert lengths_of(tmp_path / "l.json", 2) == [(3, 4), (5, 6)]


def test_rows_begin_alike_and_have_their_lengths(rows: list[EncodedExample]) -> None:
    lengths = lengths_of(None, 8)
    assert [(len(row.prompt_ids) - PREFIX, len(row.completion_ids)) for row in rows] == lengths
    assert len({row.prompt_ids[:PREFIX] for row in rows}) == 1
    assert len({row.prompt_ids[: PREFIX + 2] for row in rows}) > 1
    assert {row.completion_ids[-1] for row in rows} == {2}


def test_the_plan_is_decided_as_lfine_decides(folder: Path, rows: list[EncodedExample]) -> None:
    plan, memory = plan_of(folder, rows, device="cpu", batch=4, updates=2)
    assert (plan.model.family, plan.machine.layout, plan.machine.micro_batch_size) == ("mistral", "shared_prefix", 4)
    assert (plan.steps, plan.train_examples) == (2, 8)
    assert total(memory) > 0


def test_the_small_run_trains(folder: Path, rows: list[EncodedExample]) -> None:
    side = lfine_side(folder, rows, argparse.Namespace(device="cpu", batch=4, updates=2))
    assert len(side.losses) == len(side.seconds) == 2
    assert sum(side.tokens) == sum(row.length for row in rows)
    assert side.losses == pytest.approx([math.log(TINY["vocab_size"])] * 2, rel=0.05), "random weights know nothing"


def test_figures_leave_the_first_updates_out() -> None:
    side = Side("lfine", [9.0, 9.0, 9.0, 1.0, 2.0, 3.0], [1.0] * 6, [100] * 6, 2_000_000_000, 1_900_000_000)
    assert side.line() == "lfine: 6 updates, median 2.000 s, 50 tokens/s, peak 2.0 GB (estimated 1.9)"


def test_the_shape_itself_needs_a_gpu() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = subprocess.run([sys.executable, "-m", "benchmarks.gpu_7b"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "a 7B shape needs a GPU; --tiny runs without one"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_both_sides_run_on_a_gpu() -> None:
    words = [sys.executable, "-m", "benchmarks.gpu_7b", "--tiny", "--updates", "5", "--batch", "4"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "lfine: 5 updates" in done.stdout
    assert done.stdout.strip().endswith("tiny: no figures")
