"""A leaderboard as a table for a terminal, as Markdown, and as CSV for programs.

    task               metric        n  tuned             base              majority
    glue_cola          accuracy    200  81.5 (76.0–86.5)  31.0 (24.5–37.5)  70.5 (64.0–76.5)

*Not here:* the page (lfine.evaluation.reports.board_page).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from lfine.evaluation.leaderboard import Cost, Leaderboard, Lift, TaskRow
from lfine.evaluation.reports import numbers

CSV_WHAT = ("task", "metric", "n", "model", "value", "low", "high")
CSV_LIFT = ("tuned_gain", "tuned_gain_low", "tuned_gain_high", "p", "p_holm")
CSV_COST = ("seconds", "prompt_tokens", "completion_tokens", "usd")
CSV_HEADS = (*CSV_WHAT, *CSV_LIFT, *CSV_COST)
"""One line for each model of each task; `tuned_gain` is that of the task's tuned model over this one."""


def board_text(board: Leaderboard) -> str:
    """Return the table, the averages where there are any, and a line for each score that stands in no row."""
    cells = _table(board)
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([*lines, *left_out_lines(board)])


def board_markdown(board: Leaderboard) -> str:
    """Return the same as Markdown, the best value of each task in bold."""
    heads, *rows = _table(board)
    lines = [markdown_line(heads), markdown_line(["---", "---", *("--:" for _ in heads[2:])])]
    winners = [row.winners for row in board.rows]
    for number, cells in enumerate(rows):
        best = {3 + board.models.index(model) for model in winners[number]} if number < len(winners) else set()
        lines.append(markdown_line([f"**{cell}**" if at in best else cell for at, cell in enumerate(cells)]))
    return "\n".join(lines) + "\n" + "".join(f"\n- {line}" for line in left_out_lines(board))


def board_csv(board: Leaderboard) -> str:
    """Return a line for each model of each task, numbers as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADS)
    for row in board.rows:
        for model, each in row.evaluations.items():
            value, lift, cost = row.value(model), row.lifts.get(model), each.cost or Cost(each.scores.seconds)
            found = [None] * 3 if value is None else [value.value, value.low, value.high]
            gain = [None] * 5 if lift is None else [lift.gain, lift.low, lift.high, lift.p_value, lift.adjusted]
            spent = [round(cost.seconds, 3), cost.prompt_tokens, cost.completion_tokens, cost.usd]
            writer.writerow([row.task, row.metric, row.n, model, *found, *gain, *spent])
    return out.getvalue()


def markdown_line(cells: Sequence[str]) -> str:
    """Return one line of a Markdown table."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def left_out_lines(board: Leaderboard) -> list[str]:
    """Say which scores stand in no row, and why."""
    return [f"{each.task}: {each.model} is left out: {each.reason}" for each in board.left_out]


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
    span = numbers.shown_change_span(metric, lift.low, lift.high)
    return f"{numbers.shown_change(metric, lift.gain)} ({span}) over {lift.over}"


def _table(board: Leaderboard) -> list[list[str]]:
    """Return heads, tasks and, last, the averages."""
    heads = ["task", "metric", "n", *board.models, "lift over the best other", "p (Holm)"]
    rows = [_cells(row, board.models) for row in board.rows]
    averages = [board.average(model) for model in board.models]
    if len(board.common) > 1:
        shown = [
            "–" if each is None else f"{numbers.points(each.value)} ({numbers.span(each.low, each.high)})"
            for each in averages
        ]
        rows.append([f"average of {len(board.common)}", "", "", *shown, "", ""])
    return [heads, *rows]


def _cells(row: TaskRow, models: Sequence[str]) -> list[str]:
    lift = row.over_best
    values = [value_text(row, model) for model in models]
    chance = "–" if lift is None else numbers.probability(lift.adjusted)
    return [row.task, row.metric, f"{row.n:,}", *values, lift_text(row.metric, lift), chance]
