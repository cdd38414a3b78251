"""Two models that cost nothing, as a floor under every score: the most frequent answer, and TF-IDF with regression.

    majority(["a", "b", "a"], 2)                                     →  ["a", "a"]
    tfidf(["good film", "bad film"], ["yes", "no"], ["so good"])     →  ["yes"]

Their answers are scored like a model's.
*Not here:* scoring (lfine.evaluation.scoring), and which baselines a task wants (its plan).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

BASELINES = ("majority", "tfidf")
"""Of this module."""


def majority(train_answers: Sequence[str], n: int) -> list[str]:
    """Return `n` times the most frequent training answer; of equally frequent ones, that which occurs first."""
    return [Counter(train_answers).most_common(1)[0][0]] * n


def tfidf(train_texts: Sequence[str], train_answers: Sequence[str], test_texts: Sequence[str]) -> list[str]:
    """Return the answers of a logistic regression on TF-IDF of words and word pairs (scikit-learn); for categories.

    Texts without a single word, or a single training label, leave nothing to learn but the majority.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    split = words.build_analyzer()
    if len(set(train_answers)) == 1 or not any(split(text) for text in train_texts):
        return majority(train_answers, len(test_texts))
    model = make_pipeline(words, LogisticRegression(max_iter=1000))  # lbfgs: no random state
    model.fit(list(train_texts), list(train_answers))
    return [str(answer) for answer in model.predict(list(test_texts))]
