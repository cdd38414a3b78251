"""A leaderboard → one self-contained page: verdict, sortable scores, lifts, costs, and what a study published.

    board_page(BoardPage(board, trained=(), published=None))   →  "<!doctype html>…"

The only script sorts, filters, and switches between light and dark; everything that comes from files is escaped.
Without the script the page shows the same.
*Not here:* arranging scores (lfine.evaluation.leaderboard), Markdown and CSV (board_text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup

from lfine.evaluation.leaderboard import Cost, Leaderboard, Lift, TaskRow
from lfine.evaluation.reports import numbers
from lfine.evaluation.reports.board_text import left_out_lines
from lfine.evaluation.reports.charts import Dot, interval_chart
from lfine.evaluation.reports.frame import environment, render
from lfine.evaluation.reports.published import Published, PublishedRow

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Trained:
    """What training one task took."""

    task: str
    examples: int
    updates: int
    seconds: float


@dataclass(frozen=True)
class BoardPage:
    """What the page shows."""

    board: Leaderboard
    trained: tuple[Trained, ...] = ()
    published: Published | None = None

    @property
    def rivals(self) -> tuple[str, ...]:
        """Models over which any lift is told."""
        return tuple(model for model in self.board.models if any(model in row.lifts for row in self.board.rows))

    @property
    def beside(self) -> tuple[tuple[TaskRow, PublishedRow], ...]:
        """Our rows of which the study published a score too."""
        rows = {} if self.published is None else self.published.rows
        return tuple((row, rows[row.task]) for row in self.board.rows if row.task in rows)


def board_page(page: BoardPage) -> str:
    """Return the page as HTML."""
    templates = environment()
    templates.filters.update(usd=_usd, percent=_percent, breakable=_breakable)
    values = {
        "page": page,
        "board": page.board,
        "verdict": verdict(page.board),
        "chart": lift_chart(page.board),
        "totals": {model: total(page.board, model) for model in page.board.models},
        "training": {each.task: each for each in page.trained},
        "confidence": _confidence(page.board),
        "left_out": left_out_lines(page.board),
    }
    styles, scripts = ("page.css", "board.css"), ("theme.js", "board.js")
    return render(templates, "board.html", styles=styles, scripts=scripts, values=values)


def verdict(board: Leaderboard) -> str:
    """Return the sentence at the top."""
    found = board.against(None)
    told = found.better + found.worse + found.undecided
    if not told:
        return "No task has both a tuned model and another one on the same rows: there is no lift to tell."
    said = f"The tuned models beat the best other model on {found.better} of {_tasks(told)} beyond chance"
    rest = []
    if found.worse:
        rest.append(f"lose on {found.worse}")
    sentence = f"{said} and {rest[0]}" if rest else said
    if found.undecided:
        sentence += f"; on {found.undecided} the held-out rows cannot tell"
    return f"{sentence}."


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


def lift_chart(board: Leaderboard) -> Markup | None:
    """Draw the lift over the best other model of each task, the largest first; None where there is none.

    Metrics that are no shares of 1 have another scale and stand in the table only.
    """
    rows = [(row, row.over_best) for row in board.rows if row.over_best is not None and row.share]
    pairs = sorted(((row, lift) for row, lift in rows if lift), key=lambda pair: -pair[1].gain)
    if not pairs:
        return None
    dots = [_dot(row, lift) for row, lift in pairs]
    low, high = min(0.0, *(dot.low for dot in dots)), max(0.0, *(dot.high for dot in dots))
    margin = 0.05 * (high - low) or 0.01
    title = "Lift of the tuned model over the best other one, by task, with its interval"
    return interval_chart(dots, low=low - margin, high=high + margin, title=title, difference=True)


def _dot(row: TaskRow, lift: Lift) -> Dot:
    return Dot(
        row.task,
        f"{numbers.signed(lift.gain)} over {lift.over}",
        lift.gain,
        lift.low,
        lift.high,
        strong=lift.significant,
    )


def total(board: Leaderboard, model: str) -> Cost | None:
    """Return what a model took over all its tasks; of tokens and prices only where every task knows them."""
    costs = [row.evaluations[model].cost for row in board.rows if model in row.evaluations]
    known = [cost for cost in costs if cost is not None]
    if not known:
        return None
    return Cost(
        seconds=sum(cost.seconds for cost in known),
        prompt_tokens=_sum([cost.prompt_tokens for cost in known]),
        completion_tokens=_sum([cost.completion_tokens for cost in known]),
        usd=_sum([cost.usd for cost in known]),
    )


def _sum(values: list[Number | None]) -> Number | None:
    """Return the sum; None where a value is not known."""
    found = [value for value in values if value is not None]
    return sum(found[1:], found[0]) if len(found) == len(values) else None


def _confidence(board: Leaderboard) -> str:
    """Return the level of the intervals; several where tasks have several."""
    levels = {each.scores.settings.confidence for row in board.rows for each in row.evaluations.values()}
    return ", ".join(f"{100 * level:g}%" for level in sorted(levels))


def _usd(value: float | None) -> str:
    return "–" if value is None else f"${value:,.4f}" if value < 1 else f"${value:,.2f}"


def _breakable(name: str) -> Markup:
    """Let a name break after an underscore."""
    return Markup("_<wbr>").join(name.split("_"))


def _percent(value: float) -> str:
    """Return the width of a bar for a share of 1."""
    return f"{100 * min(1.0, max(0.0, value)):.1f}%"
