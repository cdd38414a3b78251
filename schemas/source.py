"""The text of a task file, or why there is none.

    read_source("no/such.yaml") raises TaskError: LF108, there is no such file …

*Not here:* what the text means (lfine.schemas.yaml_text).
"""

from __future__ import annotations

import re
import shlex
import stat
from pathlib import Path

from lfine.schemas.errors import TaskError
from lfine.schemas.problems import Excerpt, Problem

MAX_BYTES = 1_000_000
"""A task is a page of text; LoRA Land's are under 2 kB."""

_LINE_END = re.compile(r"\r\n|\n|\r")
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What YAML 1.2 does not allow unescaped, and the three characters that its 1.1 parsers take for line ends."""
_DATA = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".arrow", ".feather", ".jsonl", ".ndjson")
"""Ends of names that data have and no task file."""
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_source(file: str) -> str:
    """Return the file's text; raise TaskError (LF107, LF108) where it is not the text of one small file."""
    if Path(file).name.lower().endswith(_DATA) and Path(file).is_file():
        raise TaskError(_data_file(file))
    raw = _read_bytes(file)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TaskError(_not_utf8(file, raw, error.start)) from None
    check_characters(text, file)
    return text


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines without their ends, broken where the YAML parser breaks them."""
    return tuple(_LINE_END.split(text))


def check_characters(text: str, file: str) -> None:
    """Raise TaskError where `text` holds a character that YAML text cannot hold unescaped."""
    found = NOT_TEXT.search(text)
    if found is None:
        return
    before = split_lines(text[: found.start()])
    name = f"U+{ord(found[0]):04X}"
    cure = "save the file as UTF-8 (it looks like UTF-16)"
    if found[0] != "\0":
        cure = f'remove it, or write it as "\\u{ord(found[0]):04x}" in double quotes'
    shown = NOT_TEXT.sub("\ufffd", split_lines(text)[len(before) - 1])
    raise TaskError(
        Problem(
            "LF107",
            f"the character {name} cannot stand in YAML text",
            cure,
            file=file,
            line=len(before),
            column=len(before[-1]) + 1,
            excerpt=Excerpt(shown, 1),
        )
    )


def _read_bytes(file: str) -> bytes:
    path = Path(file)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TaskError(_not_a_file(file, path))
        if status.st_size > MAX_BYTES:
            raise TaskError(_too_large(file, status.st_size))
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise TaskError(_missing(file, path)) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        problem = Problem("LF108", f"the file cannot be read: {reason}", "name a file that can be read", file=file)
        raise TaskError(problem) from None


def _not_a_file(file: str, path: Path) -> Problem:
    if not path.is_dir():
        return Problem("LF108", "this is neither a file nor a folder", "name a task file", file=file)
    tasks = _task_names(path)
    cure = f"name a file in it, for instance `{path / tasks[0]}`" if tasks else "name a task file"
    return Problem("LF108", "this is a folder, not a file", cure, file=file)


def _task_names(folder: Path) -> list[str]:
    try:
        return sorted(item.name for item in folder.iterdir() if item.suffix in {".yaml", ".yml"})
    except OSError:  # a folder that may be passed through but not listed
        return []


def _too_large(file: str, size: int) -> Problem:
    message = f"the file has {size:,} bytes, and a task file at most {MAX_BYTES:,}; it was not read"
    return Problem("LF108", message, "name a task file; data files go under `dataset`", file=file)


def _missing(file: str, path: Path) -> Problem:
    folder = path.parent
    if not folder.is_dir():
        return Problem("LF108", f"there is no folder `{folder}`", "name a file that exists", file=file)
    from lfine.schemas.suggestions import closest  # the table of other tools' keys, which a file that exists needs not

    names = _task_names(folder)
    near = next((name for name in names if Path(name).stem == path.stem), None) or closest(path.name, names)
    there = "name a file that exists" if names else "go to the folder of the task file, or name it with its folder"
    cure = f"did you mean `{folder / near}`?" if near else there
    where = "" if path.is_absolute() else f" in {folder.absolute()}"
    return Problem("LF108", f"there is no such file{where}", cure, file=file)


def _data_file(file: str) -> Problem:
    message = "this is a file of data, and here goes a task file (YAML) that names it"
    return Problem("LF108", message, f"write one with: lfine init {shlex.quote(file)}", file=file)


def _not_utf8(file: str, raw: bytes, offset: int) -> Problem:
    line = raw.count(b"\n", 0, offset) + 1
    column = len(raw[raw.rfind(b"\n", 0, offset) + 1 : offset].decode("utf-8", errors="replace")) + 1
    cure = "save the file as UTF-8"
    if raw.startswith(_WIDE_MARKS):
        cure += " (it is UTF-16)"
    message = f"the file is not UTF-8: byte {raw[offset]:#04x} at offset {offset}"
    return Problem("LF108", message, cure, file=file, line=line, column=column)
