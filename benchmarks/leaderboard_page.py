"""docs/leaderboard.md from finished runs: a table, what every task was given, and why where tuning did not win.

    page([Entry("glue_cola", scores, train_examples=1600, seconds=612.0, why="")], settings, left=0)
        →  "# A leaderboard …"

*Not here:* training and scoring (leaderboard.py), the statistics (lfine.evaluation.leaderboard).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfine.evaluation.leaderboard import Evaluation, Leaderboard, TaskRow, leaderboard
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.board_text import lift_text, markdown_line, value_text
from lfine.evaluation.reports.numbers import count, duration, probability

SHOWN = {"majority": "most frequent answer", "base": "base, zero-shot", "few_shot": "base, few-shot", "tuned": "tuned"}
"""Model → head of its column."""

NOTICE = "<!-- written by python -m benchmarks.leaderboard: change it there, then give the command again -->"
PICTURE = "![The first of the tasks, as lfine report shows them](explanation/leaderboard-1280-light.png)"
"""Made by hand, of the page that `lfine report` writes beside the runs."""
LEGEND = (
    "Values are in points of 100 in the task's own headline metric, with 95% intervals over the held-out "
    "rows. The lift is over the best of the three others by its value here, paired row by row. Seconds are of one "
    "processor core that did other work beside it: training, then answering and scoring all four."
)
AGAIN = """\
## Make it again

    LFINE_DATA=../shared/data OMP_NUM_THREADS=1 python -m benchmarks.leaderboard

It can be stopped at any moment and given again: what is done is not done twice."""


@dataclass(frozen=True)
class Entry:
    """One task, trained and scored."""

    name: str
    scores: dict[str, Scores]
    """By model."""
    train_examples: int
    seconds: float
    """Of training."""
    why: str
    """Why tuning does not win here, where it does not."""

    @property
    def metric(self) -> str:
        return self.scores["tuned"].headline

    def value(self, model: str) -> float:
        """Return a model's value in the headline metric."""
        return self.scores[model].metrics[self.metric].value


def board_of(entries: Sequence[Entry]) -> Leaderboard:
    return leaderboard(Evaluation(scores) for entry in entries for scores in entry.scores.values())


def wins(board: Leaderboard) -> list[TaskRow]:
    """Return the tasks on which the tuned model beats the best of the others, beyond chance over all tasks."""
    return [row for row in board.rows if row.over_best and row.over_best.significant and row.over_best.gain > 0]


def page(entries: Sequence[Entry], settings: Sequence[str], *, left: int) -> str:
    """Return the page as Markdown; `left` tasks are not done yet."""
    board = board_of(entries)
    won = {row.task for row in wins(board)}
    unfinished = f" Not done yet: {left}." if left else ""
    about = (
        f"SmolLM2-135M-Instruct on {len(entries)} tasks, each with an adapter of its own, beside three rivals that "
        "need no training: the most frequent training answer given to every row, the base model with the task's "
        f"prompt, and the base model with training rows as examples in its prompt.{unfinished}"
    )
    verdict = (
        f"**The tuned model beats the best of the three on {len(won)} of {len(entries)} tasks** (p < 0.05, paired "
        "permutation test, Holm-adjusted over the tasks)."
    )
    parts = [NOTICE, "# A leaderboard on a laptop's budget", about, verdict, PICTURE, _table(entries, board), LEGEND]
    parts += [_settings(settings), _reasons(entries, won), AGAIN]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(entries: Sequence[Entry], board: Leaderboard) -> str:
    heads = ["task", "metric", "n", *SHOWN.values(), "lift over the best of three", "p", "p (Holm)"]
    heads += ["training examples", "training", "scoring"]
    lines = [markdown_line(heads), markdown_line(["---", "---", *("--:" for _ in heads[2:])])]
    rows = {row.task: row for row in board.rows}
    for entry in entries:
        row = rows[entry.scores["tuned"].task]
        lift = row.over_best
        values = [value_text(row, model) for model in SHOWN]
        chance = ["–", "–"] if lift is None else [probability(lift.p_value), probability(lift.adjusted)]
        scoring = sum(scores.seconds for scores in entry.scores.values())
        spent = [count(entry.train_examples), duration(entry.seconds), duration(scoring)]
        lines.append(
            markdown_line([row.task, row.metric, count(row.n), *values, lift_text(row.metric, lift), *chance, *spent])
        )
    return "\n".join(lines)


def _settings(settings: Sequence[str]) -> str:
    lines = "\n".join(f"    --set '{each}'" for each in settings)
    return (
        "## What every task was given\n\nThe task's file, with these settings; updates, batch size and held-out rows "
        f"are in the table of benchmarks/leaderboard.py.\n\n{lines}"
    )


def _reasons(entries: Sequence[Entry], won: set[str]) -> str:
    """Return a sentence for each task that tuning does not win."""
    lost = [entry for entry in entries if entry.scores["tuned"].task not in won]
    if not lost:
        return ""
    lines = [f"- **{entry.name}**: {entry.why or 'not looked into yet'}" for entry in lost]
    return "## Where tuning does not win\n\n" + "\n".join(lines)


def figures(entries: Sequence[Entry]) -> str:
    """Return the figures for benchmarks/results.csv on one line."""
    board = board_of(entries)
    rows = []
    for row in board.rows:
        values = [row.value(model) for model in SHOWN]
        said = "/".join("–" if value is None else f"{value.value:.3f}" for value in values)
        rows.append(f"{row.task} {row.metric} {said} (n {row.n})")
    won = f"tuned beats the best other on {len(wins(board))} of {len(entries)} (Holm-adjusted p < 0.05)"
    return f"{won}; task metric {'/'.join(SHOWN)}: {'; '.join(rows)}"
