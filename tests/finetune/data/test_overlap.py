"""Held-out rows that read like a training row: counted, listed, and told apart from rows that only look alike."""

from __future__ import annotations

from lfine.finetune.data.conversations import Turn
from lfine.finetune.data.overlap import input_hash, reading, split_overlap
from lfine.finetune.data.pairs import Example


def row(row_id: int, question: str, answer: str) -> Example:
    return Example(row_id, {"question": question, "note": "n"}, answer)


TRAINING = [row(0, "a", "1"), row(1, "b", "2"), row(2, "b", "2")]


def test_rows_without_a_twin_are_no_problem() -> None:
    assert split_overlap(TRAINING, [row(3, "c", "1"), row(4, "a", "2")], split="test") == ()
    assert split_overlap([], [row(3, "c", "1")], split="test") == ()
    assert split_overlap(TRAINING, [], split="test") == ()


def test_twins_are_counted_among_the_held_out_rows_and_named() -> None:
    held_out = [row(5, "b", "2"), row(6, "x", "1"), row(7, "a", "1"), row(8, "b", "2")]
    (problem,) = split_overlap(TRAINING, held_out, split="validation")
    assert (problem.code, problem.severity, problem.path) == ("LF323", "warning", "preprocessing.split")
    assert problem.message == (
        "3 of 4 validation rows read like a training row, prompt and answer: row 5, 7, 8 (counted from 0)"
    )
    assert problem.cure


def test_one_row_reads_alone() -> None:
    (problem,) = split_overlap(TRAINING, [row(9, "a", "1")], split="test")
    assert problem.message.startswith("1 of 1 test row reads like a training row")


def test_only_what_the_model_sees_counts() -> None:
    assert reading(row(1, "a", "x")) == reading(row(2, "a", "x"))
    assert reading(Example(1, {"b": "1", "a": "2"}, "x")) == reading(Example(1, {"a": "2", "b": "1"}, "x"))
    assert reading(Example(1, {"a": "x"}, "")) != reading(Example(1, {"b": "x"}, ""))


def test_conversations_are_compared_turn_by_turn() -> None:
    said = (Turn("user", "hi", None), Turn("assistant", "hello", None))
    other = (Turn("assistant", "hi", None), Turn("user", "hello", None))
    assert reading(Example(1, {}, "hello", said)) == reading(Example(9, {}, "other", said))
    assert reading(Example(1, {}, "hello", said)) != reading(Example(1, {}, "hello", other))


def test_the_hash_of_an_input_is_that_of_the_prompt_alone() -> None:
    assert input_hash(row(1, "2+2?", "4")) == input_hash(row(9, "2+2?", "5"))
    assert input_hash(row(1, "2+2?", "4")) != input_hash(row(1, "2+3?", "4"))
    assert len(input_hash(row(1, "2+2?", "4"))) == 8


def test_the_input_of_a_conversation_ends_before_its_last_answer() -> None:
    def talk(*turns: tuple[str, str]) -> bytes:
        return input_hash(Example(0, {}, "", tuple(Turn(role, text, None) for role, text in turns)))  # type: ignore[arg-type]

    asked = (("user", "hi"), ("assistant", "hello"), ("user", "2+2?"))
    assert talk(*asked, ("assistant", "4")) == talk(*asked, ("assistant", "five"), ("user", "thanks"))
    assert talk(*asked, ("assistant", "4")) != talk(*asked[:2], ("user", "2+3?"), ("assistant", "4"))
    assert talk(("user", "a"), ("assistant", "x")) != talk(("system", "a"), ("assistant", "x"))
