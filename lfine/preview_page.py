"""A preview as one HTML page that needs nothing else: prompts by role, learned and lost tokens, lengths.

    page(preview(Path("task.yaml"))) == "<!doctype html>…"

What the rows say is escaped, and the page forbids scripts. The style is that of the reports, with a few rules more.

*Not here:* what is shown (lfine.previewing), the drawings (lfine.length_charts).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from markupsafe import Markup

from lfine.evaluation.reports.numbers import count
from lfine.finetune.data.wording import counted
from lfine.length_charts import histogram_chart, length_bar
from lfine.previewing import Preview, PreviewPart, PreviewRow


@dataclass(frozen=True)
class ShownToken:
    text: str
    """With the mark ↵ before a line break."""
    kind: str
    """CSS classes, with a space before each."""
    title: str
    """What the pointer shows."""


@dataclass(frozen=True)
class ShownPart:
    role: str
    style: str
    """CSS classes."""
    example: bool
    learned: bool
    """Whether one of its tokens is."""
    tokens: tuple[ShownToken, ...]


@dataclass(frozen=True)
class ShownRow:
    row_id: int
    state: str
    figures: str
    bar: Markup
    parts: tuple[ShownPart, ...]


def page(shown: Preview) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["count"] = count
    here, reports = files("lfine"), files("lfine.evaluation.reports")
    style = reports.joinpath("page.css").read_text(encoding="utf-8")
    style += here.joinpath("preview.css").read_text(encoding="utf-8")
    template = environment.from_string(here.joinpath("preview.html").read_text(encoding="utf-8"))
    html = template.render(
        shown=shown,
        style=Markup(style),  # noqa: S704 - files of this package
        verdict=_verdict(shown),
        chart=histogram_chart(shown.histogram, limit=shown.limit, p95=shown.p95),
        rows=[_row(row, shown) for row in shown.rows],
        shortened=[_row(row, shown) for row in shown.shortened],
        any_lost=any(row.lost for row in shown.rows),
        lost_caption=_lost_caption(shown),
    )
    return html.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair in the data has no UTF-8


def _verdict(shown: Preview) -> str:
    """Return what a user wants to know first, in one or two sentences."""
    affected = shown.cut + shown.left_out
    if not affected:
        return f"Every row fits: the longest has {count(shown.longest)} tokens, and the limit is {count(shown.limit)}."
    share = 100 * affected / max(1, shown.train_rows)
    what = [f"{counted(shown.cut, 'row')} cut"] if shown.cut else []
    what += [f"{counted(shown.left_out, 'row')} left out"] if shown.left_out else []
    return f"{' and '.join(what)}, {share:.1f}% of the training rows, to stay within {count(shown.limit)} tokens."


def _lost_caption(shown: Preview) -> str:
    first = f"The first {len(shown.shortened)} of {shown.cut + shown.left_out}, by row id, as they were before."
    return f"{first} What is struck through is never seen in training; a row that is left out is not trained on at all."


def _row(row: PreviewRow, shown: Preview) -> ShownRow:
    seen = row.prompt_tokens + len(row.completion) if row.state != "left out" else 0
    figures = f"{len(row.tokens):,} tokens, {sum(row.learned):,} of them learned"
    if row.state == "cut":
        figures += f"; cut to {seen:,} tokens, {row.learned_tokens:,} of them learned"
    elif row.state == "left out":
        figures += "; not trained on"
    bar = length_bar(len(row.tokens), seen=seen, most=shown.longest, limit=shown.limit, p95=shown.p95)
    begins = (0, *(part.end for part in row.parts[:-1]))
    parts = tuple(_part(row, part, begin, shown) for part, begin in zip(row.parts, begins, strict=True))
    return ShownRow(row.row_id, row.state, figures, bar, parts)


def _part(row: PreviewRow, part: PreviewPart, begin: int, shown: Preview) -> ShownPart:
    return ShownPart(
        role=part.role,
        style=f"{part.role} shown" if part.example else part.role,
        example=part.example,
        learned=any(row.learned[begin : part.end]),
        tokens=tuple(_token(row, at, shown) for at in range(begin, part.end)),
    )


def _token(row: PreviewRow, at: int, shown: Preview) -> ShownToken:
    text = row.tokens[at]
    lost = row.lost is not None and row.lost[0] <= at < row.lost[1]
    control = text in shown.control
    said = "lost" if lost else "learned" if row.learned[at] else "not learned"
    said += ", control token" if control else ""
    kind = " lost" if lost else " learn" if row.learned[at] else ""
    return ShownToken(
        text.replace("\n", "↵\n"), kind + (" control" if control else ""), f"token {at + 1}: {text!r}, {said}"
    )
