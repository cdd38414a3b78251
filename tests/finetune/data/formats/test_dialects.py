"""Delimiters and quotings, found out from a text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from lfine.finetune.data.formats.dialects import (
    BadQuotesError,
    Dialect,
    Record,
    StoredRecords,
    candidates,
    lines_of,
    long_fields,
    records,
    usual,
)


@pytest.mark.parametrize(
    ("head", "suffix", "delimiter"),
    [
        ("q,a\n1,2\n", ".csv", ","),
        ("q\ta\n1\t2\n", ".tsv", "\t"),
        ("q;a\n1;2\n", ".csv", ";"),
        ("q|a|b\n1|2|3\n", ".tsv", "|"),
        ("name; address, city; n\nx; y, z; 1\np; q; 2\n", ".csv", ";"),
        ("q, with; much\n1,2\n", ".csv", ","),
        ("q\nhello; you\n", ".csv", ","),
        ("q;a", ".csv", ";"),
        ("question; answer\nfirst\nsecond\n", ".csv", ","),
        ("", ".csv", ","),
        ('text\ta\n"say" it\t1\n', ".csv", "\t"),
    ],
)
def test_delimiters(head: str, suffix: str, delimiter: str) -> None:
    assert candidates(head, suffix, whole=True)[0].delimiter == delimiter


def test_a_record_that_the_head_cuts_does_not_count() -> None:
    assert candidates("q;a\n1;2\n3", ".csv", whole=False)[0].delimiter == ";"


def test_other_quotings_are_tried_only_where_something_speaks_for_them() -> None:
    assert candidates('q,a\n"x",1\n', ".csv", whole=True) == (Dialect(","),)
    assert candidates('q,a\n"\\"x",1\n', ".csv", whole=True) == (Dialect(","), Dialect(",", escape="\\"))
    assert candidates("q\ta\n", ".tsv", whole=True) == (Dialect("\t"), Dialect("\t", quote=None))


def test_records_know_their_first_line() -> None:
    text = 'q,a\n"two\nlines",1\n\nx,2\n'
    assert [record.line for record in records(io.StringIO(text, newline=""), Dialect(","))] == [1, 2, 5]


def test_bad_quotes_know_their_record() -> None:
    for text, never_ends in [('q\n"x" y\n', False), ('q\n"x\ny\n', True)]:
        with pytest.raises(BadQuotesError) as caught:
            list(records(io.StringIO(text, newline=""), Dialect(",")))
        assert (caught.value.line, caught.value.never_ends) == (2, never_ends)


def test_differences_in_words() -> None:
    assert Dialect(",").differences(usual(".csv")) == ()
    found = Dialect("|", quote="'", escape="\\").differences(usual(".tsv"))
    assert found == (
        "the columns are parted by bars",
        "the quote mark is '",
        "a quote mark inside a field is written \\'",
    )
    assert replace(usual(".tsv"), quote=None).differences(usual(".tsv"))[0].startswith("quote marks are text")


def test_the_limit_of_fields_is_put_back() -> None:
    before = csv.field_size_limit()
    with long_fields():
        assert csv.field_size_limit() > before
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("text", ["", "a", "a\n", "a\r\nb\rc\n\n\r\n\rd", "\n", "\r\n", "a\u2028b\x0bc\nd"])
def test_lines_are_those_of_a_file(text: str) -> None:
    assert list(lines_of(text)) == list(io.StringIO(text, newline=""))


def test_stored_records_are_records() -> None:
    found = list(records(lines_of('q,a\n"x\ny",é\nz\n'), Dialect(",")))
    assert StoredRecords(found) == found == [Record(1, ["q", "a"]), Record(2, ["x\ny", "é"]), Record(4, ["z"])]
    assert type(StoredRecords(found)[0]) is Record
