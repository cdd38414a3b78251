"""What a format's writer raises for rows that it cannot hold in any form.

    raise UnheldError("a cell holds 32,767 characters, and column 'text' has more in 1 row: 7", "write .jsonl")

*Not here:* the problem that users see (registry).
"""

from __future__ import annotations


class UnheldError(ValueError):
    """Rows that a format cannot hold."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
