"""Stop texts are found in the text, wherever the tokens end. *Not here:* the loop that asks (test_local.py)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lfine.finetune.generate.stopping import StopTexts

PIECES = ["one ", "\n", "\nQues", "tion:", " two", "end"]


def decode(tokens: Sequence[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


@pytest.mark.parametrize(
    ("tokens", "stops", "at"),
    [
        ([0, 4], ["\n"], None),
        ([0, 1], ["\n"], 4),
        ([0, 1, 2], ["\n\n"], 4),  # it spans two tokens
        ([0, 2, 3], ["Question:"], 5),  # it begins inside one token and ends with another
        ([0, 2], ["Question:"], None),  # half of it
        ([0, 2, 3, 4], ["two", "\n"], 4),  # of several the first in the text
        ([5], ["end", "nd"], 0),
        ([], ["\n"], None),
    ],
)
def test_the_first_stop_of_the_text(tokens: list[int], stops: list[str], at: int | None) -> None:
    assert StopTexts(decode, stops).found_in(tokens) == at
