"""Records to JSON and back, hashed canonically and written whole or not at all.

    from_json(Split, {"type": "hash", "column": None, "probabilities": [0.8, 0.1, 0.1], "seed": 42})

*Not here:* checking what a user wrote (lfine.schemas.validation): a value of the wrong shape here is a damaged file.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import os
import tempfile
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

Record = TypeVar("Record")


class ShapeError(ValueError):
    """A JSON value does not have the shape of the record it is read as."""


def to_json(record: object) -> Any:
    """Return the plain JSON form of a record: dataclasses as mappings, tuples as lists."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {field.name: to_json(getattr(record, field.name)) for field in dataclasses.fields(record)}
    if isinstance(record, Mapping):
        return {str(key): to_json(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [to_json(value) for value in record]
    return record


def from_json(cls: type[Record], value: object, at: str = "") -> Record:
    """Build a record of type `cls` from its JSON form.

    Raises ShapeError, naming the dotted place, where a key is missing or a value has another type.
    """
    if not isinstance(value, Mapping):
        raise ShapeError(f"{at or 'the record'} is not a mapping")
    hints = typing.get_type_hints(cls)
    found = {}
    for field in dataclasses.fields(typing.cast("Any", cls)):
        place = f"{at}.{field.name}" if at else field.name
        if field.name in value:
            found[field.name] = _read(hints[field.name], value[field.name], place)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ShapeError(f"{place} is missing")
    return cls(**found)


def _read(hint: Any, value: object, at: str) -> Any:
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _read_union(get_args(hint), value, at)
    if origin is Literal:
        return _accept(value, value in get_args(hint), at)
    if origin is tuple:
        return _read_tuple(get_args(hint), value, at)
    if origin is dict:
        entries = _accept(value, isinstance(value, Mapping), at)
        return {key: _read(get_args(hint)[1], entry, f"{at}.{key}") for key, entry in entries.items()}
    if dataclasses.is_dataclass(hint):
        return from_json(typing.cast("type", hint), value, at)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float) and isinstance(value, bool):
        raise ShapeError(f"{at} is not a number")
    return value if hint is object else _accept(value, isinstance(value, hint), at)


def _read_union(hints: tuple[Any, ...], value: object, at: str) -> Any:
    for hint in hints:
        try:
            return _read(hint, value, at)
        except ShapeError:
            continue
    raise ShapeError(f"{at} has an unexpected value")


def _read_tuple(hints: tuple[Any, ...], value: object, at: str) -> tuple[Any, ...]:
    items = _accept(value, isinstance(value, (list, tuple)), at)
    if hints[-1] is Ellipsis:
        return tuple(_read(hints[0], item, f"{at}.{index}") for index, item in enumerate(items))
    _accept(value, len(items) == len(hints), at)
    return tuple(
        _read(hint, item, f"{at}.{index}") for index, (hint, item) in enumerate(zip(hints, items, strict=True))
    )


def _accept(value: Any, fits: bool, at: str) -> Any:  # noqa: FBT001 (the check of one line above)
    if not fits:
        raise ShapeError(f"{at} has an unexpected value")
    return value


def json_text(value: object) -> str:
    """Return readable JSON text of a record or plain value, with a final newline."""
    return json.dumps(to_json(value), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def digest(value: object) -> str:
    """Return the sha256 of the canonical JSON (sorted keys, no blanks), first 16 hexadecimal digits."""
    canonical = json.dumps(to_json(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a temporary file beside it, flushed to disk, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Have the system put a file or a folder's list of names on the disk: a power cut does not take it back then."""
    folder = path.is_dir()
    if folder and os.name == "nt":
        return  # Windows offers this for files only
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        if not (folder and error.errno in (errno.EINVAL, errno.ENOTSUP)):  # file systems that know no such call
            raise
    finally:
        os.close(handle)
