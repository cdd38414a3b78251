"""Folders, models and variables; and that nothing of them is a secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from lfine.doctor.places import folder, hub_cache, hub_models, models, place_findings, variables


class Usage(NamedTuple):
    free: int


def test_a_folder_that_will_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(82_800_000_000))
    found = folder("LFINE_RUNS", tmp_path / "a" / "b")
    assert (found.mark, found.value, found.said) == ("ok", 82_800_000_000, "./a/b: 82.8 GB free")
    assert not (tmp_path / "a").exists()


def test_a_disk_with_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1_500_000_000))
    found = folder("LFINE_CACHE", tmp_path)
    assert (found.mark, found.cure) == ("note", "make room, or name another folder in LFINE_CACHE")
    assert "only 1.5 GB free" in found.said


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    found = folder("LFINE_RUNS", tmp_path / "file" / "runs")
    assert (found.mark, found.said, found.cure) == ("missing", "./file is a file", "name another folder in LFINE_RUNS")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert folder("LFINE_RUNS", tmp_path / "runs").said == "./runs cannot be written"


def test_models_that_are_here_and_that_are_not(tmp_path: Path) -> None:
    (absent,) = models()
    assert (absent.name, absent.mark, absent.cure) == (
        "smollm2-135m-instruct",
        "note",
        "lfine models pull smollm2-135m-instruct",
    )
    other = tmp_path / "cache" / "models" / "mine-0123456789ab"
    other.mkdir(parents=True)
    (other / "config.json").write_text("{}", encoding="utf-8")
    assert [(each.name, each.mark) for each in models()] == [
        ("smollm2-135m-instruct", "note"),
        ("mine-0123456789ab", "ok"),
    ]
    known = tmp_path / "cache" / "models" / "smollm2-135m-instruct-b179c9523d0e"
    known.mkdir()
    (known / "config.json").write_text("{}", encoding="utf-8")
    (known / "lfine.json").write_text(json.dumps({"conversion": 1}), encoding="utf-8")
    assert [(each.name, each.mark) for each in models()] == [
        ("smollm2-135m-instruct", "ok"),
        ("mine-0123456789ab", "ok"),
    ]


def test_models_of_the_hub_whose_weights_are_whole(tmp_path: Path) -> None:
    for name, weights in (("models--org--whole", True), ("models--org--half", False), ("datasets--org--rows", True)):
        snapshot = tmp_path / "hub" / name / "snapshots" / "abc"
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text("{}", encoding="utf-8")
        if weights:
            (snapshot / "model.safetensors").write_bytes(b"")
    (found,) = hub_models({"HF_HOME": str(tmp_path)})
    assert (found.name, found.value) == ("org/whole", True)


def test_where_the_hub_keeps_them() -> None:
    assert hub_cache({}) == Path.home() / ".cache" / "huggingface" / "hub"
    assert hub_cache({"XDG_CACHE_HOME": "/x"}) == Path("/x/huggingface/hub")
    assert hub_cache({"XDG_CACHE_HOME": "/x", "HF_HOME": "/h"}) == Path("/h/hub")
    assert hub_cache({"HF_HOME": "/h", "HF_HUB_CACHE": "/c"}) == Path("/c")


def test_where_the_hub_itself_says_it_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", "~/elsewhere")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert Path(done.stdout.strip()) == hub_cache(os.environ)


def test_our_variables(tmp_path: Path) -> None:
    given = {"LFINE_DATA": str(tmp_path), "LFINE_CACHE": str(Path.home() / "models"), "LFINE_CAHE": "hf_secret"}
    found = {each.name: each for each in variables(given)}
    assert (found["LFINE_DATA"].mark, found["LFINE_DATA"].value) == ("ok", ".")
    assert found["LFINE_CACHE"].said == "~/models"
    assert (found["LFINE_RUNS"].mark, found["LFINE_RUNS"].said) == ("ok", "not set")
    assert (found["LFINE_CAHE"].mark, found["LFINE_CAHE"].cure) == ("note", "did you mean LFINE_CACHE?")
    gone = {each.name: each for each in variables({"LFINE_DATA": "/no/such/folder"})}["LFINE_DATA"]
    assert (gone.mark, gone.cure) == ("missing", "correct it, or unset it")


@pytest.mark.parametrize(("value", "mark"), [("1", "note"), ("true", "note"), ("0", "ok"), ("", "ok")])
def test_a_flag_that_forbids_the_network(value: str, mark: str) -> None:
    found = {each.name: each for each in variables({"HF_HUB_OFFLINE": value})}["HF_HUB_OFFLINE"]
    assert (found.mark, found.value) == (mark, mark == "note")


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hf_abcdefghij"  # noqa: S105 (made up)
    for name in ("HF_TOKEN", "LFINE_TOKEN", "WANDB_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, secret)
    found = place_findings()
    assert secret not in repr(found)
    token = {each.name: each for each in found}["HF_TOKEN"]
    assert (token.mark, token.value, token.said) == ("ok", True, "set (its value is not shown)")
    without = {each.name: each for each in variables({})}["HF_TOKEN"]
    assert (without.mark, without.value) == ("note", False)


def test_values_of_others_that_matter() -> None:
    found = {each.name: each for each in variables({"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""})}
    assert found["OMP_NUM_THREADS"].value == "1"
    assert "CUDA_VISIBLE_DEVICES" not in found
