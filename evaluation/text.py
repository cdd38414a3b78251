"""When two answers count as the same: the normalisation that accuracy, the label metrics and `extract: label` share.

    normalise("  Auto\\nClaims. ") == "auto claims"

*Not here:* taking the answer out of a longer text (lfine.evaluation.extraction).
"""

from __future__ import annotations

import unicodedata


def normalise(text: str, *, case: bool = False) -> str:
    """Return `text` in Unicode NFC, case-folded, white space runs as one space, without one trailing full stop.

    With `case` upper and lower case stay as they are.
    Outer white space goes first, so `"yes ."` becomes `"yes"`; a text that is only a full stop stays as it is.
    """
    # Case folding can leave decomposed characters behind, hence NFC after it.
    composed = unicodedata.normalize("NFC", text)
    folded = composed if case else unicodedata.normalize("NFC", composed.casefold())
    spaced = " ".join(folded.split())
    if spaced.endswith(".") and len(spaced) > 1:
        return spaced[:-1].rstrip()
    return spaced
