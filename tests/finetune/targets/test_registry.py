"""Targets are found by looking into their folder."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from lfine.finetune.targets import registry
from lfine.finetune.targets.written import Source


def test_names() -> None:
    assert registry.names() == ("axolotl", "llamafactory", "ludwig", "native", "trl")


def test_every_module_of_the_folder_is_a_target_or_plumbing() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(registry.names()) | registry.PLUMBING


@pytest.mark.parametrize("name", registry.names())
def test_each_has_a_function_that_writes(name: str, source: Source) -> None:
    write = registry.find(name)
    assert list(inspect.signature(write).parameters) == ["source"]
    written = write(source)
    assert written.main in written.files
    assert all(text.endswith("\n") for text in written.files.values())
    assert len(set(written.lacks)) == len(written.lacks)
    assert write(source) == written


def test_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'registry'"):
        registry.find("registry")
