"""Candidates against all pairs compared one by one, the reference."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np

from lfine.finetune.data.check import minhash
from lfine.finetune.data.check.minhash import THRESHOLD, NearIndex, band_keys
from lfine.finetune.data.check.shingles import jaccard, shingles


def texts_with_near_copies(n: int) -> list[str]:
    """Texts of 12 to 30 words; every fourth is the one before it with a word changed, at an end or within."""
    draw = random.Random(3)
    vocabulary = [f"word{number}" for number in range(400)]
    texts: list[str] = []
    for at in range(n):
        words = draw.choices(vocabulary, k=draw.randint(12, 30))
        if at % 4 == 3:
            words = texts[-1].split()
            words[draw.choice([0, len(words) // 2, -1])] = "other"
        texts.append(" ".join(words))
    return texts


def by_all_pairs(texts: list[str], queries: list[int], others: list[int]) -> dict[int, tuple[int, float]]:
    """Compare everything with everything; of equally near ones the first."""
    sets = [shingles(text) for text in texts]
    found = {}
    for row in queries:
        best = max((jaccard(sets[row], sets[other]), -other) for other in others if other != row)
        if best[0] >= THRESHOLD:
            found[row] = (-best[1], best[0])
    return found


def test_finds_what_comparing_all_pairs_finds() -> None:
    texts = texts_with_near_copies(400)
    queries, others = list(range(200, 400)), list(range(400))
    index = NearIndex(texts, np.arange(400))
    found = {each.row: (each.other, each.similarity) for each in index.nearest(np.array(queries), np.array(others))}
    expected = by_all_pairs(texts, queries, others)
    assert len(expected) > 60
    assert found == expected


def test_rows_that_take_no_part_are_not_found() -> None:
    texts = ["a b c d", "x", "a b c d", "A, b, c, d!"]
    index = NearIndex(texts, np.array([0, 3]))
    assert index.nearest(np.array([0]), np.array([0, 3]))[0].other == 3


def test_no_row_is_near_itself_and_none_near_nothing() -> None:
    texts = ["one two three four", "", "…", "five six seven eight"]
    index = NearIndex(texts, np.arange(4))
    assert index.nearest(np.arange(4), np.arange(4), threshold=0.01) == []
    assert index.nearest(np.array([], dtype=np.int64), np.arange(4)) == []
    assert (
        NearIndex([], np.array([], dtype=np.int64)).nearest(np.array([], dtype=np.int64), np.array([], np.int64)) == []
    )


def test_agreement_of_signatures_is_the_similarity() -> None:
    """Two texts that share half their shingles meet in a band of four with 1/16."""
    draw = random.Random(5)
    texts = []
    for _ in range(400):
        shared = [f"s{draw.random()}" for _ in range(42)]
        texts += [" ".join([*shared, *(f"{side}{draw.random()}" for _ in range(20))]) for side in "ab"]
    keys = band_keys(texts, np.arange(800))
    similarity = jaccard(shingles(texts[0]), shingles(texts[1]))
    met = float((keys[0::2] == keys[1::2]).mean())
    assert abs(met - similarity**4) < 0.01


def test_chunks_change_nothing() -> None:
    texts = texts_with_near_copies(50)
    whole, size = band_keys(texts, np.arange(50)), minhash._CHUNK_CHARACTERS
    try:
        minhash._CHUNK_CHARACTERS = 500
        assert (band_keys(texts, np.arange(50)) == whole).all()
    finally:
        minhash._CHUNK_CHARACTERS = size


def test_keys_are_the_same_in_another_process() -> None:
    """Python's own hash of texts differs from process to process."""
    code = (
        "import numpy; from lfine.finetune.data.check.minhash import band_keys;"
        " print(band_keys(['a b c d', 'é ß x'], numpy.arange(2)).tolist())"
    )
    here = band_keys(["a b c d", "é ß x"], np.arange(2)).tolist()
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert there.stdout.strip() == str(here)


def test_many_alike_rows_make_few_comparisons() -> None:
    texts = [f"the same long beginning of every single text here number {at}" for at in range(3000)]
    index = NearIndex(texts, np.arange(3000))
    met = index._candidates(np.arange(3000), np.arange(3000))
    assert len(met) <= 3000 * minhash.BANDS * minhash._BUCKET
    assert len(index.nearest(np.arange(3000), np.arange(3000))) == 3000
