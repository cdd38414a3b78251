"""How the study's functions are applied to rows, and what becomes of rows on which its script would have stopped.

    study_scores("lora_land.stsb", answered, lambda generated, target: 1 - abs(float(generated) - float(target)) / 5)

A function gets the answer as it came (not stripped, nothing extracted) and the gold answer. It returns None where the
study's own ends with an exception, and with it the whole scoring: here the row scores 0 and is counted as not judged. A
row without an answer scores 0 too; the study left it out of the mean.
*Not here:* the functions, one file for each.
"""

from __future__ import annotations

from collections.abc import Callable

from lfine.evaluation.metrics.registry import OUTPUT_TYPES, Answered, PerExample

Judge = Callable[[str, str], float | None]
"""(generated text, target text) → score"""

ALL_TYPES = OUTPUT_TYPES
"""The study asked every model for text, whatever the task."""
SOURCE = "predibase/lora_bakeoff, utils/metric_fns.py, get_{}"


def study_scores(name: str, answered: Answered, judge: Judge) -> PerExample:
    found = [None if row.prediction is None else judge(row.prediction, row.gold) for row in answered.rows]
    stopped = sum(each is None and row.prediction is not None for each, row in zip(found, answered.rows, strict=True))
    return PerExample({name: tuple(0.0 if each is None else float(each) for each in found)}, stopped)
