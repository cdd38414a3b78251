"""Words, their runs, and what two texts share."""

from __future__ import annotations

import pytest

from lfine.finetune.data.check.shingles import jaccard, shingles, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Is it a Dog?", ["is", "it", "a", "dog"]),
        ("STRASSE straße ok", ["strasse", "strasse", "ok"]),
        ("no", ["no", "", ""]),
        ("一方予另", ["一", "方", "予", "另"]),
        ("GPT模型 ist", ["gpt", "模", "型", "ist"]),
        ("  … !", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_shingles_are_runs_of_three_words() -> None:
    assert shingles("Is it a dog?") == {("is", "it", "a"), ("it", "a", "dog")}
    assert shingles("two words") == {("two", "words", "")}
    assert shingles("") == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [
        ("is it a dog", "is it a cat", 1 / 3),
        ("Is it a dog?", "is it, a DOG", 1.0),
        ("a b c d e", "v w x y z", 0.0),
        ("", "", 0.0),
    ],
)
def test_similarity_is_shared_of_all_shingles(one: str, other: str, similarity: float) -> None:
    assert jaccard(shingles(one), shingles(other)) == similarity
