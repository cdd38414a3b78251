"""From predictions to Scores: counts, order, headline, problems; and no torch on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.files import write_predictions
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import higher_is_better, quick_scores, score
from lfine.schemas.errors import TaskError
from lfine.schemas.task import Extract, MetricChoice

LABEL = Extract("label", pattern=None, field=None)
ROWS = [
    Prediction(9, "auto", "It is AUTO.", prompt="p9"),
    Prediction(4, "home", "auto or home"),
    Prediction(2, "home", None),
    Prediction(7, "auto claims", "auto claims"),
    Prediction(1, "home", "auto"),
]


def test_unscored_rows_count_as_wrong_and_apart(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    scores = score(ROWS, settings=replace(settings, extract=LABEL), identity=identity)
    assert (scores.n, scores.scored, scores.unscored) == (5, 3, 2)
    assert scores.per_example["accuracy"] == (1.0, 0.0, 0.0, 1.0, 0.0)
    assert scores.metrics["accuracy"].value == 0.4
    assert scores.row_ids == (9, 4, 2, 7, 1)


def test_extract_none_judges_the_answer_as_it_stands(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    scores = score(ROWS, settings=settings, identity=identity)
    assert (scores.scored, scores.unscored) == (4, 1)
    assert scores.per_example["accuracy"] == (0.0, 0.0, 0.0, 1.0, 0.0)


def test_confusion_and_codes_stand_in_every_category_score(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    scores = score(ROWS, settings=replace(settings, extract=LABEL), identity=identity)
    assert scores.confusion is not None
    assert scores.confusion.counts == ((1, 0, 0, 0), (0, 1, 0, 0), (1, 0, 0, 2))
    assert scores.coded is not None
    assert (scores.coded.golds, scores.coded.answers) == ((0, 2, 2, 1, 2), (0, 3, 3, 1, 0))


def test_first_metric_is_the_headline_and_families_give_several(scored: Callable[..., Scores]) -> None:
    text = scored([("the cat", "the cat"), ("a dog", None)], metrics=("rouge", "exact_match"))
    assert text.headline == "rougeL"
    assert list(text.metrics) == ["rougeL", "rouge1", "rouge2", "rougeLsum", "exact_match"]
    assert text.confusion is None
    assert text.coded is None
    assert scored([("auto", "auto")], metrics=("confusion", "f1", "accuracy")).headline == "f1"


def test_corpus_metrics_have_intervals_but_no_per_example_scores(scored: Callable[..., Scores]) -> None:
    scores = scored([("auto", "auto"), ("home", "home"), ("home", "auto")] * 20, metrics=("f1", "accuracy"))
    assert set(scores.per_example) == {"accuracy"}
    interval = scores.metrics["f1"]
    assert interval.low < interval.value < interval.high
    assert scored([("auto", "auto")], metrics=("f1",)).metrics["f1"] == MetricScore(1.0, 1.0, 1.0)


def test_the_task_says_how_intervals_are_made(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    rows = [Prediction(place, "auto" if place % 9 else "home", "auto") for place in range(60)]
    rows[0] = replace(rows[0], prediction="home")
    used = replace(settings, metrics=(plain("f1"), plain("accuracy")))
    usual, moved = (
        score(rows, settings=replace(used, interval=each), identity=identity) for each in ("percentile", "bca")
    )
    assert usual.metrics["f1"].value == moved.metrics["f1"].value
    assert usual.metrics["f1"].low != moved.metrics["f1"].low
    assert usual.metrics["accuracy"] == moved.metrics["accuracy"]


def test_identity_is_copied_and_time_adds_up(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    scores = score(ROWS, settings=settings, identity=replace(identity, model="base", limit=5))
    assert (scores.task, scores.model, scores.limit, scores.plan_hash) == ("claims", "base", 5, "plan0")
    assert scores.seconds > identity.seconds
    assert scores.settings == settings


def test_rows_hash_sees_golds_ids_and_order(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    def hashed(rows: list[Prediction]) -> str:
        return score(rows, settings=settings, identity=identity).rows_hash

    whole = hashed(ROWS)
    assert hashed([replace(row, prediction="other") for row in ROWS]) == whole
    assert hashed(ROWS[::-1]) != whole
    assert hashed([replace(ROWS[0], gold="home"), *ROWS[1:]]) != whole
    assert hashed([replace(ROWS[0], row_id=99), *ROWS[1:]]) != whole


def test_all_problems_come_at_once(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    with pytest.raises(TaskError) as caught:
        score([], settings=replace(settings, metrics=(plain("acuracy"), plain("rouge"))), identity=identity)
    assert [problem.code for problem in caught.value.problems] == ["LF209", "LF204", "LF305"]


def test_a_row_with_two_answers_is_refused(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    with pytest.raises(TaskError, match="1 row ids have more than one answer, the first is 9"):
        score([*ROWS, ROWS[0]], settings=settings, identity=identity)


def test_scoring_a_file_leaves_torch_out(tmp_path: Path) -> None:
    write_predictions(tmp_path / "predictions.jsonl", [Prediction(0, "the cat", "the cat"), Prediction(1, "a", "b")])
    code = """
import json, sys
from pathlib import Path
from lfine.evaluation.files import read_predictions, read_scores, write_scores
from lfine.evaluation.provenance import provenance
from lfine.evaluation.records import ScoreIdentity, ScoringSettings
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.scoring import score
from lfine.schemas.task import Extract, MetricChoice
folder = Path(sys.argv[1])
settings = ScoringSettings((plain("rouge"), plain("accuracy")), "text", (), Extract("none", None, None), 0.95, 0)
identity = ScoreIdentity("t", "m", "test", None, None, "e", provenance("c", {}), 0.0)
write_scores(folder / "scores.json", score(read_predictions(folder / "predictions.jsonl"), settings=settings,
                                           identity=identity))
