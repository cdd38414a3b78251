"""The one table of checks: what keys say together, the header of the data, and their rows.

    CHECKS == (Check("LF201", level="header", done_in="lfine.finetune.compile.headers"), Check("LF202", …), …)

Checks of level `file` are functions of this package; the others are done where the data are, and listed here.

*Not here:* what each check says of itself (lfine.schemas.codes); the page of them (lfine.schemas.reference).
"""

from __future__ import annotations

from itertools import chain

from lfine.schemas.document import Document, path_of
from lfine.schemas.problems import Problem
from lfine.schemas.sense import adapter, dataset, evaluation, generation, output, preprocessing, prompt, trainer
from lfine.schemas.sense.checks import Check
from lfine.schemas.sense.view import View

_TOPICS = (dataset, prompt, output, preprocessing, adapter, trainer, generation, evaluation)
_HEADERS = "lfine.finetune.compile.headers"
_METRICS = "lfine.evaluation.metrics.checking"
_EXTRACTION = "lfine.evaluation.extraction"
_SELECTION = "lfine.finetune.compile.selection"
_DATA = "lfine.finetune.data"
_LENGTHS = "lfine.finetune.compile.compiling"

ELSEWHERE = (
    Check("LF201", level="header", done_in=_HEADERS),
    Check("LF204", done_in=_METRICS),
    Check("LF209", done_in=_METRICS),
    Check("LF210", done_in=_METRICS),
    Check("LF211", done_in=_METRICS),
    Check("LF236", level="header", done_in=_HEADERS),
    Check("LF237", level="header", done_in=_HEADERS),
    Check("LF250", level="header", done_in=_HEADERS),
    Check("LF255", done_in=_SELECTION),
    Check("LF256", done_in=_SELECTION),
    Check("LF287", done_in=_SELECTION),
    Check("LF270", done_in=_EXTRACTION),
    Check("LF271", done_in=_EXTRACTION),
    Check("LF272", done_in=_EXTRACTION),
    Check("LF273", done_in=_EXTRACTION),
    Check("LF274", done_in=_EXTRACTION),
    Check("LF275", done_in=_HEADERS),
    Check("LF280", done_in=_METRICS),
    Check("LF303", level="rows", done_in=f"{_DATA}.outputs"),
    Check("LF304", level="rows", done_in=f"{_DATA}.splits"),
    Check("LF305", level="rows", done_in=f"{_DATA}.splits"),
    Check("LF306", level="rows", severity="warning", done_in=f"{_DATA}.held_out"),
    Check("LF309", level="rows", done_in=f"{_DATA}.outputs"),
    Check("LF316", level="rows", done_in=f"{_DATA}.judging"),
    Check("LF320", level="rows", done_in=f"{_DATA}.columns"),
    Check("LF322", level="rows", done_in=f"{_DATA}.divisions"),
    Check("LF324", level="rows", severity="warning", done_in=f"{_DATA}.divisions"),
    Check("LF325", level="rows", done_in=f"{_DATA}.answers"),
    Check("LF323", level="rows", severity="warning", done_in=f"{_DATA}.overlap"),
    Check("LF340", level="rows", done_in="lfine.finetune.compile.few_shot"),
    Check("LF308", level="rows", severity="warning", done_in=_LENGTHS),
    Check("LF313", level="rows", done_in=_LENGTHS),
    Check("LF317", level="rows", severity="warning", done_in="lfine.finetune.compile.room"),
)
"""What the header, the rows, the metrics and the tokens decide."""

CHECKS: tuple[Check, ...] = tuple(
    sorted([*chain.from_iterable(topic.CHECKS for topic in _TOPICS), *ELSEWHERE], key=lambda check: check.code)
)
"""All of them, by code; a code has several where one sentence covers several pairs of keys."""


def sense_problems(document: Document) -> list[Problem]:
    """Return what the checks of the file flag."""
    view, problems = View(document), []
    for check in CHECKS:
        for found in check.find(view) if check.find is not None else ():
            path = path_of(found.path)
            at = found.at or view.span(found.path)
            problems.append(
                document.problem(
                    check.code, path, message=found.message, cure=found.cure, severity=check.severity, at=at
                )
            )
    return problems
