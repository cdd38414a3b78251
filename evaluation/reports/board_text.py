"""A leaderboard as a table for a terminal, and as Markdown.

    task               metric        n  tuned             base              majority
    glue_cola          accuracy    200  81.5 (76.0–86.5)  31.0 (24.5–37.5)  70.5 (64.0–76.5)

*Not here:* the page (lfine.evaluation.reports.board_page).
"""

from __future__ import annotations

from collections.abc import Sequence

from lfine.evaluation.leaderboard import Leaderboard, Lift, TaskRow
from lfine.evaluation.reports import numbers


def board_text(board: Leaderboard) -> str:
    """Return the table with a line for what was left out."""
    heads = ["task", "metric", "n", *board.models, "lift over the best other", "p (Holm)"]
    cells = [heads, *(_cells(row, board.models) for row in board.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    lines += [f"{each.task}: {each.model} stands in no column: {each.reason}" for each in board.left_out]
    return "\n".join(lines)


def board_markdown(board: Leaderboard) -> str:
    """Return the table as Markdown, the best value of each row in bold where it is better than the second."""
    heads = ["task", "metric", "n", *board.models, "lift over the best other", "p (Holm)"]
    lines = [_line(heads), _line(["---", "---", *("--:" for _ in heads[2:])])]
    for row in board.rows:
        cells = _cells(row, board.models)
        place = 3 + board.models.index(row.winner) if row.winner in board.models else -1
        lines.append(_line([f"**{cell}**" if number == place else cell for number, cell in enumerate(cells)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cells(row: TaskRow, models: Sequence[str]) -> list[str]:
    lift = row.over_best
    values = [value_text(row, model) for model in models]
    return [row.task, row.metric, f"{row.n:,}", *values, lift_text(row.metric, lift), _p_text(lift)]


def value_text(row: TaskRow, model: str) -> str:
    """Return a model's value and interval; a dash where it was not scored."""
    found = row.value(model)
    if found is None:
        return "–"
    return f"{numbers.shown(row.metric, found.value)} ({numbers.shown_span(row.metric, found.low, found.high)})"


def lift_text(metric: str, lift: Lift | None) -> str:
    """Return the lift, its interval and over whom."""
    if lift is None:
        return "–"
    gain, low, high = (numbers.shown_change(metric, value) for value in (lift.gain, lift.low, lift.high))
    return f"{gain} ({low} to {high}) over {lift.over}"


def _p_text(lift: Lift | None) -> str:
    return "–" if lift is None else numbers.probability(lift.adjusted)
