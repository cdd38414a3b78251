"""Bytes that are text, and bytes that are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.text import from_head, read_text
from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]

RUSSIAN = "вопрос,ответ\nсколько будет два плюс два,четыре\n"
JAPANESE = "質問,答え\n二足す二は,四です。これは日本語の文章であり、長いものです。\n" * 3


def test_line_ends_are_kept_and_the_byte_order_mark_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffä\r\nb\n".encode())
    assert (read_text(tmp_path / "a").text, read_text(tmp_path / "a").warnings) == ("ä\r\nb\n", ())


@pytest.mark.parametrize(
    ("data", "text", "line", "message"),
    [
        (b"q,a\nd\xe9j\xe0 vu,1\n", "q,a\ndéjà vu,1\n", 2, "and is read as Windows-1252: 'déjà' on line 2"),
        (b"\x80 5\n", "€ 5\n", 1, "and is read as Windows-1252: '€' on line 1"),
        ("q,ä\n".encode("utf-16"), "q,ä\n", None, "the file is UTF-16, and is read so"),
        (b"\xfe\xff\0q\0\n", "q\n", None, "the file is UTF-16, and is read so"),
    ],
)
def test_other_encodings_are_read_and_said(
    tmp_path: Path, data: bytes, text: str, line: int | None, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    found = read_text(tmp_path / "a.csv")
    assert found.text == text
    (warning,) = found.warnings
    assert (warning.code, warning.severity, warning.line) == ("LF330", "warning", line)
    assert warning.message.endswith(message)
    assert "UTF-8" in warning.cure


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        ("é\nb\n".encode() + b"\xe9t\xe9\n", 3, "byte 0xe9 on line 3, and 1 other character of it are UTF-8"),
        (b"\xef\xbb\xbf\n\nb\x81", 3, "byte 0x81 on line 3, which Windows-1252 does not have either"),
        (RUSSIAN.encode("cp1251"), 1, "and as Windows-1252 38 of its 38 letters would be accented ones"),
        (JAPANESE.encode("euc-jp"), 1, "byte 0xbc on line 1, and 33 other characters of it are UTF-8"),
        (b"a\nb\0c\n", 2, "the file holds a NUL byte: it is damaged or no text"),
        ("a,b\nc".encode("utf-16")[:-1], 2, "the file is not UTF-16: truncated data on line 2"),
        (b"\xff\xfea\0\0\0", 1, "the file holds a NUL character: it is damaged or no text"),
    ],
)
def test_what_is_no_text_is_said_with_its_line(
    tmp_path: Path, problems: Problems, data: bytes, line: int, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    (problem,) = problems(lambda: read_text(tmp_path / "a.csv"))
    assert (problem.code, problem.line, problem.file) == ("LF302", line, str(tmp_path / "a.csv"))
    assert problem.message.endswith(message)
    assert problem.cure


def test_damage_in_the_middle_of_a_long_text_is_no_other_encoding(tmp_path: Path, problems: Problems) -> None:
    lines = ["question,très bien\n".encode()] * 1000
    lines[600] = "question,très bien\n".encode("cp1252")
    (tmp_path / "a.csv").write_bytes(b"".join(lines))
    (problem,) = problems(lambda: read_text(tmp_path / "a.csv"))
    assert problem.line == 601


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_head_alone_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a").write_bytes("naïve\r\n".encode(encoding) + b"")
    assert from_head(tmp_path / "a", lambda file: file.readline(), newline="") == "naïve\r\n"


def test_what_follows_the_head_is_not_decoded(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"q,a\n" + b"x\n" * 100_000 + b"\xff\0")
    assert from_head(tmp_path / "a", lambda file: file.readline(), newline="") == "q,a\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_its_mark_is_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("question,answer\nwhat é is,this\n".encode(encoding))
    with pytest.raises(TaskError) as caught:
        read_text(path)
    (problem,) = caught.value.problems
    assert "UTF-16 without the mark" in problem.message
    assert f"-f {encoding.upper().replace('-LE', 'LE').replace('-BE', 'BE')} -t UTF-8" in problem.cure


def test_a_few_nul_bytes_are_damage_and_no_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"q,a\n" + b"x\0" * 40 + b"y" * 200)
    with pytest.raises(TaskError, match="NUL byte"):
        read_text(path)


def test_an_archive_under_the_name_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(TaskError, match="zip archive"):
        read_text(path)
