"""What the words of a column's name say of its role."""

from __future__ import annotations

import pytest

from lfine.finetune.data.guess.lexicon import (
    answer_points,
    is_about_the_row,
    is_id_name,
    is_input_name,
    language_of,
    parts,
    words,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("OriginalTweet", ("original", "tweet")),
        ("answerKey", ("answer", "key")),
        ("comment_text", ("comment", "text")),
        ("HTMLBody", ("html", "body")),
        ("ID", ("id",)),
        ("créé-à", ("créé", "à")),
        (" Priority (1-5) ", ("priority", "1", "5")),
        ("Größe (m²)", ("größe", "m²")),
        ("PrüfÖlStand", ("prüf", "öl", "stand")),
        ("Оценка клиента", ("оценка", "клиента")),
        ("日本語Text", ("日本語", "text")),
        ("²", ("²",)),
        ("sentence1", ("sentence", "1")),
        ("__", ()),
    ],
)
def test_a_name_falls_into_words(name: str, found: tuple[str, ...]) -> None:
    assert words(name) == found
    assert parts(name) == tuple(word for word in found if not word.isdecimal())


@pytest.mark.parametrize(
    ("name", "points", "why"),
    [
        ("label", 8.0, "its name"),
        ("Answer2", 8.0, "its name"),
        ("gold_label", 5.0, "its name ends in `label`"),
        ("answerKey", 3.5, "`answer` in its name"),
        ("sentiment", 4.0, "its name"),
        ("clause_type", 3.0, "its name ends in `type`"),
        ("type_of_thing", 1.5, "`type` in its name"),
        ("label_type", 3.5, "`label` in its name"),  # a word that is sure goes before one that is likely
        ("text", 0.0, ""),
        ("labelled", 0.0, ""),  # words are whole
    ],
)
def test_how_much_a_name_speaks_for_an_answer(name: str, points: float, why: str) -> None:
    assert answer_points(name) == (points, why)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("comment_text", True),
        ("question1", True),
        ("Body", True),
        ("text_length", False),
        ("label", False),
        ("", False),
    ],
)
def test_names_of_inputs_end_in_a_word_for_one(name: str, expected: bool) -> None:
    assert is_input_name(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("created_at", True),
        ("written_by", True),
        ("source_url", True),
        ("at", False),  # alone it is no such ending
        ("url_text", False),
        ("text", False),
    ],
)
def test_names_of_what_is_known_about_the_row(name: str, expected: bool) -> None:
    assert is_about_the_row(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("id", True), ("reviewId", True), ("index", True), ("label_id", False), ("identity", False), ("paid", False)],
)
def test_names_of_ids_are_not_those_of_answers(name: str, expected: bool) -> None:
    assert is_id_name(name) is expected


@pytest.mark.parametrize(
    ("name", "language"),
    [("en", "English"), ("text_de", "German"), ("French", "French"), ("enter", None), ("text", None)],
)
def test_a_column_called_after_a_language(name: str, language: str | None) -> None:
    assert language_of(name) == language
