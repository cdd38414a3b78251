"""Exports from Python: what is written loads anywhere, and a merge that was damaged is found out and refused."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from lfine import export_making
from lfine.exporting import Exported, ExportOptions, export_run
from lfine.finetune.compile.files import read_plan
from lfine.finetune.export.merging import Merged, merge
from lfine.finetune.export.model_folder import copy_tokenizer
from lfine.finetune.models.adapters import load_adapter
from lfine.finetune.models.loading import load_base
from lfine.schemas.errors import LfineError, MachineError, RunError, TaskError, UsageError
from tests.finetune.export.test_uploading import FakeHub
from tests.lfine.projects import Project, files_of, lfine, small_disk, write_project

IDS = torch.arange(3, 19).unsqueeze(0)


def run_of(project: Project) -> Path:
    return project.run_folders()[0]


def export(run: Path, out: Path, **options: Any) -> Exported:
    options = {"rows": 4, **options}
    with contextlib.redirect_stderr(io.StringIO()):
        return export_run(ExportOptions(run=str(run), out=str(out), **options))


def refused(run: Path, out: Path, error: type[LfineError] = RunError, **options: Any) -> LfineError:
    with pytest.raises(error) as caught:
        export(run, out, **options)
    return caught.value


@torch.no_grad()
def logits(model: nn.Module) -> Tensor:
    found: Tensor = model(IDS).logits
    return found


def model_of(run: Path) -> nn.Module:
    """The model as it was trained, adapter on."""
    plan = read_plan(run / "plan.json")
    base = load_base(
        Path(plan.task.base_model.id), dtype="float32", device="cpu", quantization=plan.training.model.quantization
    )
    if plan.training.adapter:
        base = load_adapter(base, run / "adapter")
    model: nn.Module = base
    return model


def plain(folder: Path) -> nn.Module:
    """What anybody gets."""
    from transformers import AutoModelForCausalLM

    loaded: nn.Module = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True).eval()
    return loaded


@pytest.fixture
def strong(trained: Project) -> Path:
    """A run whose adapter changes much: four updates of a tiny model hardly do."""
    path = run_of(trained) / "adapter" / "adapter_model.safetensors"
    weights = {name: weight * (30 if "lora_B" in name else 1) for name, weight in load_file(path).items()}
    save_file(weights, path, metadata={"format": "pt"})
    return run_of(trained)


@pytest.fixture(scope="session")
def quantized(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Path:
    """A run on a base in NF4."""
    project = write_project(tmp_path_factory.mktemp("quantized"), tiny_model_folder)
    project.edit(
        "output_feature: label", "output_feature: label\nquantization: {bits: 4, bnb_4bit_compute_dtype: float32}"
    )
    ended = lfine("train", project.task, "--runs-dir", project.runs)
    assert ended.code == 0, ended.err
    return run_of(project)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Path:
    """A run that trained all weights."""
    project = write_project(tmp_path_factory.mktemp("full"), tiny_model_folder)
    project.edit("output_feature: label", "output_feature: label\nadapter: null")
    ended = lfine("train", project.task, "--runs-dir", project.runs)
    assert ended.code == 0, ended.err
    return run_of(project)


def test_merged_weights_answer_as_the_run(strong: Path, tmp_path: Path) -> None:
    exported = export(strong, tmp_path / "out", dtype="float32", rows=50)
    torch.testing.assert_close(logits(plain(tmp_path / "out")), logits(model_of(strong)), rtol=1e-4, atol=1e-4)
    drift = exported.record.check.drift
    assert (drift.rows, drift.differing) == (12, ())
    assert drift.tokens >= 12
    assert drift.mean < 1e-4
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"README.md", "export.json", "lfine_prompt.json", "chat_template.jinja", "generation_config.json"} <= names
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []


def test_sixteen_bits_are_the_usual(strong: Path, tmp_path: Path) -> None:
    exported = export(strong, tmp_path / "out")
    assert {weight.dtype for weight in plain(tmp_path / "out").parameters()} == {torch.bfloat16}
    assert (exported.record.dtype, exported.record.merged_into) == ("bfloat16", "trained")
    drift = exported.record.check.drift
    assert 0 < drift.mean < drift.largest
    assert drift.unexplained == ()


def test_an_adapter_by_itself(strong: Path, tmp_path: Path) -> None:
    exported = export(strong, tmp_path / "out", adapter_only=True)
    assert (exported.record.kind, exported.record.dtype, exported.record.merged_into) == ("adapter", "float32", None)
    assert exported.record.check.drift.mean == 0.0
    base = load_base(
        Path(read_plan(strong / "plan.json").task.base_model.id), dtype="float32", device="cpu", quantization=None
    )
    assert torch.equal(logits(load_adapter(base, tmp_path / "out")), logits(model_of(strong)))


def test_a_quantized_base_is_merged_as_it_was_trained(quantized: Path, tmp_path: Path) -> None:
    exported = export(quantized, tmp_path / "out", dtype="float32")
    torch.testing.assert_close(logits(plain(tmp_path / "out")), logits(model_of(quantized)), rtol=1e-4, atol=1e-4)
    assert (exported.record.quantization, exported.record.merged_into) == ("nf4", "trained")


def test_another_base_than_the_one_of_training_is_noticed(quantized: Path, tmp_path: Path) -> None:
    """What most tools do: merge into the weights from before quantization."""
    error = refused(quantized, tmp_path / "out", base_weights="original", dtype="float32")
    (problem,) = error.problems
    assert (problem.code, problem.file) == ("LF540", str(tmp_path / "out.refused"))
    assert "leave --base-weights original out" in problem.cure
    assert not (tmp_path / "out").exists()
    record = json.loads((tmp_path / "out.refused" / "export.json").read_text())
    assert record["merged_into"] == "original"
    assert record["check"]["refused"]


def test_a_full_fine_tuning(full: Path, tmp_path: Path) -> None:
    exported = export(full, tmp_path / "out", dtype="float32")
    assert torch.equal(logits(plain(tmp_path / "out")), logits(plain(full / "model")))
    assert (exported.record.merged_into, exported.record.largest_rank) == (None, None)
    for options in ({"adapter_only": True}, {"require_servable": True}):
        error = refused(full, tmp_path / "other", UsageError, **options)
        assert error.problems[0].code == "LF115"


def left_out(_: Merged, before: dict[str, Tensor]) -> dict[str, Tensor]:
    return before


def twice(merged: Merged, before: dict[str, Tensor]) -> dict[str, Tensor]:
    """The classical slip of the scale: alpha taken for alpha / r times two."""
    return {name: before[name] + 2 * (weight - before[name]) for name, weight in merged.weights.items()}


def one_layer_left_out(merged: Merged, before: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: before[name] if ".layers.1." in name else weight for name, weight in merged.weights.items()}


def turned(merged: Merged, before: dict[str, Tensor]) -> dict[str, Tensor]:
    """The update of one layer transposed."""
    name = "model.layers.0.self_attn.q_proj.weight"
    return {**merged.weights, name: before[name] + (merged.weights[name] - before[name]).T}


def no_numbers(merged: Merged, before: dict[str, Tensor]) -> dict[str, Tensor]:
    name = "model.layers.0.mlp.up_proj.weight"
    return {**merged.weights, name: before[name] * float("nan")}


@pytest.mark.parametrize("damage", [left_out, twice, one_layer_left_out, turned, no_numbers])
def test_a_damaged_merge_is_refused(
    damage: Callable[[Merged, dict[str, Tensor]], dict[str, Tensor]],
    strong: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = load_file(Path(read_plan(strong / "plan.json").task.base_model.id) / "model.safetensors")
    before["lm_head.weight"] = before["model.embed_tokens.weight"]

    def damaged(model: nn.Module, dtype: torch.dtype, *, computing: torch.dtype) -> Merged:
        merged = merge(model, dtype, computing=computing)
        return replace(merged, weights={name: each.contiguous() for name, each in damage(merged, before).items()})

    monkeypatch.setattr(export_making, "merge", damaged)
    error = refused(strong, tmp_path / "out", dtype="float32")
    assert [problem.code for problem in error.problems] == ["LF540"]
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.refused" / "model.safetensors").is_file()


def test_another_tokenizer_is_refused(strong: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def edited(base: Path, folder: Path) -> None:
        copy_tokenizer(base, folder)
        path = folder / "chat_template.jinja"
        path.write_text(path.read_text().replace("assistant", "model"))

    monkeypatch.setattr(export_making, "copy_tokenizer", edited)
    for adapter_only in (False, True):
        error = refused(strong, tmp_path / "out", adapter_only=adapter_only)
        assert error.problems[0].code == "LF506"


def test_an_export_is_replaced_and_nothing_else(strong: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export(strong, tmp_path / "empty")
    before = (tmp_path / "empty" / "model.safetensors").read_bytes()
    export(strong, tmp_path / "empty", dtype="float16")
    assert (tmp_path / "empty" / "model.safetensors").read_bytes() != before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    error = refused(strong, tmp_path / "mine", TaskError)
    assert (error.problems[0].code, error.problems[0].file) == ("LF132", str(tmp_path / "mine"))
    assert files_of(tmp_path / "mine") == {"thesis.txt": b"mine"}


def test_a_full_disk_leaves_the_last_export(strong: Path, tmp_path: Path) -> None:
    export(strong, tmp_path / "out")
    before = files_of(tmp_path / "out")
    with small_disk(20_000):
        error = refused(strong, tmp_path / "out", MachineError, dtype="float32")
    assert [problem.code for problem in error.problems] == ["LF405"]
    assert files_of(tmp_path / "out") == before
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out"]


def test_no_path_of_this_machine_leaves_it(strong: Path, tmp_path: Path, tiny_model_folder: Path) -> None:
    for name, adapter_only in (("merged", False), ("adapter", True)):
        export(strong, tmp_path / name, adapter_only=adapter_only)
        for file, data in files_of(tmp_path / name).items():
            for private in (str(tmp_path), str(tiny_model_folder), str(strong), str(Path.home())):
                assert private.encode() not in data, file


def without_the_last_layer(run: Path) -> None:
    """Let an adapter adapt the first of two layers only."""
    path = run / "adapter" / "adapter_model.safetensors"
    save_file({name: each for name, each in load_file(path).items() if ".layers.1." not in name}, path)
    config = json.loads((run / "adapter" / "adapter_config.json").read_text())
    config["target_modules"] = r".*layers\.0\.self_attn\.(q|k|v|o)_proj"
    (run / "adapter" / "adapter_config.json").write_text(json.dumps(config))


def test_what_servers_do_not_take(strong: Path, tmp_path: Path) -> None:
    without_the_last_layer(strong)
    exported = export(strong, tmp_path / "out")
    assert [problem.code for problem in exported.servable] == ["LF541"]
    assert "LoRAX leaves such kinds out" in exported.record.not_servable[0]
    error = refused(strong, tmp_path / "other", TaskError, require_servable=True)
    assert [(problem.code, problem.severity) for problem in error.problems] == [("LF541", "error")]
    assert not (tmp_path / "other").exists()


def test_uploading_begins_with_a_question_and_ends_with_the_folder(strong: Path, tmp_path: Path) -> None:
    api = FakeHub()
    options = ExportOptions(run=str(strong), out=str(tmp_path / "out"), upload="me/topics", rows=2)
    with contextlib.redirect_stderr(io.StringIO()):
        exported = export_run(options, lambda: api)
    assert exported.address == "https://hub.test/me/topics"
    assert [name for name, _ in api.asked] == ["whoami", "create_repo", "upload_folder"]
    assert api.asked[2][1]["folder_path"] == str(tmp_path / "out")
    assert "from_pretrained('me/topics')" in (tmp_path / "out" / "README.md").read_text()


def test_no_access_is_said_before_anything_is_made(strong: Path, tmp_path: Path) -> None:
    options = ExportOptions(run=str(strong), out=str(tmp_path / "out"), upload="me/topics")
    with pytest.raises(MachineError) as caught:
        export_run(options, lambda: FakeHub(whoami=ConnectionError("offline")))
    assert caught.value.problems[0].code == "LF430"
    assert not (tmp_path / "out").exists()


def test_what_was_made_stays_when_the_upload_fails(strong: Path, tmp_path: Path) -> None:
    options = ExportOptions(run=str(strong), out=str(tmp_path / "out"), upload="me/topics", rows=2)
    with contextlib.redirect_stderr(io.StringIO()), pytest.raises(MachineError) as caught:
        export_run(options, lambda: FakeHub(upload_folder=ConnectionError("reset")))
    assert f"hf upload me/topics {tmp_path / 'out'}" in caught.value.problems[0].cure
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_the_card_runs_and_answers_as_the_run(strong: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program in the model card, on a held-out row, gives what `lfine evaluate` got of the run's own model."""
    with contextlib.redirect_stderr(io.StringIO()):
        ended = lfine("evaluate", strong.parent.parent.parent / "topics.yaml", "--run", strong)
    assert ended.code == 0, ended.err
    export(strong, tmp_path / "out", dtype="float32")
    monkeypatch.chdir(tmp_path)
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)\n```", card, flags=re.DOTALL)
    lines = (strong / "evaluations" / "tuned" / "predictions.jsonl").read_text().splitlines()
    for line in map(json.loads, lines[:3]):
        question = re.search(r"Classify the question: (.*)<\|im_end\|>", line["prompt"])
        assert question is not None
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(program.replace("'…'", repr(question[1])), {})  # noqa: S102 -- our own card's program
        assert out.getvalue() == line["prediction"] + "\n"


def test_a_run_from_elsewhere(strong: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data are found in the working folder where the task's own folder is gone."""
    project = strong.parent.parent.parent
    moved = tmp_path / "moved"
    shutil.move(project, moved)
    monkeypatch.chdir(moved)
    run = moved / strong.relative_to(project)
    plan_folder = read_plan(run / "plan.json").folder
    if Path(plan_folder).is_dir():
        shutil.move(plan_folder, tmp_path / "away")
    try:
        assert export(run, tmp_path / "out", rows=2).record.check.drift.rows == 2
    finally:
        if (tmp_path / "away").is_dir():
            shutil.move(tmp_path / "away", plan_folder)
