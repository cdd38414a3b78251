"""Libraries that are here, absent or too old, and the line that mends it; the real metadata beside pyproject.toml."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from lfine.doctor import examining, libraries
from lfine.doctor.examining import examine
from lfine.doctor.findings import Finding
from lfine.doctor.libraries import Library, extras, library_findings

WHOLE = {"jinja2": "3.1.6", "pyarrow": "26.0.1", "torch": "2.13.0+cpu"}


def found(section: str) -> dict[str, Finding]:
    return {each.name: each for each in library_findings() if each.section == section}


def test_everything_is_here(pretend: Callable[..., None]) -> None:
    pretend({**WHOLE, "wandb": "0.20"})
    (plain,) = found("lfine").values()
    assert (plain.name, plain.mark, plain.value, plain.said, plain.cure) == (
        "plain install",
        "ok",
        True,
        "1 library",
        None,
    )
    assert [(name, each.mark) for name, each in found("extras").items()] == [
        ("data", "ok"),
        ("train", "ok"),
        ("ludwig", "note"),
        ("old", "note"),
        ("all", "ok"),
    ]
    assert found("extras")["all"].said.startswith("2 libraries")
    assert found("extras")["old"].said == "nothing for this version of Python"
    assert {name: each.value for name, each in found("libraries").items() if each.mark == "ok"} == {
        **WHOLE,
        "wandb": "0.20",
    }


def test_an_extra_that_is_not_installed_says_how_to_install_it(pretend: Callable[..., None]) -> None:
    pretend({"jinja2": "3.1.6"})
    train = found("extras")["train"]
    assert (train.mark, train.value, train.cure) == ("missing", False, "pip install 'lfine[train]'")
    assert train.said.startswith("not installed: torch, pyarrow (for plans, training,")
    assert found("lfine")["plain install"].mark == "ok"
    assert "torch" not in found("libraries")


def test_a_library_that_is_too_old(pretend: Callable[..., None]) -> None:
    pretend({**WHOLE, "torch": "2.7.1"})
    train = found("extras")["train"]
    assert (train.mark, train.cure) == ("missing", "pip install 'lfine[train]'")
    assert train.said.startswith("torch is 2.7.1, and >=2.8 is needed")
    torch = found("libraries")["torch"]
    assert (torch.mark, torch.value, torch.said) == ("note", "2.7.1", "2.7.1, and >=2.8 is needed")


def test_a_version_before_its_release_is_a_version(pretend: Callable[..., None]) -> None:
    pretend({**WHOLE, "torch": "2.14.0.dev20261101"})
    assert found("extras")["train"].mark == "ok"


@pytest.mark.parametrize(("gpu", "kernels"), [(False, "note"), (True, "missing")])
def test_what_this_machine_cannot_use_is_nothing_to_mend(
    gpu: bool, kernels: str, pretend: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [
        'lm_eval>=0.4; extra == "bench"',
        'liger-kernel>=0.8; extra == "kernels"',
        'httpx2>=2; extra == "endpoint"',
    ]
    pretend(WHOLE, ["jinja2>=3.1.6", *wanted], ("bench", "kernels", "endpoint"))
    monkeypatch.setattr(examining, "cuda_devices", lambda: iter(["one"] * gpu))
    marks = {each.name: each.mark for each in examine().findings if each.section == "extras"}
    assert marks == {"bench": "note", "kernels": kernels, "endpoint": "missing"}
    assert found("extras")["bench"].cure == "pip install 'lfine[bench]'"


def test_an_extra_of_an_environment_of_its_own_is_no_cure_for_this_one(pretend: Callable[..., None]) -> None:
    pretend(WHOLE)
    ludwig = found("extras")["ludwig"]
    assert ludwig.said.startswith("torch is 2.13.0+cpu, and ==2.11.* is needed")
    assert ludwig.cure == "in a new environment: pip install 'lfine[ludwig]'"
    assert found("libraries")["torch"].mark == "ok"


@pytest.mark.parametrize("version", [None, "3.0"])
def test_a_plain_install_that_is_not_whole_is_broken(version: str | None, pretend: Callable[..., None]) -> None:
    pretend({**WHOLE, "jinja2": version} if version else {"pyarrow": "26.0.1", "torch": "2.13.0"})
    plain = found("lfine")["plain install"]
    assert (plain.mark, plain.value, plain.cure) == ("broken", False, "pip install lfine")
    assert "jinja2" in plain.said


def test_what_may_be_asked_for_besides(pretend: Callable[..., None]) -> None:
    pretend(WHOLE)
    liger = found("libraries")["liger-kernel"]
    assert (liger.mark, liger.value, liger.cure) == ("note", None, "pip install liger-kernel")
    assert {"flash-attn", "sentencepiece", "tensorboard", "mlflow", "wandb", "trackio"} < set(found("libraries"))


def test_a_library_that_became_part_of_an_extra_stands_there_alone(pretend: Callable[..., None]) -> None:
    pretend({**WHOLE}, ["jinja2>=3.1.6", 'wandb>=1; extra == "train"'])
    assert "wandb" not in found("libraries")
    assert found("extras")["train"].said.startswith("not installed: wandb")


def test_files_that_were_never_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(libraries, "requires", absent)
    (only,) = library_findings()
    assert (only.mark, only.cure) == ("broken", "pip install lfine")


def test_without_the_library_that_reads_requirements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    (only,) = library_findings()
    assert (only.mark, only.said) == ("broken", "not installed: packaging.requirements")


def test_the_installed_metadata_are_those_of_the_project() -> None:
    root = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    read = extras("lfine")
    assert set(read) == {"", *project["optional-dependencies"]}
    torch = {each.name: each for each in read["train"]}["torch"]
    assert isinstance(torch, Library)
    assert torch.required == ">=2.8"
    trained = {each.name for each in read["train"]}
    assert trained == {text.partition(">=")[0] for text in project["optional-dependencies"]["train"]}
    assert trained < {each.name for each in read["all"]}
    assert {*libraries.PURPOSES, ""} == set(read)
