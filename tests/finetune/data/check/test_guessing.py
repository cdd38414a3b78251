"""Which columns a file's input and answer are."""

from __future__ import annotations

import pytest

from lfine.finetune.data.check.guessing import guess_columns
from lfine.schemas.errors import UsageError

TEXT = "some running text of words"


@pytest.mark.parametrize(
    ("row", "inputs", "output"),
    [
        ({"id": 1, "text": TEXT, "label": 0, "label_text": "a"}, ("text",), "label_text"),
        ({"question": TEXT, "answer": "4"}, ("question",), "answer"),
        ({"sentence1": TEXT, "sentence2": TEXT, "score": 2.5, "genre": "news"}, ("sentence1", "sentence2"), "score"),
        ({"tokens": ["a"], "tags": ["O"], "whole": TEXT, "collected_tags": "{}"}, ("whole",), "collected_tags"),
        ({"OriginalTweet": TEXT, "Location": "Rome", "Sentiment": "bad"}, ("OriginalTweet",), "Sentiment"),
        ({"gem_id": "viggo-train-1", "meaning": "inform( a b c )", "target": TEXT}, ("meaning",), "target"),
        ({"whole": TEXT, "collected_tags": TEXT, "target": "x"}, ("whole",), "target"),
        ({"instruction": TEXT, "input": "", "output": "x"}, ("instruction", "input"), "output"),
        ({"question": TEXT, "query": "SELECT 1"}, ("question",), "query"),
        ({"text": TEXT}, ("text",), None),
        ({"a": "x", "b": "y"}, ("a", "b"), None),
        ({"一": "一方予另一方之任何通知應以書面為之並應以專人遞送", "label": "x"}, ("一",), "label"),
    ],
)
def test_guesses(row: dict[str, object], inputs: tuple[str, ...], output: str | None) -> None:
    found = guess_columns(tuple(row), [row] * 3)
    assert (found.inputs, found.output) == (inputs, output)


def test_what_is_asked_for_is_taken() -> None:
    row: dict[str, object] = {"question": TEXT, "answer": "4", "why": TEXT}
    found = guess_columns(tuple(row), [row], inputs=["why"], output="question")
    assert (found.inputs, found.output) == (("why",), "question")
    assert found.reasons == ("input: column why (as asked)", "answer: column question (as asked)")


def test_the_split_is_neither() -> None:
    row: dict[str, object] = {"a": TEXT, "type": "train", "label": "x"}
    assert guess_columns(tuple(row), [row], split="label").output == "type"


def test_a_missing_answer_says_how_to_name_it() -> None:
    assert "--output" in guess_columns(("text",), [{"text": TEXT}]).reasons[1]


def test_columns_that_are_not_there_are_refused_together() -> None:
    with pytest.raises(UsageError) as refused:
        guess_columns(("text", "label"), [{"text": TEXT, "label": "x"}], inputs=["txt"], output="labell")
    assert [problem.cure for problem in refused.value.problems] == ["did you mean `text`?", "did you mean `label`?"]
