"""The share of the answered label among all labels."""

from __future__ import annotations

import math

import pytest

from lfine.evaluation.label_confidence import confidence

TOLD = {"claims": -0.2, "home": -1.7, "car": -3.0}


def test_it_is_the_softmax() -> None:
    whole = sum(map(math.exp, TOLD.values()))
    assert confidence(TOLD, "home") == pytest.approx(math.exp(-1.7) / whole)
    found = [confidence(TOLD, f" {label}\n") for label in TOLD]
    assert sum(each for each in found if each is not None) == pytest.approx(1)


@pytest.mark.parametrize("answer", [None, "", "Home", "home insurance"])
def test_no_label_has_none(answer: str | None) -> None:
    assert confidence(TOLD, answer) is None


def test_the_least_probable_labels_do_not_vanish_into_an_error() -> None:
    assert confidence({"a": -5000.0, "b": -5001.0}, "a") == pytest.approx(1 / (1 + math.exp(-1)))
