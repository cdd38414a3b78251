"""Answers that max_new_tokens leaves no room for: the end token needs none, turns are measured one by one."""

from __future__ import annotations

import pytest

from lfine.finetune.compile.lengths import EncodedExample
from lfine.finetune.compile.room import answers_without_room


def row(row_id: int, tokens: int, learned: tuple[bool, ...] | None = None) -> EncodedExample:
    """Return a row whose completion has so many tokens, the end token among them."""
    return EncodedExample(row_id, (1, 2), tuple(range(tokens)), learned)


@pytest.mark.parametrize(("room", "longer"), [(4, []), (3, [7]), (2, [7]), (1, [5, 7])])
def test_the_end_token_needs_no_room(room: int, longer: list[int]) -> None:
    found = answers_without_room([row(4, 2), row(5, 3), row(7, 5)], room)
    assert len(found) == bool(longer)
    for problem in found:
        assert problem.message.endswith("row " + ", ".join(map(str, longer)))
        assert "the longest has 4 tokens" in problem.message
        assert problem.cure == "write `max_new_tokens: auto`, or 4 and more"
        assert (problem.code, problem.severity, problem.path) == ("LF317", "warning", "generation.max_new_tokens")


def test_turns_of_a_conversation_are_measured_one_by_one() -> None:
    learned = (True, True, False, False, True, True, True)
    assert answers_without_room([row(0, 7, learned)], 2) == ()
    assert len(answers_without_room([row(0, 7, learned)], 1)) == 1


def test_no_rows_no_problem() -> None:
    assert answers_without_room([], 1) == ()


def test_one_row_is_spoken_of_in_the_singular() -> None:
    (problem,) = answers_without_room([row(3, 9)], 5)
    assert problem.message.startswith("1 training answer is longer than generation.max_new_tokens, 5;")
