"""Gold answers of the real data sets: as answers they score 1 with the metric that suits them, shuffled far below.

For accuracy the shuffled score is known: two answers drawn from shares p are equal with probability Σp².
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from lfine.evaluation.metrics.checking import check_golds
from lfine.evaluation.metrics.multiple_choice import multiple_choice
from lfine.evaluation.metrics.registry import Answered, Corpus, Facts, PerExample, find, plain
from lfine.evaluation.records import Prediction
from lfine.schemas.task import MetricChoice

DATA = Path(__file__).parents[4] / "shared" / "data"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.exists(), reason=f"{DATA} is absent: the real data sets are not here"),
]

MOST = 300
"""Test rows of each set."""
CERTAIN = 4.0
"""Standard errors: chance alone goes beyond them once in 16,000 times."""


@dataclass(frozen=True)
class Set:
    file: str
    column: str
    metrics: tuple[str, ...]
    """Whose every value is 1 for gold answers."""
    below: float = 0.7
    """What shuffled answers stay below, in every value."""
    references: str | None = None
    choices: str | None = None

    def __str__(self) -> str:
        return f"{self.file}-{self.column}"


LABELS = ("accuracy", "exact_match", "f1", "precision", "recall", "mcc", "lora_land.accuracy")
BINARY = (*LABELS, "binary_accuracy", "lora_land.binary_accuracy_flex")
TEXT = ("rouge", "bleu", "chrf", "squad", "exact_match", "lora_land.rouge")
SETS = (
    Set("ag_news", "label_text", LABELS),
    Set("arc_combined", "answerKey", (*LABELS, "multiple_choice"), choices="choices_text"),
    Set("bc5cdr", "collected_tags", ("entity_f1", "json_match", "json_fields", "lora_land.rouge"), below=0.8),
    Set("boolq", "answer", BINARY, below=0.8),
    Set("cnn_dailymail_mini", "highlights", TEXT),
    Set("conllpp", "output", ("entity_f1", "json_match", "json_fields", "lora_land.rouge"), below=0.75),
    Set("conllpp", "ner_tags", ("entity_f1",)),
    Set("covid", "Sentiment", LABELS),
    Set("dbpedia", "label_text", (*LABELS, "lora_land.dbpedia")),
    Set("e2e_nlg", "human_reference", TEXT, references="references"),
    Set("glue_cola", "label", BINARY, below=0.8),
    Set("glue_mnli", "label", (*LABELS, "lora_land.mnli_accuracy")),
    Set("glue_mrpc", "label", BINARY, below=0.8),
    Set("glue_qnli", "label", BINARY, below=0.8),
    Set("glue_qqp", "label", BINARY, below=0.8),
    Set("glue_sst2", "label", BINARY, below=0.8),
    Set("glue_stsb", "score", ("pearson", "spearman", "bounded_error", "numeric_match", "lora_land.stsb"), below=0.75),
    Set("glue_wnli", "label", BINARY, below=0.8),
    Set("gsm8k", "answer", ("numeric_match", "lora_land.gsm8k_regex")),
    Set("hellaswag", "label", (*LABELS, "multiple_choice", "lora_land.hellaswag_accuracy"), choices="endings"),
    Set("humaneval", "canonical_solution", ("exact_match", "chrf")),
    Set("jigsaw", "toxic", BINARY, below=0.9),
    Set("legal", "clause_type", (*LABELS, "lora_land.customer_support_accuracy")),
    Set("mmlu", "answer_letter", (*LABELS, "multiple_choice"), choices="choices"),
    Set("reuters", "topics", ("json_match", "json_fields"), below=0.8),
    Set("spider_create_context", "answer", ("exact_match", "rouge")),
    Set("spider_dev", "query", ("exact_match", "rouge")),
    Set("viggo", "target", TEXT),
    Set("viggo", "meaning_representation", ("exact_match", "chrf")),
    Set("webnlg", "lex", TEXT, references="references"),
    Set("wikisql", "sql", ("exact_match", "rouge"), below=0.8),
    Set("winogrande", "answer", (*LABELS, "lora_land.mrpc_accuracy"), below=0.8),
)


def text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).strip()


@cache
def columns(file: str) -> dict[str, list[object]]:
    from pyarrow import compute, parquet

    table = parquet.read_table(DATA / f"{file}.parquet")
    found: dict[str, list[object]] = table.filter(compute.equal(table["split"], "test")).slice(0, MOST).to_pydict()
    return found


def cells(column: Sequence[object]) -> list[tuple[str, ...]]:
    return [tuple(map(text, each)) if isinstance(each, list) else () for each in column]


def rows_of(which: Set) -> list[Prediction]:
    """Return the test rows, each answered with its gold answer."""
    table = columns(which.file)
    rows = [Prediction(place, text(value), text(value)) for place, value in enumerate(table[which.column])]
    if which.references is not None:
        rows = [replace(row, references=cell) for row, cell in zip(rows, cells(table[which.references]), strict=True)]
    if which.choices is not None:
        rows = [replace(row, choices=cell) for row, cell in zip(rows, cells(table[which.choices]), strict=True)]
    return rows


def asked(name: str) -> MetricChoice:
    return replace(plain(name), range=5.0) if name == "bounded_error" else plain(name)


def values(name: str, rows: Sequence[Prediction]) -> dict[str, float]:
    import numpy as np

    golds = tuple(row.gold for row in rows)
    answered = Answered(
        golds, tuple(row.prediction for row in rows), tuple(sorted(set(golds))), asked(name), given=tuple(rows)
    )
    result = find(name).compute(answered)
    if isinstance(result, PerExample):
        assert result.unjudged == 0
        return {value: sum(scores) / len(scores) for value, scores in result.scores.items()}
    assert isinstance(result, Corpus | Facts)
    everyone = np.arange(len(rows), dtype=np.int64)[None, :]
    return {value: float(each(everyone)[0]) for value, each in find(name).statistics(result, answered.choice).items()}


def shuffled(rows: Sequence[Prediction]) -> list[Prediction]:
    answers = [row.gold for row in rows]
    random.Random(11).shuffle(answers)
    return [replace(row, prediction=answer) for row, answer in zip(rows, answers, strict=True)]


@pytest.mark.parametrize("which", SETS, ids=str)
def test_gold_answers_score_one_and_shuffled_ones_far_less(which: Set) -> None:
    rows = rows_of(which)
    assert len(rows) >= 70
    assert check_golds({row.row_id: row.gold for row in rows}, list(map(asked, which.metrics))) == []
    for name in which.metrics:
        near = values(name, rows)
        assert near == pytest.approx(dict.fromkeys(near, 1.0), abs=1e-12)
        far = {value: score for value, score in values(name, shuffled(rows)).items() if value != "json_valid"}
        assert max(far.values()) < which.below, (name, far)


@pytest.mark.parametrize("which", [each for each in SETS if "accuracy" in each.metrics], ids=str)
def test_accuracy_of_shuffled_labels_is_that_of_two_draws(which: Set) -> None:
    rows = rows_of(which)
    shares = [count / len(rows) for count in Counter(row.gold for row in rows).values()]
    equal = sum(share * share for share in shares)
    found = values("accuracy", shuffled(rows))["accuracy"]
    assert abs(found - equal) < CERTAIN * math.sqrt(equal * (1 - equal) / len(rows))


@pytest.mark.parametrize("which", [each for each in SETS if each.choices], ids=str)
def test_the_text_of_the_right_choice_names_its_label(which: Set) -> None:
    """Except where two choices of a row have the same text, or one stands in another."""
    rows = rows_of(which)
    labels = sorted({row.gold for row in rows})
    said = [replace(row, prediction=(row.choices or ())[labels.index(row.gold)]) for row in rows]
    golds, answers = tuple(row.gold for row in said), tuple(row.prediction for row in said)
    result = multiple_choice.compute(
        Answered(golds, answers, tuple(labels), plain("multiple_choice"), given=tuple(said))
    )
    assert isinstance(result, PerExample)
    wrong = result.scores["multiple_choice"].count(0.0)
    assert wrong <= 0.02 * len(rows)
    assert wrong - result.unjudged <= 0.01 * len(rows)


def test_a_gold_answer_that_cannot_be_read_is_named_with_its_row() -> None:
    rows = rows_of(next(each for each in SETS if each.file == "gsm8k"))
    golds = {row.row_id: row.gold for row in rows} | {7: "nobody knows", 12: ""}
    (problem,) = check_golds(golds, [plain("numeric_match")])
    assert problem.code == "LF314"
    assert "(row 7, 12; rows are counted from 0)" in problem.cure
