"""Texts as sets of word shingles: what two texts must share to count as near duplicates.

    shingles("Is it a Dog?") == {("is", "it", "a"), ("it", "a", "dog")}
    jaccard(shingles("is it a dog"), shingles("is it a cat")) == 1 / 3

Words are runs of letters and digits, case aside; a character of a script without blanks between words is a word of its
own. A text of fewer than three words is one shingle.

*Not here:* finding which texts to compare (lfine.finetune.data.check.minhash).
"""

from __future__ import annotations

import re

WORDS = 3
"""Words of one shingle."""
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Thai, Lao, kana, Han
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")

Shingle = tuple[str, ...]


def words(text: str) -> list[str]:
    """Return the words, case folded; at least WORDS of them, filled up with empty ones, unless there are none."""
    found = _WORD.findall(text.casefold())
    return found + [""] * (WORDS - len(found)) if found else found


def shingles(text: str) -> frozenset[Shingle]:
    """Return the distinct runs of WORDS words; none for a text without words."""
    found = words(text)
    return frozenset(zip(*(found[at:] for at in range(WORDS)), strict=False))


def jaccard(one: frozenset[Shingle], other: frozenset[Shingle]) -> float:
    """Return the share of shingles that both have, of those that either has; 0 for two empty sets."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0
