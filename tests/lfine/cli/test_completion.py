"""Completion scripts, run in the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lfine.cli.completion import SHELLS, keys, script
from lfine.cli.main import COMMANDS
from tests.lfine.projects import lfine

BASH = """\
source "$1"
shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_shtab_lfine lfine "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
CASES = [
    (("lfine", "va"), ("validate",)),
    (("lfine", "compile", "--tar"), ("--target",)),
    (("lfine", "compile", "--target", "l"), ("llamafactory", "ludwig")),
    (("lfine", "train", "--set", "trainer.ep"), ("trainer.epochs=",)),
    (("lfine", "train", "--set", "quantization.bnb_4bit_q"), ("quantization.bnb_4bit_quant_type=",)),
    (("lfine", "validate", "to"), ("topics.yaml",)),
    (("lfine", "completion", "z"), ("zsh",)),
]


def needed(shell: str) -> str:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("topics.yaml", "topics.csv"):
        (tmp_path / name).write_text("", encoding="utf-8")
    for shell in SHELLS:
        (tmp_path / f"completion.{shell}").write_text(script(shell), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("words", "offered"), CASES, ids=" ".join)
def test_bash_offers(words: tuple[str, ...], offered: tuple[str, ...], folder: Path) -> None:
    command = [needed("bash"), "-c", BASH, "bash", str(folder / "completion.bash"), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert set(done.stdout.split()) == set(offered), done.stderr


@pytest.mark.parametrize(("words", "offered"), CASES, ids=" ".join)
def test_fish_offers(words: tuple[str, ...], offered: tuple[str, ...], folder: Path) -> None:
    code = f"source completion.fish; complete -C '{' '.join(words)}'"
    done = subprocess.run([needed("fish"), "--no-config", "-c", code], capture_output=True, text=True, cwd=folder)
    assert {line.split("\t")[0] for line in done.stdout.splitlines()} == set(offered), done.stderr


def test_zsh_finds_the_script_in_its_path(folder: Path) -> None:
    (folder / "completion.zsh").rename(folder / "_lfine")
    code = "fpath=($PWD $fpath); autoload -Uz compinit && compinit -u -D && print $_comps[lfine]"
    done = subprocess.run([needed("zsh"), "-fc", code], capture_output=True, text=True, cwd=folder)
    assert done.stdout.split() == ["_lfine"], done.stderr
    checked = subprocess.run([needed("zsh"), "-fn", "_lfine"], capture_output=True, text=True, cwd=folder)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(shell: str) -> None:
    ended = lfine("completion", shell)
    assert (ended.code, ended.err) == (0, "")
    for name in (*COMMANDS, "--explain", "--format", "sarif", "axolotl"):
        assert name.removeprefix("--") in ended.out


def test_keys_are_those_that_hold_a_value() -> None:
    found = keys()
    assert {"trainer.epochs", "adapter.r", "base_model.id", "evaluation.metrics"} <= set(found)
    assert not {"trainer", "adapter", "dataset.columns.*.from"} & set(found)


def test_another_shell_is_refused() -> None:
    assert lfine("completion", "csh").code == 2


def test_without_the_library_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    ended = lfine("completion", "bash")
    assert ended.code == 3
    assert "pip install shtab" in ended.err
