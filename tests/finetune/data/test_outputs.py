"""Text, category and what the task says, labels, and answers that are missing or strange."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from lfine.finetune.data.answers import AnswerSchema
from lfine.finetune.data.outputs import MAX_LABEL_LENGTH, MAX_LABELS, Output, output_of
from lfine.finetune.data.places import unplaced
from lfine.finetune.data.splits import assign_splits
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem
from lfine.schemas.task import OutputFeature, OutputType, Split, SplitName

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]
Resolve = Callable[..., Output]


@pytest.fixture
def resolve(table: MakeTable) -> Resolve:
    """Resolve a column from its training answers, and those of the other splits."""

    def run(
        train: Sequence[object],
        *,
        test: Sequence[object] = (),
        validation: Sequence[object] = (),
        feature: OutputFeature | None = None,
        schema: AnswerSchema | None = None,
        needed: Sequence[SplitName] = ("train", "test"),
        place: Callable[[str, str, str, str], Problem] | None = None,
    ) -> Output:
        answers = [("train", train), ("test", test), ("validation", validation)]
        rows = table([{"split": split, "a": answer} for split, several in answers for answer in several])
        assigned = assign_splits(rows, Split(None, None, (0.8, 0.1, 0.1), 42), needed=())
        feature = feature or OutputFeature("a", None, None, None)
        return output_of(rows, assigned, feature, needed=needed, schema=schema, place=place or unplaced)

    return run


def test_few_short_answers_are_labels_most_frequent_first(resolve: Resolve) -> None:
    found = resolve(["b", "c ", " a", "c", "a", "d"], test=["a"])
    assert found == Output("a", "category", ("a", "c", "b", "d"), "4 distinct short answers in 6 training rows")


def test_numbers_and_booleans_can_be_labels(resolve: Resolve) -> None:
    assert resolve([1, 0, 1]).labels == ("1", "0")
    assert resolve([True, False, False]).labels == ("false", "true")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([f"answer {n % (MAX_LABELS + 1)}" for n in range(200)], "51 distinct training answers, more than 50"),
        (["x" * (MAX_LABEL_LENGTH + 1)] * 9, "a training answer has several lines or more than 60 characters"),
        (["two\nlines", "one", "one"], "a training answer has several lines or more than 60 characters"),
        (["a", "b", "c"], "no training answer occurs twice"),
    ],
)
def test_other_answers_are_text(resolve: Resolve, answers: list[object], reason: str) -> None:
    found = resolve(answers)
    assert (found.type, found.labels, found.reason) == ("text", (), reason)


def test_the_limits_themselves_are_still_labels(resolve: Resolve) -> None:
    assert resolve([f"answer {n % MAX_LABELS}" for n in range(200)]).type == "category"
    assert resolve(["x" * MAX_LABEL_LENGTH] * 2).type == "category"


def test_only_training_answers_decide(resolve: Resolve) -> None:
    assert resolve(["a", "a", "b"], test=[f"{n}" for n in range(99)]).labels == ("a", "b")
    assert resolve(["a", "b"], test=["a", "b", "a"]).type == "text"
    assert resolve([], test=["a", "a"]).reason == "no training rows to find labels in"


def test_the_task_may_say_the_type(resolve: Resolve) -> None:
    text = resolve(["a", "a"], feature=OutputFeature("a", "text", None, None))
    assert (text.type, text.labels, text.reason) == ("text", (), "the task says so")
    many = resolve([f"{n:02}" for n in range(60)], feature=OutputFeature("a", "category", None, None))
    assert (many.type, len(many.labels), many.labels[0]) == ("category", 60, "00")


def test_given_labels_make_a_category_in_the_order_of_frequency(resolve: Resolve) -> None:
    found = resolve(["b", "b", "a"], feature=OutputFeature("a", None, ("never", "a", "b ", "also"), None))
    assert (found.type, found.labels) == ("category", ("b", "a", "also", "never"))
    assert found.reason == "the task names the labels"


@pytest.mark.parametrize("kind", ["text", "number", "json", "sql"])
def test_labels_of_what_is_no_category_are_refused(resolve: Resolve, problems: Problems, kind: OutputType) -> None:
    (problem,) = problems(lambda: resolve(["1", "2"], feature=OutputFeature("a", kind, ("1",), None)))
    assert (problem.code, problem.path) == ("LF230", "output_feature.labels")


@pytest.mark.parametrize("kind", [None, "category", "text", "number"])
def test_a_schema_of_what_is_no_json_is_refused(resolve: Resolve, problems: Problems, kind: OutputType | None) -> None:
    (problem,) = problems(lambda: resolve(["1", "1"], feature=OutputFeature("a", kind, None, "a.json")))
    assert (problem.code, problem.path) == ("LF231", "output_feature.schema")


@pytest.mark.parametrize(
    ("kind", "answers"),
    [("number", ["1", 2.5, "-3e2"]), ("json", ['{"a": 1}', {"a": [1]}]), ("sql", ["SELECT 1", "not even sql"])],
)
def test_other_types_are_what_the_task_says(resolve: Resolve, kind: OutputType, answers: list[object]) -> None:
    found = resolve(answers, feature=OutputFeature("a", kind, None, None))
    assert found == Output("a", kind, (), "the task says so")


@pytest.mark.parametrize("answers", [["1", "2", "3"], ['{"a": 1}', '{"a": 2}'], ["SELECT 1", "SELECT 2"]])
def test_no_other_type_is_guessed(resolve: Resolve, answers: list[object]) -> None:
    assert resolve(answers).type == "text"
    assert resolve(answers * 2).type == "category"


def test_answers_of_another_type_come_with_the_empty_ones(resolve: Resolve, problems: Problems) -> None:
    feature = OutputFeature("a", "number", None, None)
    found = problems(lambda: resolve(["1", "", "1,000"], test=["two"], validation=["x"], feature=feature))
    assert [problem.code for problem in found] == ["LF303", "LF325"]
    assert "'1,000' (1 row: 2), 'two' (1 row: 3)" in found[1].message


def test_json_keeps_its_schema(resolve: Resolve, problems: Problems) -> None:
    schema = AnswerSchema("a.json", '{"required":["b"]}')
    feature = OutputFeature("a", "json", None, "a.json")
    assert resolve(['{"b": 1}'], feature=feature, schema=schema).schema == schema.text
    (problem,) = problems(lambda: resolve(['{"b": 1}', "{}"], feature=feature, schema=schema))
    assert (problem.code, problem.path) == ("LF326", "output_feature.schema")


def test_conversations_have_no_output_column(table: MakeTable) -> None:
    rows = table([{"split": "train", "messages": []}])
    found = output_of(rows, assign_splits(rows, Split(None, None, (0.8, 0.1, 0.1), 42), needed=()), None)
    assert (found.name, found.type, found.labels) == (None, "text", ())


def test_answers_that_are_no_label_are_counted(resolve: Resolve, problems: Problems) -> None:
    feature = OutputFeature("a", "category", ("a", "b"), None)
    (problem,) = problems(lambda: resolve(["a", "c", "B"], test=["c", "b"], validation=["x"], feature=feature))
    assert (problem.code, problem.path) == ("LF309", "output_feature.labels")
    assert problem.message == (
        "answers in column 'a' that are not in output_feature.labels: 'c' (2 rows: 1, 3), 'B' (1 row: 2)"
    )


def test_empty_answers_are_named_by_row_for_each_split(resolve: Resolve, problems: Problems) -> None:
    train, test = problems(lambda: resolve(["a", None, " ", *[""] * 5], test=[float("nan"), "a"], validation=[""]))
    assert (train.code, train.path, train.severity) == ("LF303", "output_feature.name", "error")
    assert train.message == "column 'a' holds no answer in 7 train rows: 1, 2, 3, 4, 5 and 2 more"
    assert test.message == "column 'a' holds no answer in 1 test row: 8"


def test_empty_answers_of_a_split_that_is_not_needed(resolve: Resolve, problems: Problems) -> None:
    assert resolve(["a", "a"], validation=[""]).type == "category"
    (problem,) = problems(lambda: resolve(["a", "a"], validation=[""], needed=("train", "validation")))
    assert "1 validation row: 2" in problem.message


def test_empty_and_unknown_answers_come_together(resolve: Resolve, problems: Problems) -> None:
    found = problems(lambda: resolve(["a", "", "z"], feature=OutputFeature("a", None, ("a",), None)))
    assert [problem.code for problem in found] == ["LF303", "LF309"]
    assert found[1].message == "answers in column 'a' that are not in output_feature.labels: 'z' (1 row: 2)"


def test_training_rows_decide_even_where_only_the_test_is_needed(resolve: Resolve) -> None:
    found = resolve(["a", "", "a", "b"], test=["b"], needed=("test",))
    assert (found.type, found.labels, found.warnings) == ("category", ("a", "b"), ())


def test_answers_that_no_training_row_has_are_a_warning(resolve: Resolve) -> None:
    found = resolve(["a", "a", "b"], test=["c", "a", "c", "d"])
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("LF309", "warning")
    assert warning.message == "answers in column 'a' that no training row has: 'c' (2 rows: 3, 5), 'd' (1 row: 6)"
    assert found.labels == ("a", "b")


def test_given_labels_that_only_the_test_has_are_a_warning_too(resolve: Resolve) -> None:
    found = resolve(["a", "a"], test=["b"], feature=OutputFeature("a", None, ("a", "b"), None))
    assert [warning.severity for warning in found.warnings] == ["warning"]


def test_texts_differ_between_splits_without_a_warning(resolve: Resolve) -> None:
    assert resolve(["a", "b", "c"], test=["d"]).warnings == ()


def test_a_column_that_is_not_there(resolve: Resolve, problems: Problems) -> None:
    (problem,) = problems(lambda: resolve(["a"], feature=OutputFeature("splt", None, None, None)))
    assert (problem.code, problem.path, problem.cure) == ("LF201", "output_feature.name", "did you mean `split`?")


def test_problems_point_into_the_task_file(
    resolve: Resolve, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    (problem,) = problems(lambda: resolve(["", "a"], place=placed))
    assert problem.line == 7
    (warning,) = resolve(["a", "a"], test=["b"], place=placed).warnings
    assert (warning.line, warning.severity) == (7, "warning")


def test_labels_that_are_floats_of_whole_numbers_are_said(resolve: Resolve) -> None:
    (warning,) = resolve(["1.0", "0.0", "1.0", "0.0"]).warnings
    assert (warning.code, warning.severity) == ("LF352", "warning")
    assert "'0.0' (2 rows: 1, 3), '1.0' (2 rows: 0, 2)" in warning.message
    assert "dataset.columns: {" in warning.cure
    (both,) = resolve(["1", "1.0", 0, 1, 0]).warnings
    assert both.message.endswith("'1.0' (1 row: 1), beside '0', '1'")


@pytest.mark.parametrize(
    "answers", [["1", "-1", "01", "1"], ["1.5", "2.0", "2.0"], ["v1.0", "v2.0", "v1.0"], ["a.", "a."]]
)
def test_other_labels_are_no_floats_of_whole_numbers(resolve: Resolve, answers: list[object]) -> None:
    assert resolve(answers).warnings == ()
