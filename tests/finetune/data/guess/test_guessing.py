"""A whole guess: what is asked for is taken, what cannot be is refused with its cure, and nothing shows the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from lfine.finetune.data.forms import MESSAGES
from lfine.finetune.data.guess.guessing import guess, metric_name
from lfine.finetune.data.guess.records import Choice, Division, Guess, Wanted
from lfine.schemas.errors import LfineError, TaskError, UsageError
from lfine.schemas.problems import Problem
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"
REVIEWS: dict[str, object] = {"review": TEXT, "label": ["bad", "good"], "genre": ["a", "b", "c"]}


def found(columns: Mapping[str, object], wanted: Wanted | None = None, *, rows: int = 120) -> Guess:
    return guess(table_of(columns, rows=rows), wanted or Wanted())


def chosen(guessed: Guess, what: str) -> Choice:
    (one,) = [each for each in guessed.choices if each.what == what]
    return one


def refused(columns: Mapping[str, object], wanted: Wanted | None = None) -> Sequence[Problem]:
    with pytest.raises(LfineError) as error:
        found(columns, wanted)
    assert all(problem.cure for problem in error.value.problems)
    return error.value.problems


def test_a_guess_says_everything_that_a_task_needs() -> None:
    guessed = found(REVIEWS)
    assert (guessed.output, guessed.inputs, guessed.form) == ("label", ("review",), "table")
    assert (guessed.answer.type, guessed.answer.labels) == ("category", ("bad", "good"))
    assert guessed.division == Division("hash")
    assert guessed.metrics.entries == ("accuracy", "f1")
    assert [one.what for one in guessed.choices] == ["form", "output", "input", "type", "split", "metric"]
    assert guessed.left == ("`genre` is not shown to the model: known about the row",)
    assert (guessed.rows, guessed.columns, tuple(guessed.profiles)) == (120, tuple(REVIEWS), tuple(REVIEWS))


def test_the_answer_says_what_else_it_could_be() -> None:
    choice = chosen(found(REVIEWS), "output")
    assert (choice.value, choice.certainty, choice.others) == ("label", "sure", ("genre", "review"))
    assert choice.why.startswith("its name")


def test_of_few_rows_only_a_name_makes_an_answer_sure() -> None:
    columns = {"text": TEXT, "v1": ["ham", "spam"]}
    assert chosen(found(columns), "output").certainty == "sure"
    assert chosen(found(columns, rows=99), "output").certainty == "likely"
    assert chosen(found({"text": TEXT, "label": ["ham", "spam"]}, rows=99), "output").certainty == "sure"


def test_what_is_asked_for_is_taken() -> None:
    guessed = found(REVIEWS, Wanted(output="genre", inputs=("label", "review"), metric="mcc"))
    assert (guessed.output, guessed.inputs, guessed.metrics.entries) == ("genre", ("review", "label"), ("mcc",))
    assert [chosen(guessed, what).why for what in ("output", "input", "metric")] == ["as asked"] * 3


def test_an_input_that_is_asked_for_is_no_answer() -> None:
    guessed = found(REVIEWS, Wanted(inputs=("label", "review")))
    assert guessed.output == "genre"


@pytest.mark.parametrize("wanted", [Wanted(output="phase"), Wanted(inputs=("text", "phase"))])
def test_a_column_that_is_asked_for_does_not_say_the_split(wanted: Wanted) -> None:
    """Else the answer would decide which rows are learned."""
    guessed = found({"text": TEXT, "phase": ["train", "test"], "label": ["a", "b", "c"]}, wanted)
    assert guessed.division == Division("hash")
    assert found({"text": TEXT, "phase": ["train", "test"], "label": ["a", "b", "c"]}).division.column == "phase"


def test_rows_in_a_form_say_what_is_what() -> None:
    guessed = found({"instruction": TEXT, "input": ["", "more"], "output": TEXT, "note": TEXT})
    assert (guessed.form, guessed.output, guessed.inputs) == ("alpaca", "output", ("instruction", "input"))
    assert chosen(guessed, "input").why == "rows of the form alpaca"
    pairs = found({"prompt": TEXT, "completion": TEXT})
    assert (pairs.form, pairs.output, pairs.inputs) == ("prompt_completion", "completion", ("prompt",))


def test_a_forms_answer_that_is_asked_for_as_input_is_not_the_answer() -> None:
    guessed = found({"instruction": TEXT, "input": "", "output": f"is {TEXT}"}, Wanted(inputs=("output",)))
    assert (guessed.output, guessed.inputs) == ("instruction", ("output",))


def test_a_form_is_left_where_another_answer_is_asked_for() -> None:
    columns = {"instruction": TEXT, "input": "", "output": "some other words of {n}"}
    guessed = found(columns, Wanted(output="instruction"))
    assert "instruction" not in guessed.inputs


def test_conversations_are_learned_whole() -> None:
    turns = ({"role": "user", "content": TEXT}, {"role": "assistant", "content": "yes {n}"})
    guessed = found({"messages": turns})
    assert (guessed.output, guessed.inputs, guessed.profiles) == (None, (MESSAGES,), {})
    assert [one.what for one in guessed.choices] == ["form", "messages", "split", "metric"]
    assert guessed.metrics.entries == ("rouge",)
    assert chosen(guessed, "metric").certainty == "likely"
    assert found({"messages": turns}, Wanted(metric="bleu")).metrics.entries == ("bleu",)
    (problem,) = refused({"messages": turns}, Wanted(inputs=(MESSAGES,)))
    assert problem.code == "LF115"


def test_columns_that_are_not_there_are_refused_together() -> None:
    problems = refused(REVIEWS, Wanted(output="lable", inputs=("reviw",)))
    assert [(problem.code, problem.cure) for problem in problems] == [
        ("LF115", "did you mean `review`?"),
        ("LF115", "did you mean `label`?"),
    ]


def test_the_answer_cannot_be_shown() -> None:
    (problem,) = refused(REVIEWS, Wanted(output="label", inputs=("label",)))
    assert "as input and as output" in problem.message


def test_a_metric_that_is_none_or_does_not_fit_is_refused() -> None:
    assert refused(REVIEWS, Wanted(metric="accurracy"))[0].code == "LF209"
    (problem, *_) = refused(REVIEWS, Wanted(metric="json_match"))
    assert "json_match" in problem.message


def test_a_metric_that_is_asked_for_keeps_its_settings_and_loses_those_of_others() -> None:
    columns: dict[str, object] = {"text": TEXT, "code": "return {n}", "tests_run": "assert f() == {n}"}
    guessed = found(columns, Wanted(output="code", metric="code_execution"))
    assert guessed.metrics.entries == ((("name", "code_execution"), ("test", "tests_run")),)
    plain = found(columns, Wanted(output="code", metric="rouge"))
    assert (plain.metrics.entries, plain.metrics.references) == (("rouge",), None)


@pytest.mark.parametrize(
    "columns",
    [
        {"I liked this film a lot and would see it again": TEXT, "good": ["good", "bad"]},
        {"some text": TEXT, "1": [0, 1]},
        {"some text": TEXT, "-2.5": [0, 1]},
        {"text": TEXT, "bad": ["good", "bad"]},
        {"x" * 61: TEXT, "label": ["a", "b"]},
    ],
)
def test_a_first_row_that_is_no_header_is_refused(columns: dict[str, object]) -> None:
    (problem,) = refused(columns)
    assert (problem.code, problem.line, problem.file) == ("LF356", 1, "data.jsonl")
    with_output = found(columns, Wanted(output=list(columns)[1]))
    assert with_output.output == list(columns)[1], "named all the same, it is believed"


def test_without_an_answer_each_column_says_why_it_is_none() -> None:
    columns: dict[str, object] = {
        "row_id": "R{n}", "none": None, "same": "x", "day": lambda n: f"2024-01-{n % 28 + 1:02d}",
        "split": ["train", "test"],
    }  # fmt: skip
    (problem,) = refused(columns)
    assert problem.code == "LF354"
    for reason in ("is an id", "is empty", "is the same in every row", "holds dates", "says the split"):
        assert reason in problem.message
    assert problem.file == "data.jsonl"


def test_without_an_input_the_others_say_why_they_are_none() -> None:
    (problem,) = refused({"label": [0, 1], "label_name": ["bad", "good"], "same": "x"})
    assert problem.code == "LF355"
    assert "'label' gives the answer away" in problem.message
    (alone,) = refused({"label": ["bad", "good"]})
    assert alone.message.endswith("it is alone")


def test_the_notes_say_what_is_wrong_with_the_rows() -> None:
    columns: dict[str, object] = {
        "text": lambda n: f"text of {n // 2 * 2}" if n < 4 else f"text of {n}",
        "label": lambda n: "" if n == 50 else "ab"[n // 2 % 2],
    }
    few, empty, repeated, apart = found(columns, rows=60).notes
    assert few == "60 rows: a model learns little from fewer than 100"
    assert empty.startswith("1 row (from 0: 50) without an answer in `label`")
    assert repeated.startswith("2 rows repeated word for word")
    assert apart.startswith("2 rows with an input that stood before: preprocessing.split: {type: group, column: text}")


def test_rows_that_are_only_scored_say_so() -> None:
    guessed = found({"text": TEXT, "label": ["a", "b"], "split": "test"})
    assert not guessed.division.trains
    assert "there are no training rows: the task can be evaluated, not trained" in guessed.notes


@pytest.mark.parametrize(
    ("cells", "value", "certainty"),
    [
        (["a", "b"], "category", "sure"),
        (lambda n: n * 1.5, "number", "likely"),
        ("SELECT a FROM t WHERE n = {n}", "sql", "sure"),
        (("x {n}", "y"), "text", "likely"),
    ],
)
def test_the_type_says_why(cells: object, value: str, certainty: str) -> None:
    choice = chosen(found({"text": TEXT, "answer": cells}), "type")
    assert (choice.value, choice.certainty) == (value, certainty)
    assert choice.why


def test_the_name_of_a_metric_in_either_form() -> None:
    assert metric_name("rouge") == "rouge"
    assert metric_name((("range", 5), ("name", "bounded_error"))) == "bounded_error"


def test_what_is_refused_is_of_the_user_or_of_the_task() -> None:
    with pytest.raises(UsageError):
        found(REVIEWS, Wanted(output="lable"))
    with pytest.raises(TaskError):
        found({"same": "x", "other": "y"})
