"""What is refused about a task's metrics: names, types, parameters, values twice, gold answers nobody can judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.evaluation.metrics.checking import check_golds, check_metrics
from lfine.evaluation.metrics.registry import plain
from lfine.schemas.task import MetricChoice

F1 = plain("f1")


def test_all_problems_come_at_once() -> None:
    problems = check_metrics([plain(name) for name in ("rougeL", "zzz", "confusion", "f1")], "text")
    assert [problem.code for problem in problems] == ["LF209", "LF209", "LF204", "LF204"]
    assert "did you mean 'rouge'?" in problems[0].message
    assert "did you mean" not in problems[1].message
    assert "'confusion' is for category outputs, and this one is text" in problems[2].message
    assert {problem.path for problem in problems} == {"evaluation.metrics"}


@pytest.mark.parametrize("names", [("confusion",), ()])
def test_a_number_is_needed(names: tuple[str, ...]) -> None:
    (problem,) = check_metrics([plain(name) for name in names], "category")
    assert (problem.code, problem.cure) == ("LF210", "add 'accuracy'")


@pytest.mark.parametrize(
    ("output_type", "names"),
    [
        ("category", ("accuracy", "f1", "confusion")),
        ("text", ("rouge", "exact_match", "numeric_match")),
        ("number", ("numeric_match", "exact_match")),
        ("json", ("json_match", "exact_match")),
        ("sql", ("sql_match", "exact_match")),
    ],
)
def test_good_names_have_no_problem(output_type: str, names: tuple[str, ...]) -> None:
    assert check_metrics([plain(name) for name in names], output_type) == []


@pytest.mark.parametrize(
    ("choice", "path", "said"),
    [
        (replace(plain("rouge"), average="macro"), "average", "metric 'rouge' has no parameter 'average'"),
        (replace(F1, stemmer=False), "stemmer", "has no parameter 'stemmer'"),
        (replace(F1, case=True), "case", "has no parameter 'case'"),
        (replace(plain("recall"), beta=2.0), "beta", "has no parameter 'beta'"),
        (replace(F1, average="binary"), "average", "needs the label that counts"),
        (replace(F1, positive="a"), "positive", "average is macro"),
        (replace(F1, average="binary", positive="z"), "positive", "'z', which is no label"),
    ],
)
def test_parameters_that_do_not_fit(choice: MetricChoice, path: str, said: str) -> None:
    output_type = "text" if choice.name == "rouge" else "category"
    (problem,) = check_metrics([choice], output_type, labels=("a", "b"))
    assert (problem.code, problem.path) == ("LF211", f"evaluation.metrics[0].{path}")
    assert said in problem.message


def test_the_cure_says_who_takes_a_parameter() -> None:
    (problem,) = check_metrics([replace(plain("accuracy"), beta=2.0)], "category")
    assert problem.cure == "remove it; f1 takes it"


def test_a_positive_label_is_looked_up_only_where_labels_are_known() -> None:
    choice = replace(F1, average="binary", positive="z")
    assert check_metrics([choice], "category") == []


def test_the_same_value_twice() -> None:
    twice = check_metrics([F1, replace(F1, average="weighted"), replace(F1, average="macro")], "category")
    assert [(problem.code, problem.path) for problem in twice] == [("LF114", "evaluation.metrics[2]")]
    assert check_metrics([F1, replace(F1, average="micro"), replace(F1, beta=2.0)], "category") == []


def test_gold_answers_that_nobody_can_judge() -> None:
    golds = {7: "12", 3: "twelve", 9: "none"}
    (problem,) = check_golds(golds, [plain("numeric_match"), plain("exact_match")])
    assert problem.code == "LF314"
    assert problem.message == "numeric_match cannot judge against 2 gold answers, the first is 'twelve'"
    assert "row 3, 9;" in problem.cure
    assert check_golds({1: "5"}, [plain("numeric_match")]) == []
    assert [each.code for each in check_golds({1: "{a}"}, [plain("json_match")])] == ["LF314"]