value = read_scores(folder / "scores.json").metrics["rougeL"].value
print(json.dumps([value, [m for m in ("torch", "transformers", "peft", "lfine.finetune") if m in sys.modules]]))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0.5, []]


def test_parameters_give_values_of_their_own(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    f1 = plain("f1")
    binary = MetricChoice("f1", "binary", "auto", None, None, None)
    metrics = (f1, replace(f1, average="weighted"), binary, replace(plain("accuracy"), case=True))
    scores = score(ROWS, settings=replace(settings, metrics=metrics, extract=LABEL), identity=identity)
    assert list(scores.metrics) == ["f1", "f1_weighted", "f1_binary_auto", "accuracy_case"]
    assert len({scores.metrics[name].value for name in list(scores.metrics)[:3]}) == 3
    assert set(scores.per_example) == {"accuracy_case"}


def test_a_gold_answer_that_cannot_be_judged_is_refused(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    number = replace(settings, metrics=(plain("numeric_match"),), output_type="number", labels=())
    with pytest.raises(TaskError, match="cannot judge against 5 gold answers"):
        score(ROWS, settings=number, identity=identity)


@pytest.mark.parametrize("names", [("accuracy", "f1", "mcc", "confusion"), ("exact_match", "spearman")])
def test_quick_scores_are_the_values_of_the_slow_ones(
    names: tuple[str, ...], settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    rows = ROWS if "f1" in names else [replace(row, gold=str(row.row_id), prediction="4") for row in ROWS]
    used = replace(settings, metrics=tuple(map(plain, names)), extract=LABEL if "f1" in names else settings.extract)
    slow = score(rows, settings=used, identity=identity)
    quick = quick_scores(rows, used)
    assert quick == pytest.approx({name: each.value for name, each in slow.metrics.items()})
    assert list(quick) == list(slow.metrics)
    assert set(quick_scores([], used).values()) == {0.0}


def test_which_way_is_better() -> None:
    metrics = (plain("rouge"), replace(plain("accuracy"), case=True))
    assert not higher_is_better("loss", metrics)
    assert higher_is_better("rouge2", metrics)
    assert higher_is_better("accuracy_case", metrics)
    with pytest.raises(KeyError):
        higher_is_better("accuracy", metrics)


def test_answers_that_nothing_can_be_extracted_from_are_counted_apart_from_missing_ones(
    settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    rows = [*ROWS, Prediction(11, "home", " \n")]
    scores = score(rows, settings=replace(settings, extract=LABEL), identity=identity)
    assert (scores.unscored, scores.unextracted) == (3, 1)
    assert score(rows, settings=settings, identity=identity).unextracted == 0


def test_answers_that_a_metric_cannot_read_are_counted_for_it(
    settings: ScoringSettings, identity: ScoreIdentity
) -> None:
    rows = [Prediction(0, "1", "1"), Prediction(1, "2", "two"), Prediction(2, "3", None), Prediction(3, "4", "4 or 5")]
    metrics = (plain("numeric_match"), plain("pearson"), plain("exact_match"))
    used = replace(settings, metrics=metrics, output_type="number", labels=())
    scores = score(rows, settings=used, identity=identity)
    assert scores.unjudged == {"numeric_match": 1, "pearson": 2}
    assert scores.unscored == 1
    assert scores.metrics["numeric_match"].value == 0.25


def test_corpus_metrics_of_texts_keep_what_they_are_computed_from(scored: Callable[..., Scores]) -> None:
    pairs = [("the cat sat on it", "the cat sat on it"), ("a dog ran by me", "a dog ran by us")] * 10
    scores = scored(pairs, metrics=("rouge", "bleu", replace(plain("chrf"), word_order=2)))
    assert set(scores.facts) == {"bleu", "chrf_word2"}
    assert [len(rows) for rows in scores.facts.values()] == [20, 20]
    assert list(scores.facts["bleu"][0]) == [5, 5, 5, 4, 3, 2, 5, 4, 3, 2]
    for name in scores.facts:
        assert scores.metrics[name].low < scores.metrics[name].value < scores.metrics[name].high


def test_references_are_taken_from_the_rows(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    used = replace(settings, metrics=(plain("squad"), plain("rouge"), plain("bleu")), output_type="text", labels=())
    row = Prediction(0, "the red car of Ann", "a blue house by the sea")
    alone = score([row], settings=used, identity=identity)
    helped = score([replace(row, references=("a blue house by the sea",))], settings=used, identity=identity)
    assert [each.value for each in helped.metrics.values()] == pytest.approx([1.0] * len(helped.metrics))
    assert max(each.value for each in alone.metrics.values()) < 0.5


def test_probabilities_that_nobody_recorded_are_refused(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    used = replace(settings, metrics=(plain("accuracy"), plain("perplexity")))
    for asking in (lambda: score(ROWS, settings=used, identity=identity), lambda: quick_scores(ROWS, used)):
        with pytest.raises(TaskError) as caught:
            asking()
        assert [problem.code for problem in caught.value.problems] == ["LF315"]
    recorded = [replace(row, gold_log_probability=-1.5, gold_tokens=3) for row in ROWS]
    assert quick_scores(recorded, used)["perplexity"] == pytest.approx(1.6487, abs=1e-4)
    assert not higher_is_better("perplexity", used.metrics)
