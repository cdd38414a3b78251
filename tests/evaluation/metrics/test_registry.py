"""Names of metrics: all are found, none is imported for naming it, wrong ones are suggested away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import lfine.evaluation.metrics as room
from lfine.evaluation.metrics import registry
from lfine.evaluation.metrics.registry import Answered, Corpus, PerExample, check_metrics, find
from lfine.evaluation.records import Confusion
from lfine.schemas.errors import TaskError

NO_METRIC = {"__init__", "registry", "label_counts"}

RESULTS = {"mean": PerExample, "corpus": Corpus, "matrix": Confusion}


def test_table_lists_every_file_of_the_folder() -> None:
    found = {path.stem for folder in room.__path__ for path in Path(folder).glob("*.py")}
    assert found - NO_METRIC == set(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_every_metric_is_what_it_declares(name: str) -> None:
    found = find(name)
    result = found.compute(Answered(("a", "b"), ("a", None), ("a", "b")))
    assert found.name == name
    assert isinstance(result, RESULTS[found.kind])
    assert set(found.output_types) <= {"text", "category"}
    assert found.source
    assert (found.headline is None) == (found.kind == "matrix")
    if isinstance(result, PerExample):
        assert set(result.scores) == set(found.values)


def test_headline_of_a_family_is_one_of_its_values() -> None:
    assert find("rouge").headline == "rougeL"
    assert set(find("rouge").values) == {"rouge1", "rouge2", "rougeL", "rougeLsum"}


def test_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(TaskError) as caught:
        find("acuracy")
    (problem,) = caught.value.problems
    assert problem.code == "LF209"
    assert "'acuracy'; did you mean 'accuracy'?" in problem.message


def test_all_problems_come_at_once() -> None:
    problems = check_metrics(("rougeL", "zzz", "confusion", "f1"), "text")
    assert [problem.code for problem in problems] == ["LF209", "LF209", "LF204", "LF204"]
    assert "did you mean 'rouge'?" in problems[0].message
    assert "did you mean" not in problems[1].message
    assert "'confusion' is for category outputs, and this one is text" in problems[2].message
    assert {problem.path for problem in problems} == {"evaluation.metrics"}


@pytest.mark.parametrize("names", [("confusion",), ()])
def test_a_number_is_needed(names: tuple[str, ...]) -> None:
    (problem,) = check_metrics(names, "category")
    assert (problem.code, problem.cure) == ("LF210", "add 'accuracy'")


def test_good_names_have_no_problem() -> None:
    assert check_metrics(("accuracy", "f1", "confusion"), "category") == []
    assert check_metrics(("rouge", "exact_match"), "text") == []


def test_naming_all_metrics_imports_no_heavy_library() -> None:
    code = (
        "import sys; from lfine.evaluation.metrics.registry import check_metrics, names;"
        "check_metrics(names(), 'category');"
        "print([m for m in ('numpy', 'sklearn', 'rouge_score', 'nltk', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
