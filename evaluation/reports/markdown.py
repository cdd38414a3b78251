"""The report for a pull request: verdict, scores, differences, rows won and lost, commonest mistakes, a few lost rows.

    ### routing: tuned
    The tuned model answers 83.8% right (81.5–86.1), base 20.2%: +63.6 points (60.1–67.1) on the same 1,000 rows.
    | model | accuracy ★ | f1 | …

GitHub's Markdown, without HTML but the fold. Texts from data stand as code: they cannot mention anybody, close the
fold or begin a table row. *Not here:* the page (page).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lfine.evaluation.compare import Comparison
from lfine.evaluation.records import Scores
from lfine.evaluation.reports.answers import AnswerRow, answer_rows, worst_first
from lfine.evaluation.reports.numbers import (
    count,
    duration,
    probability,
    shown,
    shown_change,
    shown_change_span,
    shown_span,
)
from lfine.evaluation.reports.page import flips_of, rival_of
from lfine.evaluation.reports.sources import ReportFiles
from lfine.evaluation.reports.tables import commonest_mistakes
from lfine.evaluation.reports.verdict import notes, verdict

MISTAKES = 5
ROWS = 5
CHARACTERS = 200
"""Of a text that is shown."""


def markdown(source: ReportFiles) -> str:
    """Return the report of one evaluation, ending with a newline."""
    subject, base = source.subject.scores, rival_of(source)
    comparisons = source.comparisons
    against = next((each for each in comparisons if base and each.second == base.scores.model), None)
    rows = answer_rows(source.subject, base)
    parts = [
        f"### {plain(subject.task)}: {plain(subject.model)}",
        plain(verdict(subject, base.scores if base else None, against)),
        "\n".join(f"- {plain(note)}" for note in notes(subject, comparisons)),
        _scores(subject, source),
        _differences(comparisons),
        *_answers(subject, base.scores.model if base else None, rows),
        _made(subject),
    ]
    text = "\n\n".join(part for part in parts if part) + "\n"
    return text.encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """Return a text on one line in which nothing is markup, a mention or a cell's end."""
    escaped = re.sub(r"([\\`*_{}\[\]<>()#+!|~@&$])", r"\\\1", " ".join(text.split()))
    return escaped.replace("\\@", "@\u200b").replace("\\(", "(").replace("\\)", ")").replace("\\+", "+")


def code(text: str | None) -> str:
    """Return a text as code on one line, cut at CHARACTERS, fit for a table's cell."""
    if text is None:
        return "*no answer*"
    line = " ".join(text.split())
    line = line if len(line) <= CHARACTERS else line[:CHARACTERS] + "…"
    if not line:
        return "*empty*"
    fence = "`" * (1 + max(map(len, re.findall(r"`+", line)), default=0))
    space = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{fence}{space}{line}{space}{fence}".replace("|", "\\|")


def _scores(subject: Scores, source: ReportFiles) -> str:
    models = [subject, *(other.scores for other in source.others)]
    names = list(dict.fromkeys(name for scores in models for name in scores.metrics))
    heads = [f"{plain(name)}{' ★' if name == subject.headline else ''}" for name in names]
    lines = [["model", *heads, "rows", "unscored", "time"]]
    lines += [
        [
            plain(scores.model),
            *(_value(scores, name) for name in names),
            *(count(scores.n), count(scores.unscored), duration(scores.seconds)),
        ]
        for scores in models
    ]
    return _table(lines)


def _value(scores: Scores, name: str) -> str:
    if name not in scores.metrics:
        return "–"
    found = scores.metrics[name]
    return f"{shown(name, found.value)} ({shown_span(name, found.low, found.high)})"


def _differences(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    lines = [["against", comparisons[0].headline, "interval", "p", "better", "worse", "equal"]]
    for each in comparisons:
        gap = each.main
        ends = shown_change_span(gap.metric, gap.low, gap.high)
        rows = [f"{number:,}" for number in (gap.wins, gap.losses, gap.ties)]
        change = f"**{shown_change(gap.metric, gap.difference)}**"
        lines.append([plain(each.second), change, ends, probability(gap.p_value).replace("<", "\\<"), *rows])
    return _table(lines)


def _answers(subject: Scores, base: str | None, rows: Sequence[AnswerRow]) -> Iterator[str]:
    flips = flips_of(rows)
    if flips is not None and base is not None:
        yield f"Against {plain(base)}, row by row: {flips.won:,} won, {flips.lost:,} lost."
    if subject.confusion is not None and (mistakes := commonest_mistakes(subject.confusion, MISTAKES)):
        lines = [["rows", "gold", "answered"]]
        lines += [[f"{each.count:,}", code(each.gold), code(each.answered)] for each in mistakes]
        yield f"Commonest mistakes:\n\n{_table(lines)}"
    shown_rows = [row for row in worst_first(rows) if row.change == "lost"] or worst_first(rows)
    if shown_rows:
        lost = shown_rows[0].change == "lost"
        title = f"Rows that {base} had and {subject.model} lost" if lost and base else "The worst answers"
        heads = ["row", "gold", subject.model, *([base] if base else []), "prompt"]
        lines = [[plain(head) for head in heads]]
        for row in shown_rows[:ROWS]:
            cells = [f"{row.row_id}", code(row.gold), code(row.answer), *([code(row.rival)] if base else [])]
            lines.append([*cells, code(row.prompt) if row.prompt is not None else "–"])
        summary = plain(f"{title} ({min(ROWS, len(shown_rows))} of {len(shown_rows):,})")
        yield f"<details><summary>{summary}</summary>\n\n{_table(lines)}\n\n</details>"


def _made(subject: Scores) -> str:
    made = subject.provenance
    commit = (
        f", commit {made.git_commit[:12]}{'' if made.git_dirty is False else ' with changes'}"
        if made.git_commit
        else ""
    )
    level = f"{100 * subject.settings.confidence:g}%"
    return (
        f"Points of 100, intervals at {level}, paired bootstrap and permutation test. "
        f"{code(made.command)}, {made.created}, lfine {made.lfine_version}{commit}; "
        f"evaluation {code(subject.evaluation_hash[:16])}, plan {code((subject.plan_hash or 'none')[:16])}."
    )


def _table(lines: Sequence[Sequence[str]]) -> str:
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|" + "---|" * len(lines[0]), *rows[1:]])
