"""Which columns are answer and inputs, for those who learn them and for those who only look at them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lfine.finetune.data.guess.profiles import profiles
from lfine.finetune.data.guess.records import Wanted
from lfine.finetune.data.guess.roles import Roles, check_asked, roles_of
from lfine.schemas.errors import UsageError
from tests.finetune.data.guess.tables import table_of

TEXT = "the {w} of the {v} is number {n} today"
UNSURE: dict[str, object] = {"one": TEXT, "two": f"a {TEXT}", "three": f"b {TEXT}"}


def roles(
    columns: Mapping[str, object], wanted: Wanted | None = None, *, split: str | None = None, guessed: bool = True
) -> Roles:
    table = table_of(columns)
    found = profiles(table.columns, table.rows)
    return roles_of(table, found, wanted or Wanted(), split=split, guessed=guessed)


@pytest.mark.parametrize(
    ("columns", "inputs", "output"),
    [
        ({"id": "{n}", "text": TEXT, "label": [0, 1], "label_text": ["bad", "good"]}, ("text",), "label_text"),
        ({"question": TEXT, "answer": "{n}"}, ("question",), "answer"),
        ({"sentence1": TEXT, "sentence2": TEXT, "score": 2.5}, ("sentence1", "sentence2"), "score"),
        ({"OriginalTweet": TEXT, "Location": ["Rome", "Bonn"], "Sentiment": ["bad", "good", "fair"]},
         ("OriginalTweet",), "Sentiment"),
        ({"gem_id": "viggo-train-{n}", "meaning": "inform( a {n} c )", "target": TEXT}, ("meaning",), "target"),
        ({"instruction": TEXT, "input": "", "output": "x {n}"}, ("instruction", "input"), "output"),
        ({"question": TEXT, "query": "SELECT {n} FROM t"}, ("question",), "query"),
        ({"一": "一方予另一方之任何通知{n}應以書面為之並應以專人遞送", "label": ["x", "y"]}, ("一",), "label"),
        ({"text": TEXT}, ("text",), None),
        ({"a": "x {n}", "b": "y {n}", "c": "z {n}"}, ("a", "b", "c"), None),
    ],
)  # fmt: skip
def test_what_is_likely(columns: dict[str, object], inputs: tuple[str, ...], output: str | None) -> None:
    found = roles(columns, guessed=False)
    assert (found.inputs.columns, found.output) == (inputs, output)


def test_a_mere_guess_is_an_answer_only_for_those_who_take_it() -> None:
    taken = roles(UNSURE)
    assert taken.answer is not None
    assert (taken.output, taken.inputs.columns, taken.answer.certainty) == ("three", ("one", "two"), "a guess")
    left = roles(UNSURE, guessed=False)
    assert (left.answer, left.output, left.inputs.columns) == (None, None, ("one", "two", "three"))


def test_what_is_asked_for_is_taken_by_both() -> None:
    for guessed in (True, False):
        found = roles(UNSURE, Wanted(output="one"), guessed=guessed)
        assert found.answer is not None
        assert (found.output, found.answer.why, found.inputs.columns) == ("one", "as asked", ("two", "three"))


def test_the_split_is_neither() -> None:
    found = roles({"a": TEXT, "type": ["train", "test", "odd"], "label": ["x", "y"]}, split="label")
    assert found.output == "type"
    assert found.inputs.columns == ("a",)


def test_without_a_column_that_can_be_the_answer_there_is_none() -> None:
    assert roles({"same": "x", "other": "y"}).answer is None


def test_an_answer_that_is_the_same_in_every_row_is_looked_at_and_not_learned() -> None:
    columns: dict[str, object] = {"question": TEXT, "answer": "yes"}
    assert roles(columns, guessed=False).output == "answer"
    assert roles(columns).output == "question"
    assert roles({"text": TEXT, "other": "yes"}, guessed=False).output != "other", "not named like one"


def test_columns_that_are_not_there_are_refused_together() -> None:
    with pytest.raises(UsageError) as refused:
        check_asked(("text", "label"), Wanted(output="labell", inputs=("txt",)))
    assert [problem.cure for problem in refused.value.problems] == ["did you mean `text`?", "did you mean `label`?"]
    check_asked(("text", "label"), Wanted(output="label", inputs=("text",)))
