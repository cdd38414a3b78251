"""CSV and TSV: what is read, and every way in which it is not."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.delimited import read_columns, read_rows
from lfine.finetune.data.formats.dialects import HEAD
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def file_of(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_bytes(text.encode("utf-8"))
    return folder / name


def test_quotes_delimiters_and_line_ends_inside_fields(tmp_path: Path) -> None:
    path = file_of(tmp_path, 'q,a\r\n"say ""hi"", you","two\r\nlines"\r\n\'x\',\r\n')
    assert read_columns(path) == ("q", "a")
    assert read_rows(path).rows == ({"q": 'say "hi", you', "a": "two\r\nlines"}, {"q": "'x'", "a": ""})


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = file_of(tmp_path, "\ufeffq,a\n1,2\n")
    assert read_columns(path) == read_rows(path).columns == ("q", "a")


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert len(read_rows(file_of(tmp_path, "q,a\n\n1,2\n\n\n")).rows) == 1
    assert read_rows(file_of(tmp_path, 'q\n""\nx\n')).rows == ({"q": ""}, {"q": "x"})


def test_a_last_line_without_end_is_a_row(tmp_path: Path) -> None:
    assert read_rows(file_of(tmp_path, "q,a\n1,2")).rows == ({"q": "1", "a": "2"},)


def test_tabs_part_the_columns_of_tsv(tmp_path: Path) -> None:
    path = file_of(tmp_path, 'q\ta\n"1\t2"\tx, y\n', "a.tsv")
    assert read_columns(path) == ("q", "a")
    assert read_rows(path).rows == ({"q": "1\t2", "a": "x, y"},)


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    path = file_of(tmp_path, "\n\n")
    assert read_columns(path) == ()
    assert read_rows(path).columns == ()


def test_fields_longer_than_the_readers_own_limit(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    long = "x" * (before + 1)
    assert read_rows(file_of(tmp_path, f"q,a\n{long},1\n")).rows[0]["q"] == long
    assert csv.field_size_limit() == before


def test_ragged_rows_are_named_by_line_and_counted(tmp_path: Path, problems: Problems) -> None:
    rows = ["1,2", '"two\nlines",2', "1", "1,2,3", "1,2", *["only"] * 5]
    path = file_of(tmp_path, "q,a\n" + "\n".join(rows) + "\n")
    (problem,) = problems(lambda: read_rows(path))
    assert (problem.code, problem.file, problem.line) == ("LF302", str(path), 5)
    assert problem.message == (
        "the header has 2 columns, but 7 rows not: line 5 (1 field), line 6 (3 fields), line 8 (1 field), "
        "line 9 (1 field), line 10 (1 field) and 2 more; all of them: 5–6, 8–12"
    )
    assert "comma" in problem.cure


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('q,a\n1,2\n3,"open\n5,6\n', 3, "the quoted field that begins in the record of line 3 never ends"),
        ('q,a\n1,2\n"one" more,4\n5,6\n', 3, "a quote mark stands inside the record that begins on line 3"),
        ('q,a\n"x\ny",2\n"one\n"" two" z,4\n', 4, "a quote mark stands inside the record that begins on line 4"),
    ],
)
def test_quotes_that_do_not_pair(tmp_path: Path, problems: Problems, text: str, line: int, message: str) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, text)))
    assert (problem.code, problem.line) == ("LF302", line)
    assert problem.message.startswith(message)


def test_a_column_name_that_stands_twice(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, "q,a,q\n1,2,3\n")
    for read in (read_rows, read_columns):
        (problem,) = problems(lambda read=read: read(path))  # type: ignore[misc]
        assert (problem.code, problem.message) == ("LF302", "columns of the same name: 'q'")


def test_a_column_without_a_name(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, "q,a,\n1,2,\n")))
    assert problem.message == "3 columns, and no name for column 3"


def test_the_index_of_pandas_is_left_out_and_said(tmp_path: Path) -> None:
    path = file_of(tmp_path, ",q,a\n0,1,2\n1,3,4\n")
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q", "a")
    assert found.rows == ({"q": "1", "a": "2"}, {"q": "3", "a": "4"})
    assert [(warning.code, warning.severity) for warning in found.warnings] == [("LF311", "warning")]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "q;a\n1;2\n3,5;4\n", "semicolons"),
        ("a.csv", "q\ta\n1\t2\n3,5\t4\n", "tabs"),
        ("a.csv", "q|a\n1|2\n3,5|4\n", "bars"),
        ("a.tsv", 'q,a\n1,2\n"3,5",4\n', "commas"),
        ("a.csv", 'q;a\n"1";2\n"3,5";4\n', "semicolons"),
    ],
)
def test_another_delimiter_is_found_and_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = file_of(tmp_path, text, name)
    found = read_rows(path)
    assert found.columns == read_columns(path) == ("q", "a")
    assert found.rows == ({"q": "1", "a": "2"}, {"q": "3,5", "a": "4"})
    (warning,) = found.warnings
    assert (warning.code, warning.severity) == ("LF330", "warning")
    assert warning.message == f"the columns are parted by {said}; the file is read so, with the columns q, a"
    assert warning.cure == "name it .tsv" if said == "tabs" else warning.cure.startswith("write it with a ")


@pytest.mark.parametrize(
    ("name", "text", "rows", "said"),
    [
        (
            "a.csv",
            'q,a\n"say \\"hi\\", you",1\n',
            [('say "hi", you', "1")],
            'a quote mark inside a field is written \\"',
        ),
        ("a.csv", "'q','a'\n'x, y','1'\n", [("x, y", "1")], "the quote mark is '"),
        ("a.tsv", 'q\ta\n"hi" there\t1\n', [('"hi" there', "1")], "quote marks are text"),
        ("a.tsv", 'q\ta\n5" disk\t1\n', [('5" disk', "1")], None),
        ("a.tsv", 'q\ta\n"two\nlines"\t1\n', [("two\nlines", "1")], None),
        ("a.csv", "q,a\n'x',1\n", [("'x'", "1")], None),
    ],
)
def test_another_quoting_is_found_and_said(
    tmp_path: Path, name: str, text: str, rows: list[tuple[str, str]], said: str | None
) -> None:
    path = file_of(tmp_path, text, name)
    found = read_rows(path)
    assert [tuple(row.values()) for row in found.rows] == rows
    assert found.columns == read_columns(path) == ("q", "a")
    assert [said is not None and said in warning.message for warning in found.warnings] == [True] * (said is not None)


def test_quote_marks_that_can_be_read_in_two_ways(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, 'q\ta\nx\t1\n"hi\t1\nyou"\t2\n', "a.tsv")))
    assert (problem.code, problem.line) == ("LF302", 3)
    assert problem.message == (
        "the quote marks can be read in two ways: as quotes around fields there are 2 rows, as text 3, "
        "different from line 3 on"
    )


def test_rows_with_another_delimiter_are_named(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, "q,a\n1,2\n3;4\n5,6\n7\t8\n")
    (problem,) = problems(lambda: read_rows(path))
    assert problem.line == 3
    assert problem.message.endswith("line 3 (1 field, parted by semicolons), line 5 (1 field, parted by tabs)")


def test_a_header_with_a_delimiter_that_its_rows_do_not_have_is_one_column(tmp_path: Path) -> None:
    found = read_rows(file_of(tmp_path, "question; answer\nfirst\nsecond\n"))
    assert found.columns == ("question; answer",)
    assert read_columns(file_of(tmp_path, "question; answer\nfirst\nsecond\n")) == found.columns


def test_one_ragged_row_does_not_change_the_delimiter(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, "q;a\n1;2\n3;4;5\n6;7\n")))
    assert problem.message == "the header has 2 columns, but 1 row not: line 3 (3 fields)"
    assert "semicolon" in problem.cure


def test_a_file_of_windows_is_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("naïve;réponse\r\nété;1,5\r\n".encode("cp1252"))
    found = read_rows(tmp_path / "a.csv")
    assert found.columns == read_columns(tmp_path / "a.csv") == ("naïve", "réponse")
    assert found.rows == ({"naïve": "été", "réponse": "1,5"},)
    assert [warning.code for warning in found.warnings] == ["LF330", "LF330"]


def test_a_header_longer_than_the_head(tmp_path: Path) -> None:
    names = tuple(f"column_{number}" for number in range(9000))
    path = file_of(tmp_path, ",".join(names) + "\n" + ",".join("1" * len(names)) + "\n")
    assert len(",".join(names)) > HEAD
    assert read_columns(path) == read_rows(path).columns == names


def test_one_column_alone_is_fine(tmp_path: Path) -> None:
    assert read_rows(file_of(tmp_path, "q\nfirst\nthe; second\n")).columns == ("q",)


def test_the_header_alone_is_read_for_columns(tmp_path: Path) -> None:
    path = file_of(tmp_path, "q,a\n" + "1,2\n" * 5000 + '"never ends')
    assert read_columns(path) == ("q", "a")


def test_a_header_that_is_no_text(tmp_path: Path, problems: Problems) -> None:
    (tmp_path / "a.csv").write_bytes(b"q\xc3\xa9,r\xe9sum\xe9\n1,2\n")
    (problem,) = problems(lambda: read_columns(tmp_path / "a.csv"))
    assert (problem.code, problem.line) == ("LF302", 1)
    (tmp_path / "a.csv").write_bytes(b"q,a\0b\n1,2\n")
    (problem,) = problems(lambda: read_columns(tmp_path / "a.csv"))
    assert "NUL" in problem.message


def test_ragged_rows_can_be_skipped(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, 'q,a\n1,2\n1\n"3\n3",4\n1,2,3\n')
    found = read_rows(path, skip_bad_rows=2)
    assert found.rows == ({"q": "1", "a": "2"}, {"q": "3\n3", "a": "4"})
    assert found.skipped == (3, 6)
    assert [(warning.code, warning.line) for warning in found.warnings] == [("LF351", 3)]
    (problem,) = problems(lambda: read_rows(path, skip_bad_rows=1))
    assert problem.cure.endswith("or leave them out with --skip-bad-rows 2")
    assert read_columns(path, skip_bad_rows=2) == ("q", "a")


def test_a_file_in_which_no_row_fits_is_not_skipped(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, "q,a\n1\n2\n")
    (problem,) = problems(lambda: read_rows(path, skip_bad_rows=9))
    assert "--skip-bad-rows" not in problem.cure


def test_a_quote_that_never_ends_takes_too_much_with_it_to_be_skipped(tmp_path: Path, problems: Problems) -> None:
    path = file_of(tmp_path, 'q,a\n1,2\n"x,y\n1,2\n')
    (problem,) = problems(lambda: read_rows(path, skip_bad_rows=9))
    assert problem.line == 3
    assert "never ends" in problem.message


def test_a_text_in_place_of_the_header_is_no_name(tmp_path: Path, problems: Problems) -> None:
    (problem,) = problems(lambda: read_rows(file_of(tmp_path, "q," + "x" * 1001 + "\n1,2\n")))
    assert problem.message == "the name of column 2 has 1,001 characters: this is hardly a header"
    assert read_columns(file_of(tmp_path, "q," + "x" * 1000 + "\n1,2\n"))[0] == "q"
