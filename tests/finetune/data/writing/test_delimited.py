"""CSV and TSV as they are written, to the letter."""

from __future__ import annotations

import datetime as dt
import io

from lfine.finetune.data.formats.rows import Rows
from lfine.finetune.data.writing.delimited import write
from lfine.finetune.data.writing.rewritten import Rewritten


def written(suffix: str, *rows: dict[str, object]) -> tuple[str, tuple[Rewritten, ...]]:
    file = io.BytesIO()
    said = write(file, Rows(tuple(rows[0]), rows), suffix)
    return file.getvalue().decode("utf-8"), said


def test_only_what_must_be_is_quoted() -> None:
    text, said = written(".csv", {"q": 'a "b", c', "a": "plain"}, {"q": "two\nlines", "a": "é; d"})
    assert text == 'q,a\n"a ""b"", c",plain\n"two\nlines",é; d\n'
    assert said == ()


def test_tabs_part_the_columns_of_tsv() -> None:
    assert written(".tsv", {"q": "a,b", "a": "x\ty"})[0] == 'q\ta\na,b\t"x\ty"\n'


def test_a_lone_carriage_return_is_quoted() -> None:
    assert written(".csv", {"q": "a\rb", "a": "x"})[0] == 'q,a\n"a\rb","x"\n'


def test_one_empty_column_is_a_row_still() -> None:
    assert written(".csv", {"q": ""}, {"q": "x"})[0] == 'q\n""\nx\n'


def test_types_are_said() -> None:
    text, said = written(".csv", {"n": 1, "x": [1, "é"], "d": dt.date(2024, 2, 29), "o": {"a": None}, "f": True})
    assert text == 'n,x,d,o,f\n1,"[1, ""é""]",2024-02-29,"{""a"": null}",true\n'
    assert said == (
        Rewritten("n", "whole number", "text", 1),
        Rewritten("x", "list", "JSON text", 1),
        Rewritten("d", "date", "text", 1),
        Rewritten("o", "object", "JSON text", 1),
        Rewritten("f", "boolean", "text", 1),
    )


def test_a_missing_value_is_said_only_beside_empty_texts() -> None:
    assert written(".csv", {"q": None, "a": "x"}, {"q": "y", "a": "x"})[1] == ()
    assert written(".csv", {"q": None, "a": "x"}, {"q": "", "a": "x"})[1] == (
        Rewritten("q", "missing value", "empty text", 1),
    )


def test_a_number_that_is_none_is_written_as_nothing() -> None:
    assert written(".csv", {"n": float("nan"), "q": "x"}) == ("n,q\n,x\n", (Rewritten("n", "NaN", "nothing", 1),))
