"""Dots, intervals and rows of the reliability figure stand where their values are."""

from __future__ import annotations

import re

from lfine.evaluation.reports.calibration import Bin, Reliability
from lfine.evaluation.reports.reliability_chart import SIDE, reliability_chart

FOUND = Reliability(
    (Bin(0.4, 0.5, 10, 0.45, 0.5, 0.25, 0.75), Bin(0.9, 1.0, 90, 0.98, 1.0, 0.96, 1.0)), 100, 0.02, 0.9, 0.9
)


def test_dots_and_intervals() -> None:
    drawn = reliability_chart(FOUND, title="Right answers by confidence")
    dots = re.findall(r'<circle class="dot subject" cx="([\d.]+)%" cy="([\d.]+)"', drawn)
    assert dots == [("45.00", f"{SIDE / 2:.1f}"), ("98.00", "0.0")]
    assert (
        f'<line class="interval subject" x1="45.00%" y1="{SIDE * 0.75:g}" x2="45.00%" y2="{SIDE * 0.25:g}"/>' in drawn
    )
    assert f'<line class="ideal" x1="0" y1="{SIDE}" x2="100%" y2="0"/>' in drawn


def test_rows_are_drawn_and_written() -> None:
    drawn = reliability_chart(FOUND, title="t")
    heights = [float(text) for text in re.findall(r'class="rows"[^>]+height="([\d.]+)"', drawn)]
    assert heights[1] == 9 * heights[0]
    assert ">90</text>" in drawn
    assert "confidence 45.0: 50.0 right (25.0–75.0) of 10 rows" in drawn


def test_title_is_escaped() -> None:
    assert 'aria-label="&#34;&lt;"' in reliability_chart(FOUND, title='"<')
