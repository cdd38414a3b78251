"""Plans and rows to write targets from, made from one tiny task and changed field by field.

    source = with_training(source, steps=10, batch_size=4)

*Not here:* compiling (tests/finetune/compile), the command (tests/lfine/test_targeting.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfine.compiling import compile_file
from lfine.finetune.compile.plan import Plan
from lfine.finetune.targets.written import Row, Source, Tokens
from tests.lfine.projects import write_project

ROWS = (
    Row("train", "<s>Q: 2 + 2", "Q: 2 + 2", " 4", " 4"),
    Row("train", "<s>Q: 1 + 2", "Q: 1 + 2", " 3", " 3"),
    Row("validation", "<s>Q: 0 + 2", "Q: 0 + 2", " 2", " 2"),
    Row("test", "<s>Q: 5 + 2", "Q: 5 + 2", " 7", " 7"),
)
TOKENS = Tokens(end="</s>", eos="</s>", pad="<pad>", bos="<s>", adds_bos=False, adds_space=False)


@pytest.fixture(scope="session")
def plan(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Plan:
    project = write_project(tmp_path_factory.mktemp("targets"), tiny_model_folder)
    return compile_file(project.task).plan


@pytest.fixture
def source(plan: Plan) -> Source:
    return Source(plan, ROWS, TOKENS, model="org/model", forged=0)


def with_training(source: Source, **fields: Any) -> Source:
    """Return a source whose plan trains otherwise."""
    training = replace(source.plan.training, **fields)
    return replace(source, plan=replace(source.plan, training=training))


def with_adapter(source: Source, **fields: Any) -> Source:
    adapter = source.plan.training.adapter
    assert adapter is not None
    return with_training(source, adapter=replace(adapter, **fields))


def with_micro_batch(source: Source, batch: int, micro: int) -> Source:
    machine = replace(source.plan.training.machine, micro_batch_size=micro)
    return with_training(source, batch_size=batch, machine=machine)
