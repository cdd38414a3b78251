"""Two models on the same rows: signs, intervals, p-values, and which pairs are refused."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from sklearn.metrics import f1_score

from lfine.evaluation.compare import CORPUS_PERMUTATIONS, adjusted, compare
from lfine.evaluation.metrics.registry import plain
from lfine.evaluation.power import shown_by_pairs
from lfine.evaluation.proportions import paired
from lfine.evaluation.records import MetricScore, Prediction, ScoreIdentity, Scores, ScoringSettings
from lfine.evaluation.scoring import score
from lfine.schemas.errors import RunError
from lfine.schemas.task import MetricChoice

GOLDS = ["auto", "home", "home", "auto"] * 25
GOOD = list(zip(GOLDS, ["auto", "home", "home", "home"] * 25, strict=True))
POOR = list(zip(GOLDS, ["auto", "auto", "home", None] * 25, strict=True))

Build = Callable[..., Scores]


def test_difference_is_first_minus_second(scored: Build) -> None:
    good, poor = scored(GOOD), scored(POOR, model="base")
    found = compare(good, poor)
    assert (found.first, found.second, found.n, found.headline) == ("tuned", "base", 100, "accuracy")
    main = found.main
    assert (main.first, main.second, main.difference) == (0.75, 0.5, 0.25)
    assert (main.wins, main.losses, main.ties) == (25, 0, 75)
    assert 0 < main.low < 0.25 < main.high
    assert main.p_value < 0.001
    assert main.mcnemar_p == pytest.approx(2 / 2**25)


def test_shares_of_right_rows_have_the_interval_of_won_and_lost_rows(scored: Build) -> None:
    found = compare(scored(GOOD), scored(POOR, model="base")).main
    assert (found.low, found.high) == paired(25, 0, 100, confidence=0.95)
    assert found.shown_from == shown_by_pairs(25, 0, 100)


def test_few_won_rows_are_no_difference_and_the_interval_says_so_too(scored: Build) -> None:
    golds = ["auto", "home"] * 100
    right = list(zip(golds, golds, strict=True))
    for lost, verdict in ((4, "no difference shown"), (9, "better")):
        worse = [*((gold, None) for gold in golds[:lost]), *right[lost:]]
        gap = compare(scored(right), scored(worse)).main
        assert (gap.verdict, gap.low > 0) == (verdict, verdict == "better")


def test_bca_is_used_where_the_first_scores_ask_for_it(scored: Build) -> None:
    worse = [(gold, None if place % 9 == 1 else "a dog sat on the mat") for place, (gold, _) in enumerate(TEXTS)]
    first, second = scored(TEXTS, metrics=("rouge", "chrf")), scored(worse, metrics=("rouge", "chrf"))
    usual, moved = (
        {each.metric: each for each in compare(replace(first, settings=settings), second).differences}
        for settings in (first.settings, replace(first.settings, interval="bca"))
    )
    for name in ("rougeL", "chrf"):
        assert usual[name].difference == moved[name].difference
        assert (usual[name].low, usual[name].high) != (moved[name].low, moved[name].high)


def test_several_comparisons_are_judged_together(scored: Build) -> None:
    golds = ["auto", "home"] * 100
    right = list(zip(golds, golds, strict=True))

    def losing(rows: int) -> Scores:
        return scored([*((gold, None) for gold in golds[:rows]), *right[rows:]])

    alone = [compare(scored(right), losing(rows)) for rows in (7, 7, 7, 30)]
    assert {each.main.verdict for each in alone} == {"better"}
    assert {each.holm_p for each in alone} == {None}
    together = adjusted(alone)
    assert [each.main.verdict for each in together] == ["no difference shown"] * 3 + ["better"]
    assert [each.holm_p for each in together] == pytest.approx([3 * alone[0].main.p_value] * 3 + [4 / 10_001])
    assert [each.main.p_value for each in together] == [each.main.p_value for each in alone]
    assert adjusted(alone[:1]) == (alone[0],)


def test_a_value_that_is_not_a_number_is_refused(scored: Build) -> None:
    text = scored(TEXTS, metrics=("rouge",))
    broken = replace(text, per_example={"rougeL": (math.nan, *text.per_example["rougeL"][1:])})
    with pytest.raises(RunError, match="rougeL of tuned or tuned is not a number") as caught:
        compare(broken, text)
    assert caught.value.problems[0].code == "LF505"


def test_swapped_models_change_every_sign_and_no_p_value(scored: Build) -> None:
    good, poor = scored(GOOD), scored(POOR, model="base")
    one, other = compare(good, poor).main, compare(poor, good).main
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low))
    assert (other.wins, other.losses) == (one.losses, one.wins)
    assert other.p_value == one.p_value


def test_a_model_against_itself_is_no_difference(scored: Build) -> None:
    scores = scored(GOOD, metrics=("accuracy", "f1"))
    gap, corpus = compare(scores, scores).differences
    for each in (gap, corpus):
        assert (each.difference, each.p_value, each.verdict) == (0.0, 1.0, "no difference shown")
    # On 100 rows without one that differs, two models can still be three points apart; a corpus metric cannot tell.
    assert (gap.low, gap.high) == pytest.approx((-0.027, 0.027), abs=1e-3)
    assert gap.shown_from == pytest.approx(0.077, abs=1e-3)
    assert (corpus.low, corpus.high, corpus.shown_from) == (0.0, 0.0, None)


def test_pairing_makes_the_interval_narrower_than_two_intervals(scored: Build) -> None:
    """Both models fail on the same hard rows: their scores vary together, their difference hardly."""
    hard = [("auto", "home")] * 50
    easy = [("home", "home")] * 49
    first, second = scored([*hard, *easy, ("auto", "auto")]), scored([*hard, *easy, ("auto", "home")], model="base")
    gap = compare(first, second).main
    own = first.metrics["accuracy"]
    assert gap.high - gap.low < 0.4 * (own.high - own.low)


def test_corpus_metric_is_paired_from_the_labels(scored: Build) -> None:
    good, poor = scored(GOOD, metrics=("f1", "accuracy")), scored(POOR, model="base", metrics=("accuracy", "f1"))
    found = compare(good, poor)
    assert [gap.metric for gap in found.differences] == ["f1", "accuracy"]
    gap = found.main
    spelled = [[answer or "none" for _, answer in rows] for rows in (GOOD, POOR)]
    expected = [f1_score(GOLDS, each, labels=["auto", "home"], average="macro") for each in spelled]
    assert gap.difference == pytest.approx(expected[0] - expected[1])
    assert gap.low < gap.difference < gap.high
    assert gap.p_value < 0.01
    assert (gap.wins, gap.losses, gap.mcnemar_p) == (25, 0, None)


def macro_recall(golds: list[str], answers: list[str]) -> float:
    shares = []
    for label in sorted(set(golds)):
        right = [answer == label for gold, answer in zip(golds, answers, strict=True) if gold == label]
        shares.append(sum(right) / len(right))
    return sum(shares) / len(shares)


def test_corpus_p_value_is_that_of_all_swaps(scored: Build) -> None:
    golds = ["auto", "auto", "auto", "home", "home", "home", "home", "home"]
    one = ["auto", "auto", "auto", "home", "home", "auto", "home", "home"]
    other = ["home", "auto", "home", "home", "auto", "home", "home", "auto"]
    gaps = []
    for swaps in itertools.product((False, True), repeat=8):
        pairs = [(b, a) if swap else (a, b) for a, b, swap in zip(one, other, swaps, strict=True)]
        gaps.append(macro_recall(golds, [a for a, _ in pairs]) - macro_recall(golds, [b for _, b in pairs]))
    exact = sum(abs(gap) >= abs(gaps[0]) - 1e-9 for gap in gaps) / len(gaps)
    models = [scored(list(zip(golds, answers, strict=True)), metrics=("recall",)) for answers in (one, other)]
    found = compare(models[0], models[1]).main
    assert found.difference == pytest.approx(gaps[0])
    # Four standard errors of a share estimated from CORPUS_PERMUTATIONS draws.
    assert found.p_value == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / CORPUS_PERMUTATIONS))
    assert 0.05 < exact < 0.95


def test_corpus_p_value_of_equal_models_is_large(scored: Build) -> None:
    one = [("auto", "auto"), ("auto", "home"), ("home", "home"), ("home", "home")] * 10
    other = [("auto", "home"), ("auto", "auto"), ("home", "home"), ("home", "home")] * 10
    assert compare(scored(one, metrics=("f1",)), scored(other, metrics=("f1",))).main.p_value > 0.9


def test_every_shared_metric_is_compared_and_no_other(scored: Build) -> None:
    first = scored([("a b", "a b"), ("c d", "c")], metrics=("rouge",))
    second = scored([("a b", "a"), ("c d", "c")], metrics=("rouge", "exact_match"), model="base")
    assert [gap.metric for gap in compare(first, second).differences] == ["rougeL", "rouge1", "rouge2", "rougeLsum"]


def test_one_metric_is_compared_as_among_all(scored: Build) -> None:
    first, second = scored(GOOD, metrics=("accuracy", "f1")), scored(POOR, metrics=("accuracy", "f1"), model="base")
    for gap in compare(first, second).differences:
        assert compare(first, second, only=gap.metric).differences == (gap,)
    with pytest.raises(RunError, match="share no metric"):
        compare(first, second, only="exact_match")


def test_other_rows_are_refused_with_the_number_shared(scored: Build) -> None:
    with pytest.raises(RunError) as caught:
        compare(scored(GOOD), scored(GOOD[:60]))
    (problem,) = caught.value.problems
    assert problem.code == "LF502"
    assert problem.message == "the two score different rows: 100 and 60, of which 60 are shared"


def test_same_numbers_of_other_data_are_refused(scored: Build) -> None:
    other = [("home", "home"), *GOOD[1:]]
    with pytest.raises(RunError, match="100 rows of the same numbers, but of other data, split or order"):
        compare(scored(GOOD), scored(other))
    with pytest.raises(RunError, match="of other data, split or order"):
        compare(scored(GOOD), replace(scored(GOOD), split="validation"))


def test_no_shared_metric_is_refused(scored: Build) -> None:
    with pytest.raises(RunError, match="share no metric: accuracy and exact_match"):
        compare(scored(GOOD), scored(GOOD, metrics=("exact_match",)))


def test_record(scored: Build) -> None:
    found = compare(scored(GOOD, metrics=("accuracy", "f1")), scored(POOR, model="a-long-model-name"))
    record = json.loads(json.dumps(found.record()))
    assert record["differences"][0]["difference"] == 0.25
    assert record["confidence"] == 0.95


def test_values_with_parameters_are_compared_with_those_parameters(scored: Build) -> None:
    weighted = MetricChoice("f1", "weighted", None, None, None, None)
    strict = replace(plain("accuracy"), case=True)
    uneven = [[*rows, *rows[1::4]] for rows in (GOOD, POOR)]
    good, poor = (scored(rows, metrics=(weighted, strict)) for rows in uneven)
    by_name = {each.metric: each for each in compare(good, poor).differences}
    assert list(by_name) == ["f1_weighted", "accuracy_case"]
    gap = by_name["f1_weighted"]
    assert gap.difference == pytest.approx(gap.first - gap.second)
    macro = compare(*(scored(rows, metrics=("f1",)) for rows in uneven)).main
    assert gap.difference != pytest.approx(macro.difference)
    assert by_name["accuracy_case"].mcnemar_p is not None
    assert gap.mcnemar_p is None


TEXTS = [("the cat sat on the mat", "the cat sat on the mat"), ("a dog ran by the sea", "a dog ran by a tree")] * 10


def test_corpus_metrics_of_texts_are_compared_on_what_was_kept(scored: Build) -> None:
    worse = [(gold, None if place % 4 == 1 else "a dog sat on the mat") for place, (gold, _) in enumerate(TEXTS)]
    metrics = ("rouge", "bleu", "chrf")
    first, second = scored(TEXTS, metrics=metrics), scored(worse, metrics=metrics, model="base")
    by_name = {each.metric: each for each in compare(first, second).differences}
    for name in ("bleu", "chrf"):
        gap = by_name[name]
        assert gap.difference == pytest.approx(first.metrics[name].value - second.metrics[name].value)
        assert 0 < gap.low < gap.difference < gap.high
        assert (gap.wins, gap.losses, gap.ties) == (20, 0, 0)
        assert gap.p_value < 0.001
    back = compare(second, first).differences[-1]
    assert (back.wins, back.losses) == (0, 20)
    assert back.difference == -by_name["chrf"].difference


def test_a_corpus_metric_alone_can_be_compared(scored: Build) -> None:
    text = scored(TEXTS, metrics=("rouge", "bleu"))
    only = replace(text, metrics={"bleu": text.metrics["bleu"]}, per_example={}, headline="bleu")
    assert compare(only, only).main.difference == 0.0
    assert compare(only, only).main.ties == 20


def test_where_less_is_better_wins_are_losses(scored: Build) -> None:
    def of(value: float) -> Scores:
        base = scored([("a", "a")] * 6, metrics=("rouge",))
        settings = replace(base.settings, metrics=(plain("perplexity"),))
        facts = tuple((-value * (place + 1), 1.0) for place in range(6))
        metrics = {"perplexity": MetricScore(math.exp(value * 3.5), 0.0, 0.0)}
        return replace(base, settings=settings, metrics=metrics, headline="perplexity", facts={"perplexity": facts})

    gap = compare(of(0.1), of(0.4)).main
    assert (gap.wins, gap.losses, gap.ties) == (6, 0, 0)
    assert gap.difference == pytest.approx(math.exp(0.35) - math.exp(1.4))
    assert gap.gain == -gap.difference
    assert not gap.share
    assert (gap.verdict, compare(of(0.4), of(0.1)).main.verdict) == ("better", "worse")


def test_pearson_is_paired_too(settings: ScoringSettings, identity: ScoreIdentity) -> None:
    used = replace(settings, metrics=(plain("pearson"),), output_type="number", labels=())
    good = [Prediction(place, str(place), str(place + place % 3)) for place in range(30)]
    poor = [replace(row, prediction=str(row.row_id * 7 % 30)) for row in good]
    models = [score(rows, settings=used, identity=identity) for rows in (good, poor)]
    gap = compare(models[0], models[1]).main
    assert gap.difference == pytest.approx(models[0].metrics["pearson"].value - models[1].metrics["pearson"].value)
    assert gap.low > 0
    assert gap.p_value < 0.01
    assert gap.ties == 30  # a correlation says nothing of one row
