"""What is refused about a task's metrics: names, types, parameters, values twice, gold answers nobody can judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lfine.evaluation.metrics.checking import check_columns, check_golds, check_metrics, check_recorded
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction
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


def test_a_parameter_that_is_needed() -> None:
    (problem,) = check_metrics([plain("bounded_error")], "number")
    assert (problem.code, problem.path) == ("LF211", "evaluation.metrics[0]")
    assert problem.message == "metric 'bounded_error' needs its parameter 'range'"
    assert check_metrics([replace(plain("bounded_error"), range=5.0)], "number") == []


@pytest.mark.parametrize(
    ("choice", "output_type"),
    [(replace(plain("rouge"), range=5.0), "text"), (replace(plain("chrf"), tokenize="char"), "text")],
)
def test_new_parameters_belong_to_their_metric(choice: MetricChoice, output_type: str) -> None:
    assert [problem.code for problem in check_metrics([choice], output_type)] == ["LF211"]


def test_columns_that_no_metric_looks_at() -> None:
    found = check_columns([plain("accuracy")], "others", "choices")
    assert [(each.code, each.path) for each in found] == [
        ("LF280", "evaluation.references"),
        ("LF280", "evaluation.choices"),
    ]
    assert found[0].cure == "remove it, or score with bleu, chrf, drop, rouge, squad"
    assert found[1].cure == "remove it, or score with multiple_choice"
    assert check_columns([plain("squad"), plain("multiple_choice")], "others", "choices") == []
    assert check_columns([plain("accuracy")], None, None) == []
    assert check_columns([plain("acuracy")], "others", None) == []  # what it looks at is not known


def test_probabilities_that_nobody_recorded() -> None:
    bare = [Prediction(0, "a", "a"), Prediction(1, "a", "b")]
    found = check_recorded(bare, [plain("perplexity"), plain("likelihood_choice"), plain("rouge")])
    assert [each.code for each in found] == ["LF315", "LF315"]
    assert found[0].message == "perplexity reads gold_log_probability of the predictions, and none of 2 rows has it"
    one = [Prediction(0, "a", "a", gold_log_probability=-1.0, gold_tokens=2), bare[1]]
    assert check_recorded(one, [plain("perplexity")]) == []
    assert check_recorded([], [plain("perplexity")]) == []
