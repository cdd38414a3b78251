"""A missing library is explained, with the command that installs it."""

from __future__ import annotations

import sys

import pytest

from lfine.finetune.data.extras import load
from lfine.schemas.errors import MachineError


def test_an_installed_module_is_imported() -> None:
    import json

    assert load("json", reader="nothing") is json


def test_a_missing_library_is_a_machine_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MachineError) as caught:
        load("pyarrow", reader="parquet files")
    problem = caught.value.problems[0]
    assert (problem.code, problem.cure) == ("LF401", "pip install 'lfine[data]'")
    assert problem.message.startswith("parquet files need the library pyarrow")
    assert caught.value.exit_code == 3
