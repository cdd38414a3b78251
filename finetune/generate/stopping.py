"""Texts that end an answer, found in the text and not in the tokens: a stop may begin in the middle of one.

    stop = StopTexts(tokenizer.decode, ("\\n\\n", "Question:"))
    stop.found_in([504, 17, 198, 198])       # 9: the answer is the first nine characters; None: no stop yet

*Not here:* the token that ends an answer (lfine.finetune.catalogue.rendering).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


class StopTexts:
    """Looks for the stop texts of a task in what was generated so far."""

    def __init__(self, decode: Callable[[Sequence[int]], str], texts: Sequence[str]) -> None:
        """`decode` gives the text of an answer's tokens, special ones left out."""
        self._decode = decode
        self._texts = tuple(texts)

    def found_in(self, tokens: Sequence[int]) -> int | None:
        """Return where in the text of `tokens` the first stop begins, None where there is none.

        The whole answer is decoded each time: what a token adds to a text depends on those before it.
        """
        text = self._decode(tokens)
        return min((at for at in (text.find(stop) for stop in self._texts) if at >= 0), default=None)
