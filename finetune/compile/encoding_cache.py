"""Encoded rows on disk: Arrow files under LFINE_CACHE, mapped into memory, redone when a byte of them is wrong.

    LFINE_CACHE/encoded/<key>/rows.arrow     the rows as they stand: prompt, completion, learned
                              rows.json      {"bytes": 1423434, "sha256": "…"}: written last, checked at every use
                              cut-224-end.arrow, cut-224-end.json

What the key is made of decides all: an entry is never changed, only made anew or removed. The KEPT entries used last
stay. Files are written beside and renamed, so a crash leaves nothing that could be taken for an entry.

*Not here:* what is in the key, and encoding (lfine.finetune.compile.encoding).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lfine.finetune.catalogue.sources import cache_folder
from lfine.finetune.compile.encoded import COMPLETION, LEARNED, PROMPT
from lfine.finetune.data.extras import load
from lfine.schemas.problems import Problem
from lfine.schemas.records import json_text, write_text

KEPT = 50
"""Entries that stay; each is one set of rows for one prompt and tokenizer."""
BATCH = 4096
"""Rows written at once: about 2 MB of tokens."""
PLACE = "place"
"""Column of a table of cut rows: which of the rows that are too long it is."""
_READER = "encoded rows"


class TokenWriter:
    """Takes rows one after the other and writes them in batches."""

    def __init__(self, sink: Any) -> None:
        """`sink` is an open output stream of pyarrow."""
        arrow = self._arrow = load("pyarrow", reader=_READER)
        lists = [(PROMPT, arrow.int32()), (COMPLETION, arrow.int32()), (LEARNED, arrow.uint8())]
        fields = [arrow.field(name, arrow.list_(kind)) for name, kind in lists]
        self._schema = arrow.schema([*fields, arrow.field(PLACE, arrow.int64())])
        self._file = load("pyarrow.ipc", reader=_READER).new_file(sink, self._schema)
        self._empty()

    def _empty(self) -> None:
        # Flat numbers and where each row ends: a quarter of the time that lists of lists take.
        self._values = (array("i"), array("i"), array("B"))
        self._ends = (array("i", [0]), array("i", [0]), array("i", [0]))
        self._places = array("q")

    def add(
        self, prompt: Sequence[int], completion: Sequence[int], learned: Sequence[bool] | None = None, place: int = 0
    ) -> None:
        """Add one row; `learned` is None where the whole completion is."""
        for values, ends, new in zip(self._values, self._ends, (prompt, completion, learned or ()), strict=True):
            values.extend(new)
            ends.append(len(values))
        self._places.append(place)
        if len(self._places) == BATCH:
            self._flush()

    def _flush(self) -> None:
        arrow = self._arrow
        kinds = (arrow.int32(), arrow.int32(), arrow.uint8())
        columns = [
            arrow.ListArray.from_arrays(_numbers(arrow, ends, arrow.int32()), _numbers(arrow, values, kind))
            for values, ends, kind in zip(self._values, self._ends, kinds, strict=True)
        ]
        columns.append(_numbers(arrow, self._places, arrow.int64()))
        self._file.write_batch(arrow.record_batch(columns, schema=self._schema))
        self._empty()

    def close(self) -> None:
        if self._places:
            self._flush()
        self._file.close()


def _numbers(arrow: Any, values: array[int], kind: Any) -> Any:
    return arrow.Array.from_buffers(kind, len(values), [None, arrow.py_buffer(values)])


Fill = Callable[[TokenWriter], None]
"""What makes the rows of a table that is not there."""


class EncodingCache:
    """The entries of one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is LFINE_CACHE/encoded where none is given."""
        self._folder = cache_folder() / "encoded" if folder is None else folder
        self.warnings: list[Problem] = []
        """LF406 for files that were damaged and made anew, LF405 where nothing could be written."""

    def table(self, key: str, name: str, fill: Fill) -> Any:
        """Return a table as it is kept, else have it filled, and keep it; a pyarrow table over the mapped file."""
        path = self._folder / key / f"{name}.arrow"
        found = self._kept(path)
        if found is not None:
            return found
        try:
            _write(path, fill)
            self._forget_old(key)
            found = _mapped(path)
        except OSError as error:
            message = f"encoded rows cannot be kept in {self._folder}: {error.strerror or error}"
            cure = "make room, or name another folder in LFINE_CACHE; until then every command encodes anew"
            self.warnings.append(Problem("LF405", message, cure, severity="warning"))
            found = _in_memory(fill)
        return found

    def _kept(self, path: Path) -> Any:
        """Return what is kept, None where nothing is or where it is not what was written."""
        record = path.with_suffix(".json")
        if not record.is_file():
            return None
        try:
            said = json.loads(record.read_text(encoding="utf-8"))
            sound = path.stat().st_size == said["bytes"] and sha256_of(path) == said["sha256"]
            found = _mapped(path) if sound else None
        except (OSError, ValueError, KeyError, TypeError):  # arrow's own errors are among them
            found = None
        if found is None:
            message = f"the encoded rows in {path} are not what was written there; they are encoded again"
            cure = "nothing is left to do; check the disk if this comes back"
            self.warnings.append(Problem("LF406", message, cure, severity="warning"))
            return None
        with suppress(OSError):  # a cache that may only be read has no order of use
            os.utime(record)
        return found

    def _forget_old(self, current: str) -> None:
        """Remove the entries that were used longest ago."""
        entries = [(_last_use(entry), entry) for entry in self._folder.iterdir() if entry.name != current]
        for _, entry in sorted(entries, reverse=True)[KEPT - 1 :]:
            shutil.rmtree(entry, ignore_errors=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _last_use(entry: Path) -> float:
    try:
        # Every file counts: one that another process is writing has no record yet.
        return max((file.stat().st_mtime for file in entry.iterdir()), default=entry.stat().st_mtime)
    except OSError:  # another process removes it
        return 0.0


def _write(path: Path, fill: Fill) -> None:
    """Write table and record, the record last: without it a table does not count."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        with load("pyarrow", reader=_READER).OSFile(name, "wb") as sink:
            writer = TokenWriter(sink)
            fill(writer)
            writer.close()
        record = {"bytes": part.stat().st_size, "sha256": sha256_of(part)}
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    write_text(path.with_suffix(".json"), json_text(record))


def _mapped(path: Path) -> Any:
    arrow, ipc = load("pyarrow", reader=_READER), load("pyarrow.ipc", reader=_READER)
    return ipc.open_file(arrow.memory_map(str(path), "r")).read_all()


def _in_memory(fill: Fill) -> Any:
    arrow, ipc = load("pyarrow", reader=_READER), load("pyarrow.ipc", reader=_READER)
    sink = arrow.BufferOutputStream()
    writer = TokenWriter(sink)
    fill(writer)
    writer.close()
    return ipc.open_file(sink.getvalue()).read_all()
