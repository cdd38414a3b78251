"""Words of a column's name, in any script."""

from __future__ import annotations

import pytest

from lfine.finetune.data.guess.lexicon import parts, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OriginalTweet", ("original", "tweet")),
        ("HTMLText2", ("html", "text", "2")),
        ("comment_text", ("comment", "text")),
        (" Priority (1-5) ", ("priority", "1", "5")),
        ("Größe (m²)", ("größe", "m²")),
        ("PrüfÖlStand", ("prüf", "öl", "stand")),
        ("équipe", ("équipe",)),
        ("Оценка клиента", ("оценка", "клиента")),
        ("日本語Text", ("日本語", "text")),
        ("²", ("²",)),
        ("", ()),
    ],
)
def test_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


def test_parts_are_words_without_numbers() -> None:
    assert parts("option_2_text") == ("option", "text")
