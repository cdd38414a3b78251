"""Columns made before anything else sees the rows, as `dataset.columns` asks for them.

    columns: {sentiment: {from: label, values: {"0": negative, "1": positive}},
              options: {from: choices, json: text, letters: true, join: "\\n"}}
    {"label": 1, "choices": {"text": ["dry", "wet"]}, …}  ─▶  {…, "sentiment": "positive", "options": "A. dry\\nB. wet"}

A name means the column of the data as read; only where the data have none of that name does it mean another made one.
So the order in which columns stand in the file decides nothing, and a column may replace the one it is made from.

*Not here:* what each step does to a value (lfine.finetune.data.steps).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lfine.finetune.data import steps
from lfine.finetune.data.places import Place, unplaced
from lfine.finetune.data.steps import Step, UnfitError
from lfine.finetune.data.stored import stored_rows
from lfine.finetune.data.tables import Table
from lfine.finetune.data.values import Row
from lfine.finetune.data.wording import column_cure, counted, listed
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Column
from lfine.schemas.template import TemplateError, columns, parse_template, render

_KEY = "dataset.columns"
_CURES: dict[Step, str] = {
    "template": "leave the column out of the template",
    "json": "write these cells as JSON (texts and names in double quotes), or name a path that every row has",
    "entities": "give every token one tag; numbers become tags by `values` in a column of their own",
    "pick": "items are counted from 0; mend the rows, or map the numbers by `values` in a column of their own",
    "values": "name them under `values`, or mend the rows",
    "letters": "map texts to numbers from 0 by `values`, or remove `letters`",
    "join": "read a list with `json`, or remove `join`",
    "decimal": "mend the cells, or remove `decimal`",
    "cast": "mend the cells, or remove `cast`",
}


@dataclass(frozen=True)
class _Maker:
    """The way from a row to one made column."""

    name: str
    make: Callable[[Row], object]
    needs: tuple[str, ...]
    """Made columns that it is made from."""


@dataclass(frozen=True)
class _Misfits:
    """What one step of one column could not take."""

    name: str
    first: UnfitError
    rows: dict[str, list[int]]
    """Reason, or value that `values` lacks → row ids."""

    def add(self, row_id: int, error: UnfitError) -> None:
        each = map(str, error.got) if error.step == "values" else (error.reason,)
        for label in dict.fromkeys(each):
            self.rows.setdefault(label, []).append(row_id)


def prepared_columns(header: Sequence[str], made: Mapping[str, Column]) -> tuple[str, ...]:
    """Return the columns there are after preparation: those of the data, then the new ones as the file has them.

    For `lfine validate`, which reads no row: `header` is what read_header gives, `made` is dataset.columns.
    """
    return tuple(dict.fromkeys([*header, *made]))


def needed_columns(
    header: Sequence[str], wanted: Sequence[str], made: Mapping[str, Column]
) -> tuple[dict[str, Column], tuple[str, ...]]:
    """Return which of the made columns the wanted ones need, and which columns of the data, there or not."""
    chosen: set[str] = set()
    read = [name for name in wanted if name not in made]
    left = [name for name in wanted if name in made]
    while left:
        name = left.pop()
        chosen.add(name)
        for _, source in _sources(name, made[name]):
            if source in header or source == name or source not in made:
                read.append(source)
            elif source not in chosen:
                left.append(source)
    return {name: column for name, column in made.items() if name in chosen}, tuple(dict.fromkeys(read))


def preparation_problems(
    header: Sequence[str], made: Mapping[str, Column], *, place: Place = unplaced
) -> list[Problem]:
    """Return what the header alone shows: LF201 unknown sources and circles, LF203 templates, LF206 two sources."""
    problems: list[Problem] = []
    for name, column in made.items():
        path = f"{_KEY}.{name}"
        if column.from_ is not None and column.template is not None:
            message = f"column {name!r} has both from and template"
            problems.append(place("LF206", f"{path}.template", message, "keep one of them"))
        try:
            sources = list(_sources(name, column))
        except TemplateError as error:
            message = f"the template of column {name!r} {error.message}"
            problems.append(place("LF203", f"{path}.template", message, error.cure))
            continue
        for key, source in sources:
            if source not in header and (source not in made or source == name):
                problems.append(_unknown(name, key, source, header, place))
    return problems or _circles(header, made, place)


def prepare_columns(table: Table, made: Mapping[str, Column], *, place: Place = unplaced) -> Table:
    """Return the table with its columns made; the table itself where none are asked for.

    Raises TaskError with all of: what preparation_problems finds; LF320 values that `values` does not name; LF321
    cells that another step cannot take; with row ids, over all rows and columns.
    """
    if not made:
        return table
    problems = preparation_problems(table.columns, made, place=place)
    if problems:
        raise TaskError(*problems)
    makers = [_maker(name, table.columns, made) for name in _ordered(table.columns, made)]
    misfits: dict[tuple[str, Step], _Misfits] = {}
    named = prepared_columns(table.columns, made)
    rows = stored_rows(named, (_made(row_id, row, makers, misfits) for row_id, row in enumerate(table.rows)))
    if misfits:
        raise TaskError(*[_misfit(each, place) for each in misfits.values()])
    return replace(table, columns=named, rows=rows)


def _made(row_id: int, row: Row, makers: Sequence[_Maker], misfits: dict[tuple[str, Step], _Misfits]) -> Row:
    """Return the row with its made columns; a column that failed fails those made from it in silence."""
    seen, fresh, failed = dict(row), dict(row), set[str]()
    for maker in makers:
        if not failed.isdisjoint(maker.needs):
            failed.add(maker.name)
            continue
        try:
            fresh[maker.name] = maker.make(seen)
        except UnfitError as error:
            failed.add(maker.name)
            misfits.setdefault((maker.name, error.step), _Misfits(maker.name, error, {})).add(row_id, error)
            continue
        seen.setdefault(maker.name, fresh[maker.name])
    return fresh


def _sources(name: str, column: Column) -> Iterator[tuple[str, str]]:
    """Yield the columns that one is made from, each with the key that names it; raises TemplateError."""
    if column.template is not None:
        for source in columns(parse_template(column.template)):
            yield ".template", source
    else:
        yield ("", name) if column.from_ is None else (".from", column.from_)
    if column.entities is not None:
        yield ".entities", column.entities
    if isinstance(column.pick, str):
        yield ".pick", column.pick


def _unknown(name: str, key: str, source: str, header: Sequence[str], place: Place) -> Problem:
    cure = column_cure(source, header)
    if not key:
        cure = f"name the column to make it from: `from`; {cure}"
    return place("LF201", f"{_KEY}.{name}{key}", f"the data have no column {source!r} to make {name!r} from", cure)


def _needs(name: str, header: Sequence[str], made: Mapping[str, Column]) -> list[str]:
    """Return the made columns that one is made from."""
    return [source for _, source in _sources(name, made[name]) if source not in header]


def _ordered(header: Sequence[str], made: Mapping[str, Column]) -> list[str]:
    """Return the columns, each after those it is made from; those of a circle are left out."""
    found: list[str] = []
    left = list(made)
    while ready := [name for name in left if set(_needs(name, header, made)) <= set(found)]:
        found += ready
        left = [name for name in left if name not in ready]
    return found


def _circles(header: Sequence[str], made: Mapping[str, Column], place: Place) -> list[Problem]:
    ordered = _ordered(header, made)
    circle = [name for name in made if name not in ordered]
    if not circle:
        return []
    message = f"columns are made from one another in a circle: {listed([repr(name) for name in circle])}"
    return [place("LF201", f"{_KEY}.{circle[0]}", message, "make one of them from a column of the data")]


def _maker(name: str, header: Sequence[str], made: Mapping[str, Column]) -> _Maker:
    column = made[name]
    parts = parse_template(column.template) if column.template is not None else ()
    named, source, taken = columns(parts), column.from_ or name, list(_steps(column))

    def make(row: Row) -> object:
        value = render(parts, {each: steps.text(row[each], "template") for each in named}) if parts else row[source]
        for step in taken:
            value = step(value, row)
        return value

    return _Maker(name, make, tuple(_needs(name, header, made)))


def _steps(column: Column) -> Iterator[Callable[[object, Row], object]]:
    """Yield the steps that are written, in their order; all but `values` leave an empty cell empty."""
    path, tags, pick, values = column.json, column.entities, column.pick, column.values
    between, sign, kind = column.join, column.decimal, column.cast
    if path is not None:
        yield lambda value, _: value if _empty(value) else steps.at_path(value, path)
    if tags is not None:
        yield lambda value, row: value if _empty(value) else steps.entities(value, row[tags])
    if isinstance(pick, str):
        yield lambda value, row: value if _empty(value) else steps.item(value, steps.index_of(row[pick]))
    elif pick is not None:
        yield lambda value, _: value if _empty(value) else steps.item(value, pick)
    if values is not None:
        yield lambda value, _: steps.mapped(value, values)
    if column.letters:
        yield lambda value, _: value if _empty(value) else steps.lettered(value)
    if between is not None:
        yield lambda value, _: value if _empty(value) else steps.joined(value, between)
    if sign is not None:
        yield lambda value, _: value if _empty(value) else steps.decimal(value, sign)
    if kind is not None:
        yield lambda value, _: value if _empty(value) else steps.cast(value, kind)


def _empty(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _misfit(misfits: _Misfits, place: Place) -> Problem:
    name, step = misfits.name, misfits.first.step
    most = sorted(misfits.rows.items(), key=lambda found: (-len(found[1]), found[0]))
    each = [f"{repr(label) if step == 'values' else label} ({_where(ids)})" for label, ids in most]
    code, message = "LF320", f"column {name!r} has values that `values` does not name: {listed(each)}"
    if step != "values":
        first = steps.shown(misfits.first.got)
        code, message = "LF321", f"column {name!r}, step {step}: {listed(each)}; the first is {first}"
    return place(code, f"{_KEY}.{name}.{step}", message, f"{_CURES[step]} (rows are counted from 0)")


def _where(row_ids: list[int]) -> str:
    return f"{counted(len(row_ids), 'row')}: {listed(row_ids)}"
