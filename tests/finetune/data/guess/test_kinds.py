"""What kind of answer a column holds, and how it is scored."""

from __future__ import annotations

from typing import Any

import pytest

from lfine.evaluation.metrics.checking import check_metrics
from lfine.finetune.data.guess.kinds import Context, Scoring, answer_of_column, metrics_of
from lfine.finetune.data.guess.profiles import profiles
from lfine.finetune.data.guess.records import Answer, Metrics
from lfine.schemas.task import MetricChoice
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"


def found(cells: object, *, name: str = "answer", options: str | None = None, **others: object) -> Answer:
    return _both(cells, name, options, others)[0]


def scored(cells: object, *, name: str = "answer", options: str | None = None, **others: object) -> Scoring:
    return _both(cells, name, options, others)[1]


def _both(cells: object, name: str, options: str | None, others: dict[str, object]) -> tuple[Answer, Scoring]:
    table = table_of({"text": TEXT, **others, name: cells})
    columns = profiles(table.columns, table.rows)
    context = Context([one for each, one in columns.items() if each != name], columns, options)
    answer = answer_of_column(columns[name], columns[name].texts, context)
    scoring = metrics_of(answer, columns[name], context)
    entries: list[dict[str, Any]] = [
        {"name": one} if isinstance(one, str) else dict(one) for one in scoring.metrics.entries
    ]
    empty = dict.fromkeys(MetricChoice.__dataclass_fields__)
    assert check_metrics([MetricChoice(**{**empty, **each}) for each in entries], answer.type, path="") == []
    return answer, scoring


def test_labels_stand_in_the_order_of_their_frequency() -> None:
    assert found(["b", "b", "b", "a", "c", "a"]) == Answer("category", "label", ("b", "a", "c"), longest=1)


def test_labels_that_are_numbers_stand_in_their_order() -> None:
    assert found([10, 2, 2, 1]).labels == ("1", "2", "10")


def test_whole_numbers_written_as_floats_are_cast() -> None:
    assert found([1.0, 0.0, 10.0]) == Answer("category", "label", ("0", "1", "10"), longest=4, cast="integer")
    mixed = found(["1.0", "2"])
    assert (mixed.labels, mixed.cast) == (("1.0", "2"), None)


def test_many_labels_are_not_listed() -> None:
    answer = found(lambda n: f"l{n % 60}", name="kind")
    assert (answer.type, answer.labels) == ("text", ()), "60 of 120 rows do not recur enough"
    table = table_of({"text": TEXT, "kind": lambda n: f"l{n % 60}"}, rows=1200)
    columns = profiles(table.columns, table.rows)
    many = answer_of_column(columns["kind"], columns["kind"].texts, Context([], columns, None))
    assert (many.type, many.manner, many.labels) == ("category", "label", ())


def test_labels_of_all_rows_count_and_not_of_the_sample_alone() -> None:
    table = table_of({"text": TEXT, "label": ["a", "b"]})
    columns = profiles(table.columns, table.rows)
    answer = answer_of_column(columns["label"], [*columns["label"].texts, "rare"], Context([], columns, None))
    assert answer.labels == ("a", "b", "rare")
    assert answer.longest == 4


def test_numbers_that_are_many_or_broken_are_numbers() -> None:
    assert found([n * 3 for n in range(40)]) == Answer("number", "number", low=0.0, high=117.0, longest=3)
    assert found([0.5, 1.5, 2.5]).type == "number"


def test_flags_are_a_category_although_one_of_them_never_comes() -> None:
    assert found(["true", "false"]).labels == ("false", "true")


def test_letters_stand_for_numbers_that_point_into_choices() -> None:
    choices = ("{w} {n}", "{v} {n}", "x {n}", "y {n}")
    answer, scoring = _both([0, 1, 2, 3], "answer", "choices", {"choices": choices})
    assert answer == Answer("category", "choice", ("A", "B", "C", "D"), longest=1, letters=True)
    assert scoring.metrics == Metrics(("multiple_choice", "accuracy"), choices="choices")
    assert not found([*"ABCD"], options="choices", choices=choices).letters


def test_choices_of_other_lengths_are_not_named_to_the_metric() -> None:
    def some(n: int) -> list[str]:
        return [f"{at} of {n}" for at in range(4 if n % 2 else 3)]

    assert scored([0, 1, 2], options="choices", choices=some).metrics == Metrics(("multiple_choice", "accuracy"))


