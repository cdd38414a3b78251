"""SQL execution: the share of answers whose query gives the gold query's result on the row's SQLite file.

    gold "SELECT name FROM pets WHERE age > 2"   answer "select name from pets where not age <= 2;"   → 1.0
    gold "SELECT name FROM pets ORDER BY age"    answer "SELECT name FROM pets"    → 0.0, unless the order is the same

`databases` is a folder, looked for as data files are; the column `database` (db_id) names the file in it:
NAME/NAME.sqlite or NAME.sqlite. Results are compared as multisets of rows, and in order where the gold query itself
ends in ORDER BY. The order of columns counts, their names do not; 1 equals 1.0, numbers are equal within a millionth,
text byte by byte. So a query that is right may fail where ORDER BY leaves the order of equal rows open, and a wrong one
may pass by chance, above all on an empty result. (The test suites of Zhong et al. 2020 let columns change places and
ignore DISTINCT; neither is done here.)

A query that fails, changes anything, takes more than `seconds` of the processor (10), or too much memory is wrong, and
why is kept. A row whose gold query fails or whose database is not there is left out of the mean, and counted. Files are
never changed.
*Not here:* running queries (lfine.evaluation.cage.queries), comparing (lfine.evaluation.result_sets).
"""

from __future__ import annotations

from pathlib import Path

from lfine.evaluation.cage.queries import Pair, Results, run_pairs
from lfine.evaluation.databases import find_database, find_folder
from lfine.evaluation.judging import Judging, need
from lfine.evaluation.metrics.registry import Answered, PerExample, by_row, metric, parameter
from lfine.evaluation.result_sets import orders, same_results
from lfine.schemas.problems import Problem
from lfine.schemas.task import MetricChoice

SECONDS = 10.0
NO_DATABASE = "there is no database"
NO_ANSWER = ""
"""What is run for a missing answer, so that its gold query is tried like every other."""


def ready(choice: MetricChoice, judging: Judging) -> list[Problem]:
    """Refuse a folder that is not there (LF318)."""
    if find_folder(choice.databases or "", judging.folder) is not None:
        return []
    message = f"there is no folder of databases {choice.databases!r}"
    cure = "name a folder that exists, or set LFINE_DATA to the folder it lies in"
    return [Problem("LF318", message, cure, path="evaluation.metrics")]


@by_row(ready, needs=("databases",), columns=("database",))
@metric(
    output_types=("sql",),
    kind="mean",
    source="equality of both queries' results on a SQLite file; multisets, ordered where the gold query is",
    parameters={"databases": None, "database": "db_id", "seconds": SECONDS},
    right_or_wrong=True,
)
def sql_execution(answered: Answered) -> PerExample:
    judging = need(answered.judging, "sql_execution")
    files = _files(answered, judging)
    known = [place for place, file in enumerate(files) if file is not None]
    pairs = [
        Pair(file, answered.golds[place], answered.answers[place] or NO_ANSWER)
        for place, file in enumerate(files)
        if file
    ]
    results = dict(zip(known, run_pairs(pairs, seconds=_seconds(answered.choice)), strict=True))
    judged = [
        _judge(results.get(place), gold, answer)
        for place, (gold, answer) in enumerate(zip(answered.golds, answered.answers, strict=True))
    ]
    return PerExample(
        {"sql_execution": tuple(score or 0.0 for score, _ in judged)},
        left_out={"sql_execution": frozenset(place for place, (score, _) in enumerate(judged) if score is None)},
        reasons=tuple(reason for _, reason in judged),
    )


def _judge(found: Results | None, gold: str, answer: str | None) -> tuple[float | None, str | None]:
    """Return score and reason of one row."""
    if found is None:
        return None, NO_DATABASE
    if found.gold.error is not None:
        return None, f"the gold query fails: {found.gold.error}"
    if answer is None or found.predicted is None:
        return 0.0, None
    if found.predicted.error is not None:
        return 0.0, found.predicted.error
    if same_results(found.gold.rows, found.predicted.rows, ordered=orders(gold)):
        return 1.0, None
    return 0.0, "another result"


def _files(answered: Answered, judging: Judging) -> list[Path | None]:
    folder = find_folder(answered.choice.databases or "", judging.folder)
    column = str(parameter(answered.choice, "database"))
    names = [str(judging.row(row.row_id).get(column, "")) for row in answered.given]
    if folder is None:
        return [None] * len(names)
    found = {name: find_database(folder, name) for name in dict.fromkeys(names)}
    return [found[name] for name in names]


def _seconds(choice: MetricChoice) -> float:
    return SECONDS if choice.seconds is None else choice.seconds
