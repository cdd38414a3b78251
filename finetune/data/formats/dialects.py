"""How a delimited text is written: what parts its columns, and what its quote marks mean, found out from the text.

    "q;a\\n1;2\\n"  ─▶  Dialect(delimiter=";", quote='"', escape=None)

A delimiter is believed where it gives every row the header's number of columns. Of quotings the usual one is tried
first, and another only where the usual one does not fit the whole text.

*Not here:* reading rows, and refusing them (delimited).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from lfine.finetune.data.stored import Stored

HEAD = 2**16
"""Characters that decide about the delimiter."""
NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_FIELD_LIMIT = 2**31 - 1
"""Characters in one field; the reader's own limit of 131,072 is less than a long document."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ENOUGH = 0.5
"""Share of rows of the header's width from which a delimiter that is not the usual one is believed."""


class Record(NamedTuple):
    """One parsed record; a tuple, for there is one for every row."""

    line: int
    """1-based line on which it begins."""
    fields: list[str]


class StoredRecords(Stored[Record]):
    """Records in little memory."""

    def __init__(self, found: Iterable[Record]) -> None:
        super().__init__((record.line, record.fields) for record in found)

    def _made(self, values: tuple[Any, ...]) -> Record:
        return Record(*values)


@dataclass(frozen=True)
class Dialect:
    """One way to write a delimited text."""

    delimiter: str
    quote: str | None = '"'
    """None: quote marks are text like any other."""
    escape: str | None = None
    """What stands before a quote mark inside a field; None: the mark is written twice."""

    def differences(self, usual: Dialect) -> tuple[str, ...]:
        """Return in words what is not as usual."""
        found = []
        if self.delimiter != usual.delimiter:
            found.append(f"the columns are parted by {NAMES[self.delimiter]}s")
        if self.quote is None:
            found.append("quote marks are text (as fields they would run over several lines, or not end)")
        elif self.quote != usual.quote:
            found.append(f"the quote mark is {self.quote}")
        if self.escape is not None:
            found.append(f"a quote mark inside a field is written {self.escape}{self.quote}")
        return tuple(found)


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends as they are; io.StringIO would make a copy four times as large."""
    return (match[0] for match in _LINE.finditer(text))


class BadQuotesError(ValueError):
    """A quote mark where none can stand, or one that never ends."""

    def __init__(self, line: int, error: csv.Error) -> None:
        super().__init__(str(error))
        self.line = line
        """1-based line on which the record begins."""
        self.never_ends = "unexpected end of data" in str(error)


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[Record]:
    """Yield the records that are not blank; a record may span lines. Raises BadQuotesError."""
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        strict=True,
    )
    begin = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise BadQuotesError(begin, error) from error
        if fields is None:
            return
        if fields:
            yield Record(begin, fields)
        begin = reader.line_num + 1


@contextmanager
def long_fields() -> Iterator[None]:
    """The limit is global to the csv module: it is put back before anybody else reads."""
    before = csv.field_size_limit(_FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def usual(suffix: str) -> Dialect:
    return Dialect("\t" if suffix == ".tsv" else ",")


def candidates(head: str, suffix: str, *, whole: bool) -> tuple[Dialect, ...]:
    """Return the dialects to try, the likeliest first; `whole`: the head is all of the text."""
    if not whole and "\n" in head:
        head = head[: head.rindex("\n") + 1]
    dialect = usual(suffix)
    first_line = next((line for line in head.splitlines() if line.strip()), "")
    if first_line[:1] == first_line[-1:] == "'" and len(first_line) > 1:
        dialect = replace(dialect, quote="'")
    dialect = replace(dialect, delimiter=_delimiter(head, dialect))
    others = [replace(dialect, escape="\\")] if f"\\{dialect.quote}" in head or not whole else []
    if dialect.delimiter == "\t":
        others.append(replace(dialect, quote=None))
    return (dialect, *others)


def _delimiter(head: str, dialect: Dialect) -> str:
    """Return the usual delimiter unless another one fits, and this one does not."""
    fits = {mark: _fit(head, replace(dialect, delimiter=mark)) for mark in NAMES}
    if fits["\t"][1] < 1:  # texts parted by tabs are often written without quoting
        fits["\t"] = max(fits["\t"], _fit(head, Dialect("\t", quote=None)), key=lambda fit: fit[1])
    width, share = fits[dialect.delimiter]
    if width > 1 and share == 1:
        return dialect.delimiter
    several = {mark: fit for mark, fit in fits.items() if fit[0] > 1}
    best = max(several, key=lambda mark: (several[mark][1], several[mark][0]), default=dialect.delimiter)
    if best == dialect.delimiter or fits[best][1] < _ENOUGH or (width > 1 and fits[best][1] < 1):
        return dialect.delimiter
    return best


def _fit(head: str, dialect: Dialect) -> tuple[int, float]:
    """Return the header's number of columns, and the share of the other records that have as many."""
    found: list[Sequence[str]] = []
    try:  # extend keeps what stands before a bad quote
        found.extend(record.fields for record in records(io.StringIO(head, newline=""), dialect))
    except BadQuotesError as error:
        if not error.never_ends:  # the head may end inside a field
            return (len(found[0]) if found else 0), 0.0
    if not found:
        return 0, 0.0
    width = len(found[0])
    fitting = sum(len(fields) == width for fields in found[1:])
    return width, fitting / (len(found) - 1) if len(found) > 1 else 1.0
