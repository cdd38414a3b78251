"""What is packed comes out again, stays under its size, and says what was cut; no text can end its element."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable
from typing import Any

from lfine.evaluation.records import Prediction, Scores
from lfine.evaluation.reports.answers import AnswerRow, answer_rows
from lfine.evaluation.reports.packing import LENGTHS, MOST, pack
from lfine.evaluation.reports.sources import ModelEvaluation

Build = Callable[..., Scores]


def unpack(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(text)))
    return found


def rows_of(scored: Build, texts: list[str]) -> list[AnswerRow]:
    pairs = [("auto", text) for text in texts]
    given = tuple(Prediction(row, gold, answer, f"p{row}") for row, (gold, answer) in enumerate(pairs))
    return answer_rows(ModelEvaluation(scored(pairs, metrics=("rouge",)), given), None)


def noise(length: int, seed: int) -> str:
    drawn = random.Random(seed)
    return "".join(chr(drawn.randrange(33, 120)) for _ in range(length))


def test_every_column_comes_out_again(scored: Build) -> None:
    rows = rows_of(scored, ["auto", "home"])
    columns = unpack(pack(rows, MOST).text)
    assert columns["answer"] == ["auto", "home"]
    assert columns["prompt"] == ["p0", "p1"]
    assert columns["state"] == ["right", "wrong"]
    assert columns["score"] == [1.0, 0.0]
    assert columns["long"] == {}
    assert {len(values) for name, values in columns.items() if name != "long"} == {2}


def test_hostile_texts_are_letters_and_digits(scored: Build) -> None:
    text = "</script><!-- \u202e \ud83c \x00"
    packed = pack(rows_of(scored, [text]), MOST)
    assert "<" not in packed.text
    assert unpack(packed.text)["answer"] == [text.replace("\ud83c", "?")]  # half a surrogate pair has no UTF-8


def test_long_texts_are_cut_at_the_largest_length_that_fits(scored: Build) -> None:
    texts = [noise(3000, seed) for seed in range(20)]
    rows = rows_of(scored, texts)
    whole = pack(rows, MOST)
    assert (whole.cut, whole.rows) == (0, 20)
    for most, longest in ((60_000, 2_000), (20_000, 500)):
        packed = pack(rows, most)
        assert len(packed.text) <= most
        assert (packed.longest, packed.cut, packed.rows) == (longest, 20, 20)
        columns = unpack(packed.text)
        assert columns["answer"] == [text[:longest] for text in texts]
        assert columns["long"] == {"answer": {str(place): 3000 for place in range(20)}}


def test_where_cutting_does_not_help_the_worst_rows_stay(scored: Build) -> None:
    rows = rows_of(scored, ["auto", *(noise(200, seed) for seed in range(40)), "auto"])
    packed = pack(rows, 4_000)
    assert len(packed.text) <= 4_000
    assert packed.longest == LENGTHS[-1]
    assert 0 < packed.rows < 42
    assert set(unpack(packed.text)["state"]) == {"wrong"}


def test_the_same_rows_are_packed_into_the_same_text(scored: Build) -> None:
    rows = rows_of(scored, ["auto", "home"])
    assert pack(rows, MOST) == pack(rows, MOST)
