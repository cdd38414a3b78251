"""The page's pictures: each kind of figure as inline SVG or HTML in the colours of the page.

    draw(Matrix("What tuned answered …", confusion))  →  Markup('<svg class="heat" …')

The same figures as files are matplotlib's (figure_files): a picture in the page takes its width, colours and mode from
the page, a file has its own. *Not here:* which figures there are (figures).
"""

from __future__ import annotations

from markupsafe import Markup

from lfine.evaluation.reports.charts import curve_chart, interval_chart
from lfine.evaluation.reports.error_bars import error_bars
from lfine.evaluation.reports.figures import Calibration, Curves, Errors, Figure, Intervals, Matrix
from lfine.evaluation.reports.heat_map import heat_map
from lfine.evaluation.reports.reliability_chart import reliability_chart


def draw(figure: Figure) -> Markup:
    """Return the figure as part of a page."""
    match figure:
        case Intervals(title, dots, low, high, difference, share):
            return interval_chart(dots, low=low, high=high, title=title, difference=difference, share=share)
        case Curves(title, curves, mark):
            return curve_chart(curves, title=title, x_name="update", mark=mark)
        case Matrix(_, confusion):
            return heat_map(confusion)
        case Errors(title, labels):
            return error_bars(labels, title=title)
        case Calibration(title, found):
            return reliability_chart(found, title=title)
