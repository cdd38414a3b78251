"""Names of metrics: all are found, none is imported for naming it, wrong ones are suggested away."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import lfine.evaluation.metrics as room
from lfine.evaluation.metrics import registry
from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, PerExample, find, plain, value_names
from lfine.evaluation.records import Confusion
from lfine.schemas.errors import TaskError
from lfine.schemas.task import MetricChoice

NO_METRIC = {"__init__", "checking", "correlations", "label_counts", "registry", "resampling"}
NO_METRIC |= {f"lora_land.{name}" for name in ("__init__", "digits", "number_words", "reading")}

RESULTS = {"mean": PerExample, "corpus": Corpus | Facts, "matrix": Confusion}


def test_table_lists_every_file_of_the_folder() -> None:
    files = [(Path(folder), path) for folder in room.__path__ for path in Path(folder).rglob("*.py")]
    found = {".".join(path.relative_to(folder).with_suffix("").parts) for folder, path in files}
    assert found - NO_METRIC == set(registry.names())


BY_ROW = {"sql_execution", "code_execution", "custom"}
"""They need the row, and have tests of their own with it."""


def test_metrics_that_need_the_row_say_so() -> None:
    assert {name for name in registry.names() if find(name).ready is not None} == BY_ROW


@pytest.mark.parametrize("name", sorted(set(registry.names()) - BY_ROW))
def test_every_metric_is_what_it_declares(name: str) -> None:
    found = find(name)
    result = found.compute(Answered(("a", "b"), ("a", None), ("a", "b"), plain(name)))
    assert found.name == name
    assert isinstance(result, RESULTS[found.kind])
    assert set(found.output_types) <= set(registry.OUTPUT_TYPES)
    assert found.source
    assert (found.headline is None) == (found.kind == "matrix")
    if isinstance(result, PerExample):
        assert set(result.scores) == set(found.values)
    if isinstance(result, Corpus | Facts):
        assert set(found.statistics(result, plain(name))) == set(found.values)
    assert isinstance(result, Facts) == (found.pool is not None)


def test_headline_of_a_family_is_one_of_its_values() -> None:
    assert find("rouge").headline == "rougeL"
    assert set(find("rouge").values) == {"rouge1", "rouge2", "rougeL", "rougeLsum"}


def test_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(TaskError) as caught:
        find("acuracy")
    (problem,) = caught.value.problems
    assert problem.code == "LF209"
    assert "'acuracy'; did you mean 'accuracy'?" in problem.message


@pytest.mark.parametrize("name", registry.names())
def test_parameters_are_those_of_the_language(name: str) -> None:
    keys = {field.name for field in dataclasses.fields(MetricChoice)} - {"name"}
    assert set(find(name).parameters) <= keys


@pytest.mark.parametrize(
    ("choice", "values"),
    [
        (plain("f1"), ("f1",)),
        (replace(plain("f1"), average="macro", beta=1.0), ("f1",)),  # its own defaults, written out
        (replace(plain("f1"), average="weighted"), ("f1_weighted",)),
        (replace(plain("f1"), average="binary", positive="yes", beta=0.5), ("f1_binary_yes_beta0.5",)),
        (replace(plain("accuracy"), case=False), ("accuracy",)),
        (replace(plain("accuracy"), case=True), ("accuracy_case",)),
        (replace(plain("rouge"), stemmer=True), tuple(f"rouge{n}_stemmer" for n in ("L", "1", "2", "Lsum"))),
        (plain("confusion"), ()),
    ],
)
def test_values_are_named_after_what_is_asked_otherwise(choice: MetricChoice, values: tuple[str, ...]) -> None:
    assert value_names(choice) == values


def test_naming_all_metrics_imports_no_heavy_library() -> None:
    code = (
        "import sys; from lfine.evaluation.metrics.registry import names, plain;"
        "from lfine.evaluation.metrics.checking import check_metrics;"
        "check_metrics(list(map(plain, names())), 'category');"
        "print([m for m in ('numpy', 'sklearn', 'rouge_score', 'nltk', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
