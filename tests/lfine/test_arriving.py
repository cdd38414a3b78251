"""Lines as they come: nothing is waited for that has come, and no line is cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO

from lfine.arriving import arriving


@contextmanager
def pipe() -> Iterator[tuple[int, BufferedReader]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        yield writing, file


def test_a_line_is_handed_on_before_the_next_one_comes() -> None:
    with pipe() as (writing, file):
        lines = arriving(file, most=10)
        os.write(writing, b"one\n")
        assert next(lines) == [b"one"]
        os.write(writing, b"two\nthree\nfo")
        assert next(lines) == [b"two", b"three"]
        os.write(writing, b"ur\n")
        assert next(lines) == [b"four"]
        os.write(writing, b"five")
        os.close(writing)
        assert [*lines] == [[b"five"]]


def test_no_more_at_once_than_wanted() -> None:
    assert [*arriving(BytesIO(b"1\n2\n3\n4\n5\n"), most=2)] == [[b"1", b"2"], [b"3", b"4"], [b"5"]]


def test_an_empty_stream() -> None:
    assert [*arriving(BytesIO(b""), most=2)] == []


def test_blank_lines_are_lines() -> None:
    assert [*arriving(BytesIO(b"\n\n1\r\n"), most=9)] == [[b"", b"", b"1\r"]]
