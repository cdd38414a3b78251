"""Rows as examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lfine.finetune.data.pairs import Example, examples
from lfine.finetune.data.tables import Table
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]
MakeTable = Callable[[Sequence[Mapping[str, object]]], Table]

ROWS: list[dict[str, object]] = [
    {"q": " x ", "choices": ["é", "b"], "n": 1, "a": " yes\n"},
    {"q": None, "choices": [], "n": 2.0, "a": False},
]


def test_values_are_texts_as_they_are_and_answers_are_stripped(table: MakeTable) -> None:
    assert examples(table(ROWS), (1, 0), ("q", "choices", "n"), "a") == (
        Example(1, {"q": "", "choices": "[]", "n": "2.0"}, "false"),
        Example(0, {"q": " x ", "choices": '["é", "b"]', "n": "1"}, "yes"),
    )


def test_new_rows_have_no_answer(table: MakeTable) -> None:
    (found,) = examples(table(ROWS), [0], ["q"], None)
    assert (found.values, found.answer) == ({"q": " x "}, "")


def test_columns_that_are_not_there_come_together(table: MakeTable, problems: Problems) -> None:
    found = problems(lambda: examples(table(ROWS), [0], ["choice", "q", "zzzzzz"], "b"))
    assert [(problem.code, problem.path) for problem in found] == [
        ("LF201", "prompt.template"),
        ("LF201", "prompt.template"),
        ("LF201", "output_feature.name"),
    ]
    assert found[0].cure == "did you mean `choices`?"
    assert found[1].cure == "use one of `q`, `choices`, `n`, `a`"
