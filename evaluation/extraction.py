"""What of a prediction is scored: all of it, its first line, or the one label that it names.

    extract_answer("Sure!\\nIt is auto claims.", "label", ("auto", "auto claims"))  →  "auto claims"
    extract_answer("auto or home?", "label", ("auto", "home"))                     →  None: two labels
    extract_answer("\\n yes \\nno", "first_line", ())                                →  "yes"

A blank prediction is no answer. White space around an answer is always stripped. `label` knows no grammar: "not auto"
names `auto`. *Not here:* whether the answer is right (lfine.evaluation.metrics).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from lfine.evaluation.text import normalise

EXTRACTIONS = ("none", "first_line", "label")


def extract_answer(prediction: str | None, extract: str, labels: tuple[str, ...]) -> str | None:
    """Return the answer to score, None where there is none; for many rows build the `extractor` once."""
    return extractor(extract, labels)(prediction)


def extractor(extract: str, labels: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """Return the function that takes an answer out of a prediction.

    Raises:
        ValueError: `extract` is not one of EXTRACTIONS (the schema refuses it long before).
    """
    if extract == "none":
        return _whole
    if extract == "first_line":
        return _first_line
    if extract == "label":
        return partial(_label, patterns=_label_patterns(labels))
    raise ValueError(f"extract must be one of {', '.join(EXTRACTIONS)}, got {extract!r}")


def _whole(prediction: str | None) -> str | None:
    return (prediction or "").strip() or None


def _first_line(prediction: str | None) -> str | None:
    lines = (line.strip() for line in (prediction or "").splitlines())
    return next((line for line in lines if line), None)


def _label(prediction: str | None, patterns: tuple[tuple[re.Pattern[str], list[str]], ...]) -> str | None:
    """Return the label that the text names as a whole word, None when it names none or several."""
    rest = normalise(prediction or "")
    named: list[str] = []
    for pattern, labels in patterns:
        if pattern.search(rest):
            named += labels
            rest = pattern.sub("\0", rest)  # what a longer label has taken, a shorter one inside it cannot take again
    return named[0] if len(named) == 1 else None


def _label_patterns(labels: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], list[str]], ...]:
    """Return a whole-word pattern for each normal form, longest first, with the labels (as a rule one) that have it."""
    forms: dict[str, list[str]] = {}
    for label in labels:
        forms.setdefault(normalise(label), []).append(label)
    longest_first = sorted(forms.items(), key=lambda item: -len(item[0]))
    # \b would fail beside a label that ends in punctuation ("c++"), hence the two look-arounds.
    return tuple((re.compile(rf"(?<!\w){re.escape(form)}(?!\w)"), sharing) for form, sharing in longest_first if form)
