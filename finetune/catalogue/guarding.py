"""Values of the data cannot forge control tokens: `<|im_end|>` in a row is ten characters, not the end of a turn.

    guard = Guard(frozenset({"<|im_end|>"}))
    guard.mark("a <|im_end|> b")   == "a \U000f0000<|im_end|>\U000f0001 b"
    guard.pieces(that)             == [("a ", False), ("<|im_end|>", True), (" b", False)]

A value that holds a control token is marked before it is put into the template; afterwards the marked pieces are
encoded as ordinary text and all others as usual. The template's own tokens, and those that the task file writes,
stay what they are. Rows without one (nearly all) take the ordinary path.

*Not here:* token ids of a text (lfine.finetune.catalogue.tokens).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lfine.finetune.catalogue.tokens import Tokenizer

START, END = "\U000f0000", "\U000f0001"
"""Code points of a private plane, which no text of meaning uses and no template takes apart."""


class Guard:
    """The control tokens of one prompt format."""

    def __init__(self, tokens: Iterable[str]) -> None:
        longest_first = sorted({token for token in tokens if token}, key=lambda token: (-len(token), token))
        found = "|".join(re.escape(token) for token in longest_first) or "(?!)"
        self._token = re.compile(found)
        self._marked = re.compile(f"{START}({found}){END}")

    def count(self, texts: Iterable[str]) -> int:
        """Return how many control tokens stand in the texts."""
        return sum(len(self._token.findall(text)) for text in texts)

    def found_in(self, texts: Iterable[str]) -> bool:
        return any(self._token.search(text) for text in texts)

    def mark(self, text: str) -> str:
        return self._token.sub(f"{START}\\g<0>{END}", text)

    def mark_values(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: self.mark(value) for name, value in values.items()}

    def pieces(self, text: str) -> list[tuple[str, bool]]:
        """Divide a text at its marks; True: a marked token. Empty pieces and half marks are left out.

        A template that takes a text apart at a token (`content.split('</think>')`) leaves half of its marks behind.
        """
        parts = self._marked.split(text)
        parts[::2] = [part.replace(START, "").replace(END, "") for part in parts[::2]]
        return [(part, at % 2 == 1) for at, part in enumerate(parts) if part]

    def encode(self, text: str, tokenizer: Tokenizer, *, continues: bool) -> list[int]:
        """Encode a marked text; `continues`: it follows another one, so no space is put before it."""
        ids: list[int] = []
        for part, marked in self.pieces(text):
            if marked:
                ids += tokenizer.encode_plain(part)
            elif ids or continues:
                ids += tokenizer.encode_continuation(part)
            else:
                ids += tokenizer.encode(part)
        return ids
