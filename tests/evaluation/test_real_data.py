"""The baselines on real news, from texts to a comparison and a report: what a user sees before any model is trained."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.baselines import majority, tfidf
from lfine.evaluation.compare import compare
from lfine.evaluation.files import read_predictions, write_predictions, write_scores
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.reports.page import write_report
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract

DATA = Path(__file__).parents[3] / "shared" / "data" / "ag_news.parquet"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is absent: the real data sets are not here"),
]

TRAIN, TEST = 800, 300
LABELS = ("Business", "Sci/Tech", "Sports", "World")


def column(table: dict[str, list[str]], name: str, split: str, most: int) -> list[str]:
    rows = [value for value, side in zip(table[name], table["split"], strict=True) if side == split]
    return rows[:most]


@pytest.fixture(scope="module")
def news() -> dict[str, list[str]]:
    from pyarrow import parquet

    table: dict[str, list[str]] = parquet.read_table(DATA, columns=["text", "label_text", "split"]).to_pydict()
    return table


def test_baselines_from_texts_to_a_report(
    news: dict[str, list[str]], tmp_path: Path, settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    train, answers = column(news, "text", "train", TRAIN), column(news, "label_text", "train", TRAIN)
    test, golds = column(news, "text", "test", TEST), column(news, "label_text", "test", TEST)
    assert set(golds) == set(LABELS)
    given = {"majority": majority(answers, TEST), "tfidf": tfidf(train, answers, test)}
    scores: dict[str, Scores] = {}
    for model, found in given.items():
        rows = [
            Prediction(row_id, gold, answer, text)
            for row_id, (gold, answer, text) in enumerate(zip(golds, found, test, strict=True))
        ]
        folder = tmp_path / model
        write_predictions(folder / "predictions.jsonl", rows)
        used = replace(
            settings, labels=LABELS, metrics=(plain("accuracy"), plain("f1")), extract=Extract("label", None, None)
        )
        scores[model] = score(
            read_predictions(folder / "predictions.jsonl"), settings=used, identity=replace(identity, model=model)
        )
        write_scores(folder / "scores.json", scores[model])

    commonest = Counter(answers).most_common(1)[0][0]
    assert scores["majority"].metrics["accuracy"].value == pytest.approx(golds.count(commonest) / TEST)
    # A linear model on 800 headlines of four desks is far above a guess, and far from perfect.
    assert 0.6 < scores["tfidf"].metrics["accuracy"].value < 0.95
    gap = compare(scores["tfidf"], scores["majority"]).main
    assert gap.low > 0.3
    assert gap.p_value < 0.001
    page = write_report(None, tmp_path / "tfidf").read_text(encoding="utf-8")
    assert "TF-IDF with logistic regression answers" in page
    assert "tfidf − majority" in page
