"""A data check as one HTML page that needs nothing else: findings, splits, labels, lengths, rows that are alike.

    page(report, rows) == "<!doctype html>…"

What the rows say is escaped, and the page forbids scripts. The style is that of the reports, with a few rules more.

*Not here:* what is found (lfine.finetune.data.check), the drawings (lfine.data_charts), text and JSON (lfine.checking).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING

from markupsafe import Markup

from lfine.data_charts import label_chart, length_chart, split_chart
from lfine.evaluation.reports.numbers import count
from lfine.finetune.data.check.fixing import MENDED
from lfine.finetune.data.check.records import DataReport, Finding, Severity
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import counted
from lfine.side_by_side import Pair, side_by_side

if TYPE_CHECKING:
    from jinja2 import Template

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
SHOWN_LABELS = 20
"""Labels whose bars are shown; those of the others can be unfolded."""
OPEN_PAIRS = 3
"""Pairs of a finding that are shown; the others can be unfolded."""


@dataclass(frozen=True)
class ShownPair:
    first: int
    second: int
    """Row ids."""
    columns: tuple[Pair, ...]


@dataclass(frozen=True)
class ShownFinding:
    finding: Finding
    anchor: str
    place: str
    """Split and column, in words; empty for the whole set."""
    rows: str
    """The rows named, and how many more there are."""
    pairs: tuple[ShownPair, ...]
    repair: str | None
    """Of --fix, where it mends this."""


@dataclass(frozen=True)
class Group:
    """The findings of one severity."""

    severity: Severity
    title: str
    findings: tuple[ShownFinding, ...]


@dataclass(frozen=True)
class Labels:
    shown: Markup
    more: Markup | None
    """The rarer ones, where there are many."""
    number: int


def page(report: DataReport, rows: Sequence[Row] | None = None) -> str:
    """Return the page as HTML; `rows`, by row id, are what pairs of rows are quoted from."""
    html = _template().render(
        report=report,
        style=Markup(_style()),  # noqa: S704 - files of this package
        verdict=verdict(report),
        groups=_groups(report, rows),
        splits=split_chart(report.split_rows) if report.split_rows else None,
        labels=_labels(report) if report.labels else None,
        lengths=length_chart(report.lengths, unit=report.length_unit, limit=report.limit) if report.lengths else None,
        open_pairs=OPEN_PAIRS,
        shown_labels=SHOWN_LABELS,
    )
    return html.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair in the data has no UTF-8


def verdict(report: DataReport) -> str:
    """Return what a user wants to know first, in a sentence or two."""
    rows = f"{count(report.rows)} row{'' if report.rows == 1 else 's'}"
    if not report.findings:
        return f"Nothing was found in {rows}."
    numbers = [(kind, sum(each.severity == kind for each in report.findings)) for kind in SEVERITIES]
    said = [counted(number, kind) for kind, number in numbers if number]
    text = f"{' and '.join((', '.join(said[:-1]), said[-1]) if len(said) > 1 else said)} in {rows}."
    worst = next((each for each in report.findings if each.severity == "error"), None)
    return text if worst is None else f"{text} First: {worst.message}."


def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["count"] = count
    return environment.from_string(files("lfine").joinpath("data.html").read_text(encoding="utf-8"))


def _style() -> str:
    here, reports = files("lfine"), files("lfine.evaluation.reports")
    sheets = (reports.joinpath("page.css"), here.joinpath("preview.css"), here.joinpath("data.css"))
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def _groups(report: DataReport, rows: Sequence[Row] | None) -> list[Group]:
    groups = []
    for severity in SEVERITIES:
        found = [each for each in report.findings if each.severity == severity]
        if found:
            shown = tuple(_finding(each, f"{severity}-{at}", rows) for at, each in enumerate(found, 1))
            groups.append(Group(severity, counted(len(found), severity).capitalize(), shown))
    return groups


def _finding(finding: Finding, anchor: str, rows: Sequence[Row] | None) -> ShownFinding:
    places = [f"split {finding.split}" if finding.split else "", f"column {finding.column}" if finding.column else ""]
    named = ", ".join(map(str, finding.row_ids))
    more = finding.count - len(finding.row_ids)
    if named and more > 0:
        named += f" and {count(more)} more"
    pairs = () if rows is None else tuple(_pair(first, second, rows) for first, second in finding.pairs)
    return ShownFinding(finding, anchor, ", ".join(filter(None, places)), named, pairs, MENDED.get(finding.name))


def _pair(first: int, second: int, rows: Sequence[Row]) -> ShownPair:
    return ShownPair(first, second, side_by_side(rows[first], rows[second]))


def _labels(report: DataReport) -> Labels:
    """Return the labels by falling number of rows."""
    found = report.labels or {}
    ordered = dict(sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0])))
    first = dict(islice(ordered.items(), SHOWN_LABELS))
    rest = dict(islice(ordered.items(), SHOWN_LABELS, None))
    more = label_chart(rest, report.split_rows) if rest else None
    return Labels(label_chart(first, report.split_rows), more, len(ordered))
