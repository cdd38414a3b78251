"""The actions of `lfine data`: each is a module, and is listed."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from lfine.cli.data import ACTIONS
from tests.lfine.projects import lfine, refused


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_each_action_is_a_module_with_help(name: str) -> None:
    module = importlib.import_module(f"lfine.cli.data_{name}")
    assert callable(module.add_arguments)
    assert callable(module.run)
    ended = lfine("data", name, "--help")
    assert ended.code == 0
    assert f"usage: lfine data {name}" in ended.out


def test_all_are_listed() -> None:
    out = lfine("data", "--help").out
    assert all(f"    {name} " in out for name in ACTIONS)


def test_no_action_and_an_unknown_one() -> None:
    for words in ((), ("splt",)):
        assert refused("data", *words).problem()["code"] == "LF115"


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from lfine.cli.main import build_parser; build_parser(only='data');"
        "print(sorted({'pyarrow', 'pandas', 'numpy', 'torch', 'sklearn', 'xlsxwriter'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
