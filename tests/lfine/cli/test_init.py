"""`lfine init --from FILE`: what is written validates, and every key is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lfine.cli.schema import schema_file
from lfine.schemas.loading import load_task
from tests.lfine.converting.test_lora_land import METADATA
from tests.lfine.converting.test_ludwig import LORA_LAND
from tests.lfine.projects import Project, lfine, refused


@pytest.fixture
def ludwig(tmp_path: Path) -> Path:
    path = tmp_path / "ludwig.yaml"
    path.write_text(yaml.safe_dump(LORA_LAND, sort_keys=False), encoding="utf-8")
    return path


def test_a_ludwig_config_becomes_a_task_that_validates(ludwig: Path, tmp_path: Path) -> None:
    out = tmp_path / "task.yaml"
    ended = lfine("init", "--from", ludwig, "--out", out)
    assert (ended.code, ended.err) == (0, "")
    assert "converted  2,500 updates" in ended.out
    assert ended.out.endswith(f"wrote {out}; next: lfine validate {out}\n")
    checked = lfine("validate", out, "--format", "json")
    assert (checked.code, [each["code"] for each in checked.json()["problems"]]) == (0, ["LF301"])
    assert load_task(out).task.trainer.train_steps == 2500


def test_the_metadata_of_lora_land(tmp_path: Path) -> None:
    source, out = tmp_path / "metadata.yaml", tmp_path / "task.yaml"
    source.write_text(yaml.safe_dump(METADATA), encoding="utf-8")
    assert lfine("init", "--from", source, "--out", out, "my.csv").code == 0
    task = load_task(out).task
    assert (task.dataset.path, task.name, task.evaluation.split) == ("my.csv", "VIGGO_games", "validation")
    assert lfine("validate", out).code == 0


def test_without_out_the_task_goes_to_stdout_and_the_account_to_stderr(ludwig: Path) -> None:
    ended = lfine("init", "--from", ludwig)
    assert yaml.safe_load(ended.out)["base_model"] == "mistralai/Mistral-7B-v0.1"
    assert "trainer.train_steps" in ended.err


def test_json(ludwig: Path) -> None:
    found = lfine("init", "--from", ludwig, "--format", "json").json()
    assert list(found) == ["form", "out", "task", "keys", "notes"]
    assert found["form"] == "Ludwig"
    assert {key["fate"] for key in found["keys"]} == {"kept", "moved", "converted", "left out"}


def test_the_first_line_names_the_schema_for_editors(ludwig: Path, tmp_path: Path) -> None:
    out = tmp_path / "task.yaml"
    lfine("init", "--from", ludwig, "--out", out)
    first = out.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    named = first.partition("$schema=")[2]
    assert (out.parent / named).resolve() == schema_file().resolve()


def test_nothing_is_written_over(ludwig: Path) -> None:
    before = ludwig.read_bytes()
    assert refused("init", "--from", ludwig, "--out", ludwig).problem()["code"] == "LF132"
    assert ludwig.read_bytes() == before
    assert lfine("init", "--from", ludwig, "--out", ludwig, "--force").code == 0
    assert ludwig.read_bytes() != before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input_features: []\noutput_features: []\n", "LF131"),
        ("model_type: llm\ninput_features: []\noutput_features: [{name: a}]\n", "LF131"),
        ("model_type: llm\ninput_features: [a]\noutput_features: [{name: a}]\n", "LF131"),
        ("base_model: m\n", "LF131"),
        ("a: [", "LF107"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    assert refused("init", "--from", path).problem()["code"] == code


def test_there_and_back(project: Project, tmp_path: Path) -> None:
    """A task written for Ludwig and converted again trains as many updates, of as many examples, at the same rate."""
    project.edit("batch_size: 4", "batch_size: 4, micro_batch_size: 2")
    lfine("compile", project.task, "--target", "ludwig", "--out", tmp_path / "out")
    back = tmp_path / "back.yaml"
    data = tmp_path / "out" / "data.jsonl"
    assert lfine("init", "--from", tmp_path / "out" / "ludwig.yaml", "--out", back, data).code == 0
    before, after = load_task(project.task).task, load_task(back).task
    for name in ("train_steps", "batch_size", "micro_batch_size", "learning_rate", "max_grad_norm"):
        assert getattr(after.trainer, name) == getattr(before.trainer, name), name
    assert after.preprocessing.split.type == "fixed"
    assert lfine("validate", back, "--data").code == 0
    assert lfine("compile", back).code == 0


def test_data_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    source, out = tmp_path / "metadata.yaml", tmp_path / "task.yaml"
    source.write_text(yaml.safe_dump({**METADATA, "dataset_name": "1e-4", "target_col": "no"}), encoding="utf-8")
    lfine("init", "--from", source, "--out", out)
    task = load_task(out).task
    assert task.name == "1e-4"
    assert task.output_feature is not None
    assert task.output_feature.name == "no"
