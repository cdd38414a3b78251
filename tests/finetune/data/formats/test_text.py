"""Bytes that are text, and bytes that are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.finetune.data.formats.text import read_text
from lfine.schemas.problems import Problem

Problems = Callable[[Callable[[], object]], list[Problem]]


def test_line_ends_are_kept_and_the_byte_order_mark_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeffä\r\nb\n".encode())
    assert read_text(tmp_path / "a") == "ä\r\nb\n"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"a\nb\n\xe9t\xe9\n", 3, "the file is not UTF-8: byte 0xe9 on line 3"),
        (b"\xef\xbb\xbf\n\nb\xff", 3, "the file is not UTF-8: byte 0xff on line 3"),
        (b"a\nb\0c\n", 2, "the file holds a NUL byte: it is damaged or no text"),
        ("a,b\n".encode("utf-16"), None, "the file is UTF-16, not UTF-8"),
        (b"\xfe\xff\0a", None, "the file is UTF-16, not UTF-8"),
    ],
)
def test_what_is_not_utf8_is_said_with_its_line(
    tmp_path: Path, problems: Problems, data: bytes, line: int | None, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    (problem,) = problems(lambda: read_text(tmp_path / "a.csv"))
    assert (problem.code, problem.line, problem.message) == ("LF302", line, message)
    assert problem.file == str(tmp_path / "a.csv")
    assert problem.cure
