"""Positions and escaping of dots and curves. *Not here:* how they look; that is for eyes."""

from __future__ import annotations

import re

from lfine.evaluation.reports.charts import CURVE, Curve, Dot, Mark, curve_chart, interval_chart


def test_dot_and_interval_stand_where_their_values_are() -> None:
    chart = interval_chart([Dot("tuned", "91.2", 0.75, 0.5, 0.8, strong=True)], low=0, high=1, title="t")
    assert 'class="dot subject" cx="75.000%"' in chart
    assert 'class="interval subject" x1="50.000%" y1="23" x2="80.000%"' in chart
    assert re.findall(r">(\d+)</text>", chart) == ["0", "20", "40", "60", "80", "100"]
    assert "zero" not in chart


def test_differences_have_a_line_at_zero_and_signed_ticks() -> None:
    chart = interval_chart([Dot("a", "", 0.1, -0.1, 0.3, strong=False)], low=-0.1, high=0.3, title="t", difference=True)
    assert 'class="zero" x1="25.000%"' in chart
    assert re.findall(r">([^<]+)</text>", chart) == ["−10", "0", "+10", "+20", "+30"]


def test_names_are_escaped() -> None:
    chart = interval_chart([Dot("<b>&", "<i>", 0, 0, 0, strong=True)], low=0, high=1, title='"<t>')
    assert "<b>" not in chart
    assert "<i>" not in chart
    assert "&lt;b&gt;&amp;" in chart
    assert 'aria-label="&#34;&lt;t&gt;"' in chart


def test_curve_runs_from_edge_to_edge() -> None:
    chart = curve_chart([Curve("loss", "raw", ((1, 2.0), (2, 1.0), (3, 0.0)))], title="Loss", x_name="update")
    found = re.search(r'points="([^"]+)"', chart)
    assert found is not None
    places = [tuple(map(float, pair.split(","))) for pair in found[1].split()]
    assert [x for x, _ in places] == [0, 50, 100]
    assert places[2][1] == CURVE  # zero lies on the axis
    assert places[0][1] < places[1][1] < places[2][1]
    assert '<li><span class="swatch raw"></span>loss</li>' in chart


def test_losses_far_from_zero_get_an_axis_of_their_own() -> None:
    chart = curve_chart([Curve("v", "points", ((1, 10.0), (2, 10.1)))], title="t", x_name="update")
    assert ">0</text>" not in chart
    assert chart.count('class="point"') == 2


def test_one_point_is_drawn_in_the_middle() -> None:
    chart = curve_chart([Curve("v", "points", ((5, 1.0),))], title="t", x_name="update")
    assert 'cx="50.000%"' in chart


def test_a_mark_is_a_line_of_its_own_and_in_the_legend() -> None:
    curve = Curve("loss", "raw", ((0, 2.0), (100, 1.0)))
    chart = curve_chart([curve], title="t", x_name="update", mark=Mark("the <best>", 25))
    assert f'<line class="mark" x1="25.000%" y1="0" x2="25.000%" y2="{CURVE}"/>' in chart
    assert '<li><span class="swatch mark"></span>the &lt;best&gt;</li>' in chart
    assert "mark" not in curve_chart([curve], title="t", x_name="update")


def test_a_mark_beyond_the_curve_widens_the_axis() -> None:
    chart = curve_chart([Curve("", "points", ((0, 2.0), (50, 1.0)))], title="t", x_name="u", mark=Mark("best", 100))
    assert 'class="mark" x1="100.000%"' in chart
    assert 'cx="50.000%"' in chart
    assert chart.count("<li>") == 1  # a curve without a name has no entry
