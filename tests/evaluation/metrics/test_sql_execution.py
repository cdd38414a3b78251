"""SQL execution on a database made here: near-misses judged right, rows left out, and Spider's own gold queries."""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lfine.evaluation.cage.queries import Pair, Results, run_pairs
from lfine.evaluation.databases import find_database
from lfine.evaluation.judging import Judging
from lfine.evaluation.metrics.registry import Answered, PerExample, plain
from lfine.evaluation.metrics.sql_execution import ready, sql_execution
from lfine.evaluation.records import Prediction
from lfine.evaluation.result_sets import orders, same_results
from lfine.schemas.errors import RunError

DATA = Path(__file__).parents[4] / "shared" / "data"
CHOICE = replace(plain("sql_execution"), databases="db", database="where", seconds=2.0)

PETS = """
CREATE TABLE owner (id INT, name TEXT, city TEXT);
INSERT INTO owner VALUES (1, 'Ann', 'Rome'), (2, 'Bob', 'Oslo'), (3, 'Cas', NULL), (4, 'Dee', 'Rome');
CREATE TABLE pet (id INT, owner_id INT, kind TEXT, age INT, weight REAL);
INSERT INTO pet VALUES (1, 1, 'cat', 3, 4.1), (2, 1, 'dog', 5, 12.5), (3, 2, 'cat', 5, 3.9), (4, 2, 'dog', 7, 30.0),
    (5, 4, 'cat', 3, 4.1), (6, 4, 'fish', 1, 0.1), (7, NULL, 'dog', 2, 8.0);
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "db" / "pets").mkdir(parents=True)
    connection = sqlite3.connect(tmp_path / "db" / "pets" / "pets.sqlite")
    connection.executescript(PETS)
    connection.commit()
    connection.close()
    return tmp_path


def judged(folder: Path, pairs: Sequence[tuple[str, str | None]], databases: Sequence[str] = ()) -> PerExample:
    names = [*databases, *["pets"] * len(pairs)]
    rows = tuple(Prediction(row_id + 10, gold, answer) for row_id, (gold, answer) in enumerate(pairs))
    result = sql_execution.compute(
        Answered(
            tuple(gold for gold, _ in pairs),
            tuple(answer for _, answer in pairs),
            (),
            CHOICE,
            given=rows,
            judging=Judging(lambda row_id: {"where": names[row_id - 10]}, folder),
        )
    )
    assert isinstance(result, PerExample)
    return result


RIGHT = [
    ("SELECT name FROM owner WHERE city = 'Rome'", "SELECT name FROM owner WHERE id IN (4, 1)"),  # the order is open
    ("SELECT count(*) FROM pet", "SELECT sum(1) FROM pet"),
    ("SELECT avg(weight) FROM pet", "SELECT sum(weight) / count(*) FROM pet"),  # to the last digit but one
    ("SELECT count(*) FROM pet", "SELECT count(*) * 1.0 FROM pet"),  # 7 and 7.0
    ("SELECT name FROM owner ORDER BY name", "SELECT o.name AS who FROM owner AS o ORDER BY 1;"),
    ("SELECT name FROM owner WHERE city IS NULL", "SELECT name FROM owner WHERE coalesce(city, '') = ''"),
    ("SELECT kind FROM pet GROUP BY kind", "SELECT DISTINCT kind FROM pet"),
    ("SELECT max(age) FROM pet", "SELECT age FROM pet ORDER BY age DESC LIMIT 1"),
    (
        "SELECT o.name FROM owner AS o JOIN pet AS p ON o.id = p.owner_id WHERE p.kind = 'fish'",
        "SELECT name FROM owner WHERE id IN (SELECT owner_id FROM pet WHERE kind = 'fish')",
    ),
    ("SELECT name FROM owner WHERE name LIKE 'a%'", "-- whose?\nSELECT name FROM owner WHERE lower(name) GLOB 'a*'"),
]
WRONG = [
    ("SELECT name FROM owner ORDER BY name DESC", "SELECT name FROM owner ORDER BY name"),  # the other way round
    ("SELECT kind FROM pet WHERE age > 2", "SELECT DISTINCT kind FROM pet WHERE age > 2"),  # once each
    ("SELECT name, city FROM owner", "SELECT city, name FROM owner"),  # columns change places
    ("SELECT name FROM owner", "SELECT name, id FROM owner"),  # a column more
    ("SELECT age FROM pet WHERE age > 2", "SELECT age FROM pet WHERE age >= 2"),  # a row more
    ("SELECT age FROM pet ORDER BY age DESC LIMIT 3", "SELECT age FROM pet ORDER BY age DESC LIMIT 2"),
    ("SELECT count(owner_id) FROM pet", "SELECT count(*) FROM pet"),  # NULL counts in one of them
    ("SELECT count(*) FROM pet", "SELECT CAST(count(*) AS TEXT) FROM pet"),  # '7'
    ("SELECT avg(weight) FROM pet", "SELECT round(avg(weight), 2) FROM pet"),
    (
        "SELECT o.name, count(p.id) FROM owner AS o LEFT JOIN pet AS p ON o.id = p.owner_id GROUP BY o.id",
        "SELECT o.name, count(p.id) FROM owner AS o JOIN pet AS p ON o.id = p.owner_id GROUP BY o.id",
    ),
    ("SELECT name FROM owner WHERE city = 'Rome'", "SELECT name FROM owner WHERE city = 'rome'"),
    ("SELECT name FROM owner WHERE city = 'Rome'", "SELECT upper(name) FROM owner WHERE city = 'Rome'"),
]


def test_twenty_two_near_misses(folder: Path) -> None:
    result = judged(folder, [*RIGHT, *WRONG])
    assert result.scores["sql_execution"] == (1.0,) * len(RIGHT) + (0.0,) * len(WRONG)
    assert result.reasons == (None,) * len(RIGHT) + ("another result",) * len(WRONG)


def test_what_no_query_is_has_its_reason(folder: Path) -> None:
    before = (folder / "db" / "pets" / "pets.sqlite").read_bytes()
    answers = [None, "DROP TABLE pet", "SELECT * FROM pets", "", "Sure! SELECT 1"]
    result = judged(folder, [("SELECT count(*) FROM pet", answer) for answer in answers])
    assert result.scores["sql_execution"] == (0.0,) * 5
    assert result.reasons == (
        None,
        "not authorized",
        "no such table: pets",
        "it is no query: there is no result",
        'near "Sure": syntax error',
    )
    assert result.left_out == {"sql_execution": frozenset()}
    assert (folder / "db" / "pets" / "pets.sqlite").read_bytes() == before


def test_rows_that_cannot_judge_are_left_out_with_their_reason(folder: Path) -> None:
    pairs = [
        ("SELECT 1", "SELECT 1"),
        ("SELECT colour FROM pet", "SELECT 1"),
        ("SELECT 1", "SELECT 1"),
        ("SELECT 2", None),
    ]
    result = judged(folder, pairs, ["none", "pets", "../pets", "pets"])
    assert result.left_out == {"sql_execution": frozenset({0, 1, 2})}
    assert result.reasons == (
        "there is no database",
        "the gold query fails: no such column: colour",
        "there is no database",
        None,
    )


def test_a_folder_that_is_not_there_is_said_before(tmp_path: Path) -> None:
    (problem,) = ready(CHOICE, Judging(lambda _: {}, tmp_path))
    assert (problem.code, "'db'" in problem.message) == ("LF318", True)


def test_without_rows_there_is_nothing_to_run_on() -> None:
    with pytest.raises(RunError) as caught:
        sql_execution.compute(Answered(("SELECT 1",), ("SELECT 1",), (), CHOICE))
    assert caught.value.problems[0].code == "LF531"


@pytest.mark.shared
def test_gold_queries_of_spider_execute_to_themselves_as_verified() -> None:
    """With those of the other set as many execute to themselves, and give a row, as verification.json says."""
    if not (DATA / "spider_db").is_dir():
        pytest.skip(f"{DATA / 'spider_db'} is not there")
    from pyarrow.parquet import read_table

    dev, other = (read_table(DATA / f"spider_{name}.parquet").to_pylist() for name in ("dev", "create_context"))
    names = {row["db_id"] for row in dev}
    asked = [(row["db_id"], row["query"]) for row in dev]
    asked += [(row["db_id"], row["answer"]) for row in other if row["db_id"] in names]
    files = {name: find_database(DATA / "spider_db", name) for name in names}
    assert sum(files[row["db_id"]] is not None for row in dev) == 972
    known = [(name, Pair(file, query, query)) for name, query in asked if (file := files[name])]
    found = run_pairs([pair for _, pair in known], seconds=20)
    counts: dict[str, Counter[str]] = {name: Counter() for name, _ in known}
    for (name, pair), each in zip(known, found, strict=True):
        counts[name].update(gold=1, executes=same(pair, each), nonempty=bool(each.gold.rows))
    verified = json.loads((DATA / "spider_db" / "verification.json").read_text())
    assert {name: dict(count) for name, count in counts.items()} == {name: verified[name] for name in counts}
    pairs = [pair for _, pair in known[:200]]
    answers = random.Random(1).sample(pairs, len(pairs))
    mixed = [replace(pair, predicted=other.gold) for pair, other in zip(pairs, answers, strict=True)]
    right = [same(pair, each) for pair, each in zip(mixed, run_pairs(mixed, seconds=20), strict=True)]
    assert sum(right) / len(right) < 0.2


def same(pair: Pair, found: Results) -> bool:
    if found.predicted is None or found.predicted.error is not None:
        return False
    return same_results(found.gold.rows, found.predicted.rows, ordered=orders(pair.gold))
