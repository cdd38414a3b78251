"""A terminal to look at: a pseudo-terminal whose other end is read and played onto a screen of characters.

    with Terminal(columns=60, rows=20) as terminal:      # sys.stderr is its end of the line
        …
    terminal.lines()                                     # what one would see in the end

Knows carriage return, new line, "so many lines up" and "clear this line", which is all that may be used.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import sys
import termios
import threading
from types import TracebackType
from typing import Self

import pytest

SEQUENCE = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Terminal:
    """Takes the place of sys.stderr."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, columns: int, rows: int, encoding: str = "utf-8") -> None:
        self._reader, end = pty.openpty()
        self.columns = columns
        self.resize(columns, rows)
        self._end = os.fdopen(end, "w", encoding=encoding)
        self._patch = monkeypatch
        self._read: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._reader, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Self:
        self._thread.start()
        self._patch.setenv("TERM", "xterm")
        self._patch.setattr(sys, "stderr", self._end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patch.undo()
        self._end.close()
        self._thread.join(timeout=60)
        os.close(self._reader)

    def _listen(self) -> None:
        """Read until the other end is closed: a pseudo-terminal holds few bytes and then lets its writer wait."""
        while True:
            try:
                found = os.read(self._reader, 65536)
            except OSError:
                return
            if not found:
                return
            self._read.append(found)

    @property
    def text(self) -> str:
        """Everything that was written."""
        return b"".join(self._read).decode("utf-8", "replace")

    def lines(self) -> list[str]:
        """Return the lines of the screen, as if it were endlessly high, without blanks at their ends."""
        screen: list[list[str]] = [[]]
        row = column = 0
        for number, command, control, words in SEQUENCE.findall(self.text):
            if control == "\r":
                column = 0
            elif control == "\n":
                row += 1
            elif command == "A":
                row -= int(number or 1)
                assert row >= 0, "above the top of the screen"
            elif (number, command) == ("2", "K"):
                screen[row] = []
            else:
                assert words, f"a sequence that this terminal does not know: {number}{command}"
                for letter in words:
                    if column == self.columns:  # a line that is too long goes on in the next one
                        row, column = row + 1, 0
                    screen += [[] for _ in range(row + 1 - len(screen))]
                    screen[row] += [" "] * (column + 1 - len(screen[row]))
                    screen[row][column] = letter
                    column += 1
            screen += [[] for _ in range(row + 1 - len(screen))]
        return ["".join(line).rstrip() for line in screen]
