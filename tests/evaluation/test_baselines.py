"""The two baselines on texts where their answers are known, and where there is nothing to learn."""

from __future__ import annotations

from lfine.evaluation.baselines import majority, tfidf

TEXTS = ["good film", "very good", "good good day", "bad film", "very bad", "bad bad day"]
ANSWERS = ["yes", "yes", "yes", "no", "no", "no"]


def test_majority_is_the_most_frequent_and_of_equals_the_first() -> None:
    assert majority(["b", "a", "a"], 2) == ["a", "a"]
    assert majority(["b", "a", "a", "b"], 1) == ["b"]
    assert majority(["a"], 0) == []


def test_tfidf_learns_words() -> None:
    assert tfidf(TEXTS, ANSWERS, ["so good", "so bad", "film is bad"]) == ["yes", "no", "no"]


def test_tfidf_learns_word_pairs() -> None:
    texts = ["not good", "good", "not bad", "bad"] * 3
    answers = ["no", "yes", "yes", "no"] * 3
    assert tfidf(texts, answers, ["not good", "good", "not bad", "bad"]) == ["no", "yes", "yes", "no"]


def test_tfidf_is_deterministic() -> None:
    test = ["film day", "very", "unknown words", ""]
    assert tfidf(TEXTS, ANSWERS, test) == tfidf(TEXTS, ANSWERS, test)


def test_nothing_to_learn_is_the_majority() -> None:
    assert tfidf(["a b c", "?"], ["x", "y"], ["z"]) == ["x"]  # no word of two characters
    assert tfidf(TEXTS, ["same"] * 6, ["good", "bad"]) == ["same", "same"]
