"""Every task file: it is valid, its header says what a reader needs, it compiles, its prompt is one that was read.

    task_configs/lora_land/boolq.yaml  →  no problem; the header has its parts; tests/golden/prompts/boolq.txt

Rows are ten of each split of the published data where they are at hand, else the ten of tests/task_configs/samples.

*Not here:* all published rows, training and scores (test_on_data.py, `make test-tasks`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lfine.compiling import compile_file
from lfine.validating import check_file
from tests.task_configs.golden_prompts import GOLDEN, for_tiny_model, shown
from tests.task_configs.library import (
    ABSENT,
    ROOT,
    SAMPLES,
    STUDY,
    TASKS,
    at_hand,
    data_files,
    header,
    loaded,
    named,
    sample,
    small_rows,
)

every_task = pytest.mark.parametrize("path", TASKS, ids=named)
every_study_task = pytest.mark.parametrize("path", STUDY, ids=named)

PARTS = ("Data:", "Licence:", "Rows:", "Held out:", "Metric:", "Length:")
"""What each paragraph of a header is about, in this order, after what the task is and its commands."""


@every_task
def test_it_is_valid_and_nothing_is_to_be_warned_of_but_data_that_are_not_here(path: Path) -> None:
    task, problems = check_file(path)
    assert task is not None
    assert [problem for problem in problems if problem.code != "LF301"] == []


@every_task
def test_its_name_is_that_of_its_file(path: Path) -> None:
    assert loaded(path).name == path.stem


@every_task
def test_its_header_has_the_three_commands(path: Path) -> None:
    file = path.relative_to(ROOT).as_posix()
    commands = [line.strip() for line in header(path).splitlines() if " lfine " in f" {line}"]
    for verb, end in (("train", ""), ("evaluate", " --base"), ("evaluate", "")):
        assert any(re.fullmatch(rf"(LFINE_DATA=\S+ )?lfine {verb} {file}{end}", line) for line in commands)


@every_study_task
def test_its_header_says_how_it_runs_on_a_laptop(path: Path) -> None:
    text = header(path)
    assert f"lfine train {path.relative_to(ROOT).as_posix()} --set base_model=smollm2-135m-instruct" in text
    assert "--set quantization=null" in text


@every_study_task
def test_its_header_has_every_part_in_order_and_none_is_empty(path: Path) -> None:
    places = [re.search(rf"^{part} +\S", header(path), re.MULTILINE) for part in PARTS]
    assert all(places), [part for part, place in zip(PARTS, places, strict=True) if place is None]
    starts = [place.start() for place in places if place is not None]
    assert starts == sorted(starts)


@every_study_task
def test_its_header_names_its_data_files_and_says_where_a_sample_stands_in(path: Path) -> None:
    text = " ".join(header(path).split())
    for name in data_files(path).values():
        made = None if at_hand(name, path.parent) else sample(name)
        assert name in text
        assert made is None or made.relative_to(ROOT).as_posix() in text


@every_study_task
def test_it_trains_as_the_study_did(path: Path) -> None:
    task = loaded(path)
    assert task.base_model.id == "mistralai/Mistral-7B-v0.1"
    assert task.quantization is not None
    assert task.adapter is not None
    assert (task.quantization.bits, task.adapter.r, task.adapter.target_modules) == (4, 8, ("q_proj", "v_proj"))
    assert (task.trainer.train_steps, task.trainer.batch_size, task.trainer.learning_rate) == (2500, 16, 0.0002)


@every_task
def test_its_prompt_is_the_one_that_was_read(path: Path, tmp_path: Path, roomy_model: Path) -> None:
    """The golden file is written by `python -m tests.task_configs.golden_prompts`, and then read by a person."""
    rows = small_rows(path, tmp_path)
    if rows is None:
        pytest.skip(ABSENT)
    compiled = compile_file(path, [*rows, *for_tiny_model(roomy_model)])
    assert shown(compiled) == (GOLDEN / f"{path.stem}.txt").read_text(encoding="utf-8")


def test_each_golden_prompt_and_each_sample_belongs_to_a_task() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {path.stem for path in TASKS}
    files = {Path(name).stem for path in TASKS for name in data_files(path).values()}
    assert {path.stem for path in SAMPLES.iterdir()} <= files
