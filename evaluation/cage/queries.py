"""Pairs of SQL queries on SQLite files, gold and predicted, run in processes of their own: their results, or why none.

    run_pairs([Pair(Path("db/pets.sqlite"), "SELECT count(*) FROM pets", "SELECT 3")], seconds=10)
        →  [Results(gold=Result(((3,),)), predicted=Result(((3,),)))]

A file is opened for reading only, as one that never changes, and a statement may select, read and call functions,
nothing else. Memory, rows, nesting and processor time are bounded; a process that hangs or dies is replaced, and costs
its own query only. Where the system has a cage, the processes sit in it too; it is not what keeps the files safe.
*Not here:* comparing results (lfine.evaluation.result_sets), finding databases (lfine.evaluation.databases).
"""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfine.evaluation.cage.children import Child, NoAnswerError
from lfine.evaluation.cage.programs import ENVIRONMENT, OPEN, PYTHON, best_cage, confinement, in_parallel, processors
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

Cell = int | float | str | bytes | None
Rows = tuple[tuple[Cell, ...], ...]

MEMORY = 1 << 30
STARTING_SECONDS = 30.0
MOST_ROWS = 100_000
"""Of a gold query."""
PATIENCE = 4
"""Waiting goes on for so many times the processor time that a query has."""


@dataclass(frozen=True)
class Pair:
    database: Path
    gold: str
    predicted: str


@dataclass(frozen=True)
class Result:
    """What a query gave."""

    rows: Rows = ()
    error: str | None = None
    """Why there are no rows: SQLite's own words, or which limit was reached."""


@dataclass(frozen=True)
class Results:
    gold: Result
    predicted: Result | None
    """At most one row more than the gold query has, which settles that it is another; None where gold has an error."""


def run_pairs(pairs: Sequence[Pair], *, seconds: float) -> list[Results]:
    """Run both queries of each pair, with so many seconds of the processor for each query; equal pairs once.

    Raises MachineError (LF440) when no process can be started.
    """
    different = list(dict.fromkeys(pairs))
    runners = _Runners(seconds, tuple(dict.fromkeys(pair.database.parent for pair in different)))
    try:
        found = dict(zip(different, in_parallel(runners.run, different), strict=True))
    finally:
        runners.close()
    return [found[pair] for pair in pairs]


class _Runners:
    """As many processes as are asked at once, each lent to one thread at a time; started when first needed."""

    def __init__(self, seconds: float, folders: tuple[Path, ...]) -> None:
        self._seconds = seconds
        self._folders = folders
        self._cage = best_cage()
        self._idle: queue.LifoQueue[Child | None] = (
            queue.LifoQueue()
        )  # last in, first out: one that is started is lent first
        for _ in range(processors()):
            self._idle.put(None)

    def close(self) -> None:
        while not self._idle.empty():
            child = self._idle.get()
            if child is not None:
                child.close()

    def run(self, pair: Pair) -> Results:
        gold = self._result(pair.database, pair.gold, MOST_ROWS - 1)
        if gold.error is None and len(gold.rows) == MOST_ROWS:
            gold = Result(error=f"{MOST_ROWS:,} rows or more")
        if gold.error is not None:
            return Results(gold, None)
        return Results(gold, self._result(pair.database, pair.predicted, len(gold.rows)))

    def _result(self, database: Path, query: str, most: int) -> Result:
        """Return the rows of a query up to the one behind `most`."""
        asked = {"database": f"{database.resolve().as_uri()}?mode=ro&immutable=1", "query": query, "most": most}
        child = self._idle.get()
        try:
            child = child or self._started()
            answer = child.ask(asked, seconds=5 + PATIENCE * self._seconds)
        except NoAnswerError as ended:
            child = None
            return Result(error=ended.reason)
        finally:
            self._idle.put(child)
        if "error" in answer:
            return Result(error=str(answer["error"]))
        return Result(tuple(tuple(map(_cell, row)) for row in answer["rows"]))

    def _started(self) -> Child:
        """Start a process in the best cage of this machine, or without one where there is none."""
        for cage in dict.fromkeys((self._cage, OPEN)):
            child = Child(PYTHON, environment=ENVIRONMENT)
            job = confinement(cage, child.pid, MEMORY, readable=self._folders)
            try:
                answer = child.ask(job | {"kind": "queries", "seconds": self._seconds}, seconds=STARTING_SECONDS)
            except NoAnswerError as ended:
                answer = {"broken": ended.reason}
            if "broken" not in answer:
                self._cage = cage
                return child
            child.close()
        message = f"no process could be started to run queries in: {answer['broken']}"
        raise MachineError(Problem("LF440", message, "look for limits on processes and memory (ulimit -a)"))


def _cell(cell: Any) -> Cell:
    return bytes.fromhex(cell["blob"]) if isinstance(cell, dict) else cell
