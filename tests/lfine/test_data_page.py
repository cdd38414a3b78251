"""The page of a data check: whole, escaped, without anything from elsewhere, and saying what the report says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from lfine.data_page import OPEN_PAIRS, SHOWN_LABELS, page, verdict
from lfine.finetune.data.check.records import DataReport, Finding

VOID = {"meta", "line", "rect", "br"}
EVIL = "<script>alert(1)</script>\"'&"


class Reader(HTMLParser):
    """Collects all text, and fails on tags that do not pair."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def read(html: str) -> Reader:
    found = Reader()
    found.feed(html)
    found.close()
    assert found.open == []
    assert all(link.removeprefix("#") in found.ids for link in found.links)
    assert len(set(found.ids)) == len(found.ids)
    return found


def report(*findings: Finding, **given: Any) -> DataReport:
    known: dict[str, Any] = {
        "title": "qa.csv",
        "files": ("qa.csv",),
        "rows": 1000,
        "columns": ("q", "a", "split"),
        "split_rows": {"train": 800, "test": 200},
        "findings": findings,
    }
    return DataReport(**{**known, **given})


LEAK = Finding("leaked-inputs", "error", "2 of 200 rows of test stand in train", "remove them", 2, (3, 4), split="test")
LABELS = Finding("label-variants", "warning", "labels differ by case", "write one", 30, tuple(range(20)), column="a")
NOTE = Finding("test-size", "note", "200 rows of test show 9 points", "add rows")


def test_findings_stand_by_severity_with_all_that_they_say() -> None:
    html = page(report(LEAK, LABELS, NOTE, notes=("answer: column a (by its name)",)))
    text = " ".join(read(html).text.split())
    for said in ("1 error", "1 warning", "1 note", "leaked-inputs 2 rows · split test", "rows 3, 4", "column a"):
        assert said in text
    for finding in (LEAK, LABELS, NOTE):
        assert finding.message in text
        assert finding.cure in text
    assert "18, 19 and 10 more" in text
    assert "answer: column a (by its name)" in text
    assert html.index(LEAK.message) < html.index(LABELS.message) < html.index(NOTE.message)
    assert re.findall(r'class="finding (\w+)"', html) == ["error", "warning", "note"]


def test_what_a_repair_mends_is_said() -> None:
    assert "--only labels" in page(report(LABELS))
    assert "--only" not in page(report(NOTE))


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((), "Nothing was found in 1,000 rows."),
        ((NOTE,), "1 note in 1,000 rows."),
        ((LABELS, LABELS, NOTE), "2 warnings and 1 note in 1,000 rows."),
        ((LEAK, LABELS, NOTE), "1 error, 1 warning and 1 note in 1,000 rows. First: 2 of 200 rows of test stand"),
    ],
)
def test_the_first_sentence(findings: tuple[Finding, ...], said: str) -> None:
    assert verdict(report(*findings)).startswith(said)


def test_one_row() -> None:
    assert verdict(report(rows=1)) == "Nothing was found in 1 row."


def test_pairs_stand_side_by_side() -> None:
    rows = [{"q": f"a dog ran {n}", "a": "yes"} for n in range(10)] + [
        {"q": f"a cat ran {n}", "a": "yes"} for n in range(10)
    ]
    pairs = tuple((10 + n, n) for n in range(5))
    near = Finding("near-leaks", "warning", "5 rows", "look", 5, (10, 11, 12, 13, 14), pairs=pairs)
    html = page(report(near), rows)
    text = " ".join(read(html).text.split())
    assert html.count('<article class="pair">') == 5
    assert "rows 10 and 0" in text
    assert f"{5 - OPEN_PAIRS} more pairs" in text
    assert html.count("<mark>cat</mark>") == html.count("<mark>dog</mark>") == 5
    assert html.count("the same in both") == 5


def test_pairs_without_the_rows_are_numbers() -> None:
    near = Finding("near-leaks", "warning", "1 row", "look", 1, (7,), pairs=((7, 2),))
    html = page(report(near))
    assert "pairs 7 = 2" in " ".join(read(html).text.split())
    assert 'class="pair"' not in html


def test_labels_and_lengths_are_drawn_where_there_are_some() -> None:
    bare = page(report())
    assert 'id="labels"' not in bare
    assert 'id="lengths"' not in bare
    labels = {f"label {n}": {"train": 30 - n, "test": 5} for n in range(SHOWN_LABELS + 3)}
    html = page(report(labels=labels, lengths=tuple(range(1, 90)), length_unit="tokens", limit=64))
    text = " ".join(read(html).text.split())
    assert "3 more labels" in text
    assert html.index("label 0<") < html.index("label 1<")
    assert "limit, 64 tokens" in text
    assert "rows beyond the limit25" in text
    assert html.count('<rect class="split train"') == SHOWN_LABELS + 3 + 1


def test_without_a_split_and_without_a_limit() -> None:
    html = page(report(split_rows={}, lengths=(3, 4, 5)))
    assert "rows beyond the limit" not in read(html).text
    assert '<rect class="split' not in html


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    html = page(report(LEAK, LABELS, labels={"a": {"train": 1}}, lengths=(1, 2)))
    assert "default-src 'none'" in html
    assert not re.search(r"<script|<link|<img|@import|url\(|https?:", html)
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html


def test_words_of_the_data_are_text() -> None:
    said = Finding(EVIL, "error", EVIL, EVIL, 1, (0,), (EVIL,), None, EVIL, ((0, 1),))
    labels = {EVIL: {"train": 1}}
    rows = [{EVIL: EVIL}, {EVIL: EVIL + " more"}]
    given = {"title": EVIL, "files": (EVIL,), "columns": (EVIL,), "notes": (EVIL,), "length_unit": EVIL}
    html = page(report(said, labels=labels, lengths=(1, 2), **given), rows)
    assert "<script" not in html
    assert read(html).text.count(EVIL) >= 10


def test_half_a_surrogate_pair_is_written_as_a_question_mark() -> None:
    assert "?ouch" in page(report(Finding("x", "note", "m", "c", 1, (0,), ("\ud83douch",))))


def test_the_files_of_the_page_are_in_the_package() -> None:
    root = Path(__file__).parents[2]
    assert '"lfine" = ["py.typed", "*.html", "*.css"]' in (root / "pyproject.toml").read_text(encoding="utf-8")
    assert (root / "lfine" / "data.html").is_file()
    assert (root / "lfine" / "data.css").is_file()
