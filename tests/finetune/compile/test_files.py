"""plan.json: read back as it was written; refused when anything in it was changed, cut short or of another format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfine.finetune.compile.files import plan_record, read_plan, weights_folder, write_plan
from lfine.finetune.compile.plan import Plan
from lfine.schemas.errors import RunError
from lfine.schemas.records import digest
from tests.finetune.compile.bench import Bench
from tests.finetune.compile.test_plan import changed, leaves


@pytest.fixture
def plan(bench: Bench) -> Plan:
    return bench.compile(["quantization.bits=4", "evaluation.baselines=[majority]"]).plan


def refused(path: Path) -> str:
    """Return the message with which a file is refused."""
    with pytest.raises(RunError) as caught:
        read_plan(path)
    (problem,) = caught.value.problems
    assert problem.code == "LF505"
    assert problem.file == str(path)
    assert problem.cure
    return problem.message


def edit(path: Path, record: dict[str, Any]) -> None:
    path.write_text(json.dumps(record), encoding="utf-8")


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["quantization.bits=4"],
        ["quantization.bits=8", "trainer.dtype=bfloat16"],
        ["adapter=null"],
        ["adapter.target_modules=[q_proj]", "adapter.use_rslora=true"],
        ["adapter.target_modules=all-linear"],
        ["trainer.learning_rate=1", "trainer.max_grad_norm=1", "trainer.epochs=2", "adapter.dropout=0"],
        ["trainer.optimizer={betas: [0, 0], eps: 1, weight_decay: 1}", "trainer.max_grad_norm=null"],
        ["preprocessing.max_sequence_length=64", "preprocessing.split={type: hash, seed: 3}"],
        ["prompt={template: 'é 🙂 {question}', chat: none}", "output_feature={name: label, type: text}"],
        ["evaluation.metrics=[f1, accuracy]", "evaluation.confidence=0.5", "description=null"],
    ],
    ids=lambda overrides: ",".join(overrides)[:40] or "defaults",
)
def test_a_plan_is_read_back_as_it_was_written(bench: Bench, tmp_path: Path, overrides: list[str]) -> None:
    plan = bench.compile(overrides).plan
    path = tmp_path / "run" / "plan.json"
    write_plan(plan, path)
    read = read_plan(path)
    assert read == plan
    assert (read.plan_hash, read.evaluation_hash) == (plan.plan_hash, plan.evaluation_hash)
    write_plan(read, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_the_file_is_json_that_other_programs_read(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record == plan_record(plan)
    assert record["format"] == 1
    assert record["task"] == plan.task.name == "task"
    assert record["plan_hash"] == plan.plan_hash
    assert record["evaluation_hash"] == plan.evaluation_hash
    assert record["training"]["steps"] == plan.training.steps
    assert record["source"]["trainer"]["batch_size"] == 16
    assert {"path", "value", "origin", "reason"} == set(record["decisions"][0])


def test_only_the_file_itself_is_left_behind(plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_plan(plan, folder / "plan.json")
    write_plan(plan, folder / "plan.json")
    assert [path.name for path in folder.iterdir()] == ["plan.json"]


def test_whichever_value_is_edited_it_is_noticed(plan: Plan, tmp_path: Path) -> None:
    path, record = tmp_path / "plan.json", json.loads(json.dumps(plan_record(plan)))
    paths = list(leaves(record))
    assert len(paths) > 250
    for place in paths[::5]:  # each takes 10 ms
        edit(path, changed(record, place))
        refused(path)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (("training", "learning_rate"), "plan_hash"),
        (("training", "data", "train_hash"), "plan_hash"),
        (("evaluation", "sample_size"), "evaluation_hash"),
        (("training", "machine", "micro_batch_size"), "file_hash"),
        (("source", "dataset", "path"), "file_hash"),
        (("decisions", 0, "reason"), "file_hash"),
        (("folder",), "file_hash"),
        (("task",), "file_hash"),
        (("plan_hash",), "plan_hash"),
    ],
)
def test_the_message_names_the_hash(plan: Plan, tmp_path: Path, place: tuple[str | int, ...], told: str) -> None:
    path, record = tmp_path / "plan.json", json.loads(json.dumps(plan_record(plan)))
    edit(path, changed(record, place))
    assert refused(path) == f"plan.json does not match its own {told}: it was edited, or another version wrote it"


def test_white_space_and_the_order_of_keys_are_no_edit(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    edit(path, dict(reversed(plan_record(plan).items())))
    assert read_plan(path) == plan


def test_an_added_key_is_an_edit(plan: Plan, tmp_path: Path) -> None:
    edit(tmp_path / "plan.json", {**plan_record(plan), "note": "mine"})
    assert "file_hash" in refused(tmp_path / "plan.json")


@pytest.mark.parametrize("key", sorted(("format", "source", "folder", "training", "evaluation", "decisions")))
def test_a_missing_key_is_named(plan: Plan, tmp_path: Path, key: str) -> None:
    record = plan_record(plan)
    del record[key]
    edit(tmp_path / "plan.json", record)
    assert key in refused(tmp_path / "plan.json")


def test_a_missing_value_inside_is_named_with_its_place(plan: Plan, tmp_path: Path) -> None:
    record = plan_record(plan)
    del record["training"]["length"]["p95"]
    edit(tmp_path / "plan.json", record)
    assert refused(tmp_path / "plan.json") == "plan.json cannot be read as a plan: training.length.p95 is missing"


def test_another_format_is_named(plan: Plan, tmp_path: Path) -> None:
    rest = {**plan_record(plan), "format": 2}
    del rest["file_hash"]
    edit(tmp_path / "plan.json", {**rest, "file_hash": digest(rest)})
    assert refused(tmp_path / "plan.json").endswith("its format is 2, and this version reads 1")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_was_cut_short_is_refused(plan: Plan, tmp_path: Path, share: float) -> None:
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(share * len(raw))])
    assert refused(path).startswith("plan.json cannot be read as a plan")


@pytest.mark.parametrize("text", ["[]", "null", "3", '"plan"', "{}", "\x00", '{"format": 1}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    refused(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(b"\xff\xfe\x00{")
    refused(path)


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "plan.json")
    refused(tmp_path)


@pytest.mark.parametrize(("override", "name"), [("adapter.r=4", "adapter"), ("adapter=null", "model")])
def test_a_full_fine_tuning_has_another_folder(bench: Bench, override: str, name: str) -> None:
    training = bench.compile([override, "quantization=null"]).plan.training
    assert weights_folder(Path("run"), training) == Path("run") / name
