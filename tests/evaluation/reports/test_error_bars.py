"""Bars of the right length, links that lead to the answers, and nothing of a label taken as markup."""

from __future__ import annotations

import re

from lfine.evaluation.reports.error_bars import SHOWN, error_bars
from lfine.evaluation.reports.tables import LabelErrors


def test_a_bar_is_as_long_as_its_share() -> None:
    drawn = error_bars([LabelErrors("auto", 40, 10), LabelErrors("home", 5, 5)], title="t")
    assert re.findall(r'class="miss" width="([\d.]+)%"', drawn) == ["25.00", "100.00"]
    assert '10 of 40 <span class="span">25.0%</span>' in drawn
    assert '<a href="#answers" data-gold="auto" data-state="wrong">auto</a>' in drawn
    assert "<details>" not in drawn


def test_the_rest_of_many_labels_is_folded_away() -> None:
    drawn = error_bars([LabelErrors(f"label {place}", 9, 3) for place in range(77)], title="t")
    before, after = drawn.split("<details>")
    assert (before.count("<a "), after.count("<a ")) == (SHOWN, 77 - SHOWN)
    assert "62 more labels" in after


def test_labels_are_escaped() -> None:
    drawn = error_bars([LabelErrors('"><script>', 2, 1)], title='"<t>')
    assert "<script>" not in drawn
    assert 'data-gold="&#34;&gt;&lt;script&gt;"' in drawn
