"""The bench: a task, rows and the tiny model in a folder of its own for each test; and renderers that cost nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from lfine.finetune.catalogue.rendering import Renderer
from lfine.finetune.catalogue.tokens import Tokenizer, read_tokenizer
from tests.finetune.compile.bench import Bench

MakeRenderer = Callable[[str, Literal["auto", "none"]], Renderer]


@pytest.fixture
def bench(tmp_path: Path, tiny_model_folder: Path) -> Bench:
    bench = Bench(tmp_path, tiny_model_folder)
    bench.write()
    return bench


@pytest.fixture(scope="session")
def tiny_tokenizer(tiny_model_folder: Path) -> Tokenizer:
    return read_tokenizer(tiny_model_folder)


@pytest.fixture(scope="session")
def make_renderer(tiny_tokenizer: Tokenizer) -> MakeRenderer:
    """Return a maker of renderers: template and `auto` (chat) or `none`."""

    def make(template: str, chat: Literal["auto", "none"]) -> Renderer:
        return Renderer(template=template, system=None, chat=chat, tokenizer=tiny_tokenizer)

    return make
