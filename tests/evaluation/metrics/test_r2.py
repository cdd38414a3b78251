"""The coefficient of determination against scikit-learn over samples and resamples; answers that are no number."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from lfine.evaluation.compare import compare
from lfine.evaluation.metrics.correlations import NEGLIGIBLE
from lfine.evaluation.metrics.r2 import FARTHEST, r2
from lfine.evaluation.metrics.registry import find, plain
from lfine.evaluation.records import Prediction, ScoreIdentity, ScoringSettings
from lfine.evaluation.scoring import score
from tests.evaluation.metrics.asking import Pair, asked, measured, parity, resampled, seeds, unjudged, value

READ = {"0": 0.0, "1": 1.0, "2.5": 2.5, " -3.": -3.0, "4": 4.0, "1,000": 1000.0, "0.125": 0.125, "−2": -2.0}
NUMBERS = st.one_of(st.sampled_from(list(READ)), st.integers(-(10**9), 10**9).map(lambda n: str(n / 1000)))
NONE = st.sampled_from(("none", "4 of 5", "nan", "", None))
SAMPLES: st.SearchStrategy[list[Pair]] = st.lists(
    st.tuples(NUMBERS, st.one_of(NUMBERS, NUMBERS, NUMBERS, NONE)), min_size=1, max_size=6
)


def read(text: str | None) -> float | None:
    try:
        number = READ[text] if text in READ else float(text or "none")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def reference(pairs: list[Pair]) -> float:
    """Ask scikit-learn, with the mean of the gold numbers for answers that are none."""
    golds = [read(gold) or 0.0 for gold, _ in pairs]
    mean = float(np.mean(golds))
    answers = [mean if found is None else found for found in (read(answer) for _, answer in pairs)]
    if np.var(golds) <= NEGLIGIBLE * np.mean(np.square(golds)):
        return 0.0  # scikit-learn says 1 where all answers are right and 0 elsewhere; of one row it says nothing
    return float(r2_score(golds, answers))


@parity("r2")
@given(SAMPLES, seeds)
def test_equals_scikit_learn(pairs: list[Pair], seed: int) -> None:
    drawn = resampled(len(pairs), seed)
    for got, rows in zip(measured(r2, asked(pairs), drawn)["r2"], drawn, strict=True):
        assert got == pytest.approx(reference([pairs[row] for row in rows]), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("golds", "answers", "expected"),
    [
        (("1", "2", "3"), ("1", "2", "3"), 1.0),
        (("1", "2", "3"), ("1", "2", "4"), 0.5),
        (("1", "2", "3"), ("2", "2", "2"), 0.0),
        (("1", "2", "3"), ("3", "2", "1"), -3.0),
        (("1", "2", "3"), (None, "x", None), 0.0),
        (("1", "2", "3"), (None, "2", "3"), 0.5),
        (("7", "7", "7"), ("7", "7", "7"), 0.0),  # golds that are all equal
        (("0", "0"), ("1", "2"), 0.0),
        (("5",), ("5",), 0.0),
        (("1e200", "2e200", "3e200"), ("1e200", "2e200", "4e200"), 0.5),  # whose squares are no floats
        (("1e-200", "2e-200", "3e-200"), ("1e-200", "2e-200", "4e-200"), 0.5),
    ],
)
def test_worked_examples(golds: tuple[str, ...], answers: tuple[str | None, ...], expected: float) -> None:
    assert value(r2, list(zip(golds, answers, strict=True))) == pytest.approx(expected, abs=1e-9)


def test_an_answer_beyond_all_measure_is_as_bad_as_a_float_can_tell() -> None:
    far = value(r2, [("1", "1e300"), ("2", "2"), ("3", "3")])
    assert far == pytest.approx(-((3 * FARTHEST) ** 2) / 2)
    assert math.isfinite(far**3)


def test_an_answer_without_a_number_is_counted_and_costs() -> None:
    pairs: list[Pair] = [("1", "1"), ("2", "2"), ("3", "about 3"), ("4", "4"), ("5", None)]
    assert unjudged(r2, asked(pairs)) == 1
    assert value(r2, pairs) == pytest.approx(0.6)
    assert not r2.judges("about 3")
    assert r2.judges("-3.5")


def test_more_is_better_and_it_is_no_share() -> None:
    found = find("r2")
    assert (found.higher_is_better, found.share, found.headline) == (True, False, "r2")


@pytest.mark.parametrize("worst", ["2.5", "1e300"])
def test_it_has_an_interval_and_is_paired(worst: str, settings: ScoringSettings, identity: ScoreIdentity) -> None:
    used = replace(settings, metrics=(plain("r2"),), output_type="number", labels=())
    rows = [[Prediction(row, str(row % 7), str(row % 7 + off)) for row in range(30)] for off in (0.25, 0.5)]
    rows[1][4] = replace(rows[1][4], prediction=worst)
    near, far = (score(each, settings=used, identity=replace(identity, model=str(len(each)))) for each in rows)
    for scores in (near, far):
        found = scores.metrics["r2"]
        assert found.low <= found.value <= found.high <= 1
        assert math.isfinite(found.low)
    gap = compare(near, far).main
    assert (gap.metric, gap.higher_is_better, gap.share) == ("r2", True, False)
    assert gap.difference > 0
    assert math.isfinite(gap.low)