def test_json_that_names_texts_of_the_input_is_of_entities() -> None:
    answer, scoring = _both({"animal": ("{w}",)}, "answer", None, {})
    assert (answer.type, answer.manner, answer.keys) == ("json", "entities", ("animal",))
    assert scoring.metrics.entries == ("entity_f1",)


def test_other_json_is_matched() -> None:
    answer, scoring = _both({"size": "{n}", "shade": ["x", "y"]}, "answer", None, {})
    assert (answer.type, answer.manner, answer.keys) == ("json", "json", ("size", "shade"))
    assert scoring.metrics.entries == ("json_match", "json_fields")


def test_keys_that_are_too_many_to_name_are_not_named() -> None:
    assert found({f"k{n}": "{n}" for n in range(13)}).keys == ()
    assert len(found({f"k{n}": "{n}" for n in range(12)}).keys) == 12


def test_lists_of_short_texts_are_learned_with_commas() -> None:
    assert found(("x {n}", "y")).manner == "list"
    assert found(("x, {n}", "y")).manner == "json", "a comma would divide an item"
    assert found(lambda n: [] if n == 3 else ["x", str(n)]).manner == "json", "an empty list would be an empty text"


def test_queries() -> None:
    assert found("SELECT a FROM t WHERE n = {n}").manner == "sql"
    assert scored("SELECT a FROM t WHERE n = {n}").metrics.entries == ("sql_exact", "exact_match")


def test_programs_are_told_by_their_tests() -> None:
    answer, scoring = _both("return {n}", "code", None, {"test": "assert f() == {n}"})
    assert (answer.manner, scoring.metrics.entries) == ("code", ("code_execution", "exact_match"))
    other = scored("return {n}", name="code", tests_run="assert f() == {n}")
    assert other.metrics.entries[0] == (("name", "code_execution"), ("test", "tests_run"))
    assert found("return {n}", test="a word about {n}").manner != "code", "called so, and without an assertion"


def test_translations_steps_spans_and_plain_texts() -> None:
    assert found("le {w} est {n}", name="fr", en=TEXT).manner == "translation"
    assert found("le {w} est {n}", name="fr").manner != "translation", "from what language?"
    assert found("we add them and have {n}").manner == "steps"
    assert found("number {n} today").manner == "span"
    assert found("nothing of it, as {n} words say so").manner == "text"


def test_right_answers_in_a_list_are_named() -> None:
    references = ("number {n} today", "another {n}")
    scoring = scored("number {n} today", references=references)
    assert scoring.metrics == Metrics(("squad",), references="references")
    assert "`references`" in scoring.why
    assert scored("nothing of it, as {n} words say").metrics.references is None


def test_where_one_label_is_in_nearly_all_rows_f1_goes_first() -> None:
    rare = scored(lambda n: "spam" if n % 10 == 0 else "ham")
    assert rare.metrics.entries == ("f1", "accuracy")
    assert "90% of the rows" in rare.why
    assert scored(["ham", "spam"]).metrics.entries == ("accuracy", "f1")
    assert scored(["ham", "spam"]).metrics.extract_label


@pytest.mark.parametrize(
    ("factor", "range_"),
    [(0.5, 59.5), (1 / 120, 119 / 120), (100 / 119, 100)],
)
def test_numbers_of_a_small_range_are_scored_by_their_distance(factor: float, range_: float) -> None:
    entries = scored(lambda n: n * factor).metrics.entries
    assert entries[:2] == ("pearson", "spearman")
    bounded = entries[2]
    assert not isinstance(bounded, str)
    assert dict(bounded) == {"name": "bounded_error", "range": pytest.approx(range_)}


def test_numbers_of_a_large_range_must_match() -> None:
    assert scored(lambda n: n * 1.5).metrics.entries == ("numeric_match",)


def test_decimal_commas_are_numbers() -> None:
    answer, scoring = _both([f"1.{100 + n % 7},{n % 10}0" for n in range(60)], "price", None, {})
    assert (answer.type, answer.manner, answer.decimal) == ("number", "number", ",")
    assert (answer.low, answer.high) == (1100.0, 1106.8)
    assert scoring.metrics.entries[0] == "pearson"
    assert found([f"{n},{n % 10}0 EUR" for n in range(60)]).decimal is None
    assert found([f"{n % 9}.50" for n in range(60)]).decimal is None
