"""Rows as examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.pairs import Example, Examples, chosen, examples, lazy_examples, row_ids_of
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


def test_lazy_examples_are_made_when_asked_for(table: MakeTable) -> None:
    made: list[int] = []

    def make(row_id: int) -> Example:
        made.append(row_id)
        return Example(row_id, {}, str(row_id))

    rows = Examples((5, 6, 7, 8), make)
    assert (len(rows), list(row_ids_of(rows)), made) == (4, [5, 6, 7, 8], [])
    assert rows[1].row_id == 6
    assert [row.row_id for row in rows[2:]] == [7, 8]
    assert made == [6, 7, 8]
    few = chosen(rows[1:], [2, 0])
    assert isinstance(few, Examples)
    assert list(row_ids_of(few)) == [8, 6]
    assert chosen(list(rows), [3]) == [Example(8, {}, "8")]
    assert list(row_ids_of(list(rows))) == [5, 6, 7, 8]
    lazy = lazy_examples(table(ROWS), (1, 0), ("q", "n"), "a")
    assert tuple(lazy) == examples(table(ROWS), (1, 0), ("q", "n"), "a")


def test_lazy_examples_are_checked_at_once(table: MakeTable, problems: Problems) -> None:
    assert [each.code for each in problems(lambda: lazy_examples(table(ROWS), (0,), ("q", "x"), "y"))] == ["LF201"] * 2
    found = problems(lambda: lazy_examples(table(CHATS), (0, 2, 3), (), None, messages_column="chat"))
    assert {each.code for each in found} == {"LF333"}


def test_new_rows_have_no_answer(table: MakeTable) -> None:
    (found,) = examples(table(ROWS), [0], ["q"], None)
    assert (found.values, found.answer) == ({"q": " x "}, "")


CHATS: list[dict[str, object]] = [
    {"chat": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": " 4\n"}]},
    {"chat": '[{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}, {"from": "human", "value": "c"}]'},
    {"chat": [{"role": "user", "content": "hi"}]},
    {"chat": "hello"},
    {"chat": None},
]


def test_a_conversation_is_whole_and_its_last_answer_is_what_is_scored(table: MakeTable) -> None:
    first, second = examples(table(CHATS), [1, 0], (), None, messages_column="chat")
    assert (first.row_id, first.values, first.answer) == (1, {}, "b")
    assert first.turns == (Turn("user", "a", None), Turn("assistant", "b", None), Turn("user", "c", None))
    assert (second.row_id, second.answer) == (0, "4")


def test_of_several_answers_the_last_is_scored(table: MakeTable) -> None:
    said = ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")
    rows = table([{"chat": [{"role": role, "content": content} for role, content in said]}])
    (found,) = examples(rows, [0], (), None, messages_column="chat")
    assert (found.answer, len(found.turns or ())) == ("d", 4)


def test_cells_that_are_no_conversation_come_together(
    table: MakeTable, problems: Problems, placed: Callable[[str, str, str, str], Problem]
) -> None:
    found = problems(lambda: examples(table(CHATS), range(5), (), None, messages_column="chat", place=placed))
    assert [problem.message for problem in found] == [
        "column 'chat': no turn of the assistant: 1 row: 2",
        "column 'chat': no list of turns: 2 rows: 3, 4",
    ]
    assert {(problem.code, problem.path, problem.line) for problem in found} == {("LF333", "prompt.messages", 7)}


def test_a_column_of_conversations_that_is_not_there(table: MakeTable, problems: Problems) -> None:
    (problem,) = problems(lambda: examples(table(CHATS), [], (), None, messages_column="chats"))
    assert (problem.code, problem.path, problem.cure) == ("LF201", "prompt.messages", "did you mean `chat`?")


def test_columns_that_are_not_there_come_together(table: MakeTable, problems: Problems) -> None:
    found = problems(lambda: examples(table(ROWS), [0], ["choice", "q", "zzzzzz"], "b"))
    assert [(problem.code, problem.path) for problem in found] == [
        ("LF201", "prompt.template"),
        ("LF201", "prompt.template"),
        ("LF201", "output_feature.name"),
    ]
    assert found[0].cure == "did you mean `choices`?"
    assert found[1].cure == "use one of `q`, `choices`, `n`, `a`"
