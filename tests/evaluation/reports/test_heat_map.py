"""The confusion matrix as cells: counts, colours, names, room."""

from __future__ import annotations

import re

from lfine.evaluation.records import Confusion
from lfine.evaluation.reports.heat_map import LONGEST, heat_map

MATRIX = Confusion(("a", "b"), ((40, 2, 1), (5, 30, 0)))


def test_every_cell_is_named_and_counted() -> None:
    drawn = heat_map(MATRIX)
    titles = re.findall(r"<g [^>]+><title>([^<]+)</title>", drawn)
    assert titles[:3] == [
        "a answered as a: 40 of 43",
        "a answered as b: 2 of 43",
        "a answered as (no label): 1 of 43",
    ]
    assert len(titles) == 6
    assert re.findall(r'class="count (on|off)"[^>]*>(\d+)<', drawn) == [
        ("on", "40"),
        ("off", "2"),
        ("off", "1"),
        ("off", "5"),
        ("on", "30"),
    ]


def test_cells_say_what_they_lead_to() -> None:
    assert '<g data-gold="a" data-answered="(no label)">' in heat_map(MATRIX)
    assert 'data-gold="&#34;&gt;&lt;b&gt;"' in heat_map(Confusion(('"><b>',), ((1, 0),)))


def test_right_wrong_and_empty_cells_differ() -> None:
    assert re.findall(r'<rect class="(\w+)"', heat_map(MATRIX)) == ["hit", "miss", "miss", "miss", "hit", "nil"]


def test_label_without_rows_is_an_empty_row() -> None:
    assert re.findall(r'<rect class="(\w+)"', heat_map(Confusion(("a",), ((0, 0),)))) == ["nil", "nil"]


def test_long_and_hostile_labels() -> None:
    label = "<b>" + "x" * 50
    drawn = heat_map(Confusion((label,), ((1, 0),)))
    assert "<b>" not in drawn
    assert f"&lt;b&gt;{'x' * (LONGEST - 4)}…" in drawn
    assert "x" * 50 in drawn  # whole, in the title


def test_many_labels_have_small_cells_without_counts() -> None:
    size = 77
    counts = tuple(tuple(int(row == column) for column in range(size + 1)) for row in range(size))
    drawn = heat_map(Confusion(tuple(f"label {place}" for place in range(size)), counts))
    assert 'class="count' not in drawn
    assert drawn.count("<rect") == size + 1  # the right answers and the frame
    assert drawn.count("<g ") == drawn.count("</g>")
