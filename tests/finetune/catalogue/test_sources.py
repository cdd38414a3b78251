"""What base_model names, and where its folder lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lfine.finetune.catalogue import sources
from lfine.finetune.catalogue.entries import entries, entry
from lfine.finetune.catalogue.sources import (
    ModelSource,
    converted_folder,
    has_weights,
    local_folder,
    needed_folder,
    resolve_source,
)
from lfine.schemas.errors import MachineError, TaskError
from lfine.schemas.task import BaseModel

NAME = "smollm2-135m-instruct"


def test_entries_are_pinned_to_bytes() -> None:
    for found in entries().values():
        assert len(found.wheel_sha256) == len(found.gguf_sha256) == 64
        assert found.version in found.wheel
        assert found.member.endswith(".gguf")


def test_catalogue_name(tmp_path: Path) -> None:
    assert resolve_source(NAME, tmp_path) == ModelSource("catalogue", NAME, None, None)


def test_catalogue_name_wins_over_a_folder_of_that_name_unless_written_as_path(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert resolve_source(NAME, tmp_path).kind == "catalogue"
    assert resolve_source(f"./{NAME}", tmp_path).path == (tmp_path / NAME).resolve()


def test_folder_beside_the_task_before_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside, working = tmp_path / "tasks", tmp_path / "here"
    for place in (beside, working):
        (place / "model").mkdir(parents=True)
    (working / "other").mkdir()
    monkeypatch.chdir(working)
    assert resolve_source("model", beside).path == (beside / "model").resolve()
    assert resolve_source("other", beside).path == (working / "other").resolve()


def test_gguf_file(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    source = resolve_source("m.gguf", tmp_path)
    assert (source.kind, source.path) == ("gguf", (tmp_path / "m.gguf").resolve())


@pytest.mark.parametrize(
    ("written", "name", "revision"),
    [
        ("mistralai/Mistral-7B-v0.1", "mistralai/Mistral-7B-v0.1", None),
        ("org/name@main", "org/name", "main"),
        ("org/name@refs/pr/1", "org/name", "refs/pr/1"),
    ],
)
def test_hub_ids(tmp_path: Path, written: str, name: str, revision: str | None) -> None:
    assert resolve_source(written, tmp_path) == ModelSource("hub", name, None, revision)


def test_a_record_is_a_bare_id_with_its_revision(tmp_path: Path) -> None:
    assert resolve_source(BaseModel(NAME, None, False), tmp_path) == resolve_source(NAME, tmp_path)
    found = resolve_source(BaseModel("org/name", "v1.0", False), tmp_path)
    assert found == resolve_source("org/name@v1.0", tmp_path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("org/name@main", "base_model.id ends in @main, and base_model.revision is given too, 'v1'"),
        (NAME, "a name of the catalogue, whose bytes are fixed"),
        ("./model", "'./model' is a local folder"),
        ("m.gguf", "'m.gguf' is a local file"),
    ],
)
def test_a_revision_without_use(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    with pytest.raises(TaskError) as caught:
        resolve_source(BaseModel(name, "v1", False), tmp_path)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert (problem.code, problem.path) == ("LF241", "base_model.revision")


def test_code_of_the_model_needs_the_command_lines_word_too(tmp_path: Path) -> None:
    asked = BaseModel("org/name", None, True)
    with pytest.raises(TaskError) as caught:
        resolve_source(asked, tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("LF242", "base_model.trust_remote_code")
    assert "--allow-code" in problem.cure
    assert resolve_source(asked, tmp_path, allow_code=True) == resolve_source("org/name", tmp_path)


def test_all_problems_of_a_base_model_at_once(tmp_path: Path) -> None:
    for name, codes in (("zzz", ["LF242", "LF215"]), (NAME, ["LF242", "LF241"])):
        with pytest.raises(TaskError) as caught:
            resolve_source(BaseModel(name, "v1", True), tmp_path)
        assert [problem.code for problem in caught.value.problems] == codes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("smollm2", "did you mean 'smollm2-135m-instruct'?"),
        ("zzz", "the catalogue has smollm2-135m-instruct"),
        ("./no/such", "no model folder or .gguf file lies there"),
        ("/no/such/folder", "no model folder or .gguf file lies there"),
        ("no.gguf", "no model folder or .gguf file lies there"),
    ],
)
def test_names_that_mean_nothing(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(TaskError) as caught:
        resolve_source(written, tmp_path)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert (problem.code, problem.path) == ("LF215", "base_model")
    assert problem.cure


def test_needed_folder_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path))
    source = resolve_source(NAME, tmp_path)
    assert local_folder(source) is None
    with pytest.raises(MachineError) as caught:
        needed_folder(source)
    assert caught.value.problems[0].code == "LF402"
    assert caught.value.problems[0].cure == f"lfine models pull {NAME}"


def test_a_conversion_counts_only_when_whole_and_of_this_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path))
    source = resolve_source(NAME, tmp_path)
    known = entry(NAME)
    assert known is not None
    folder = tmp_path / "models" / f"{NAME}-{known.gguf_sha256[:12]}"
    assert converted_folder(source) == folder
    folder.mkdir(parents=True)
    assert local_folder(source) is None
    (folder / "lfine.json").write_text(json.dumps({"conversion": sources.CONVERSION - 1}))
    assert local_folder(source) is None
    (folder / "lfine.json").write_text(json.dumps({"conversion": sources.CONVERSION}))
    assert local_folder(source) == folder


def test_a_gguf_file_is_known_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path))
    (tmp_path / "m.gguf").write_bytes(b"GGUF one")
    first = converted_folder(resolve_source("m.gguf", tmp_path))
    (tmp_path / "m.gguf").write_bytes(b"GGUF another")
    second = converted_folder(resolve_source("m.gguf", tmp_path))
    assert first.name.startswith("m-")
    assert first != second


def test_hub_model_absent_without_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert local_folder(ModelSource("hub", "no-org-of-ours/no-model", None, None)) is None


def test_weights_of_an_index_must_all_be_there(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert not has_weights(tmp_path)
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-1.safetensors").write_bytes(b"")
    assert not has_weights(tmp_path)
    (tmp_path / "model-2.safetensors").write_bytes(b"")
    assert has_weights(tmp_path)
