"""What of a prediction is scored: all of it, its first line, a pattern, a JSON field, its last number, or a label.

    label (auto, auto claims)   "Sure!\\nIt is auto claims."   →  "auto claims"
    label (auto, home)          "auto or home?"               →  None: two labels
    regex "A: (.*)"             "A: 3\\nA: 4"                  →  "4": the last match
    json_field "a.b"            '{"a": {"b": 7}}'             →  "7"
    last_number                 "3 * 4 = 12 apples"           →  "12"

A blank prediction is no answer, and so is a blank extract. White space around an answer is always stripped. `label`
knows no grammar: "not auto" names `auto`. *Not here:* whether the answer is right (lfine.evaluation.metrics).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from lfine.evaluation.json_text import MISSING, at_path, embedded
from lfine.evaluation.numerals import last_number
from lfine.evaluation.text import normalise
from lfine.schemas.errors import RunError
from lfine.schemas.problems import Problem
from lfine.schemas.task import Extract

PATTERN_SECONDS = 2.0
"""A pattern that needs longer for one answer is refused: what it finds would depend on the machine."""

_Finder = Callable[[str], str | None]


def extract_answer(prediction: str | None, extract: Extract, labels: tuple[str, ...]) -> str | None:
    """Return the answer to score, None where there is none; for many rows build the `extractor` once."""
    return extractor(extract, labels)(prediction)


def extractor(extract: Extract, labels: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """Return the function that takes an answer out of a prediction.

    It raises RunError (LF520) for a pattern that needs more than PATTERN_SECONDS for an answer.
    """
    finders: dict[str, Callable[[], _Finder]] = {
        "none": lambda: str,
        "first_line": lambda: _first_line,
        "regex": lambda: partial(_last_match, pattern=_compiled(extract.pattern or "")),
        "json_field": lambda: partial(_field, path=extract.field or ""),
        "last_number": lambda: last_number,
        "label": lambda: partial(_label, patterns=_label_patterns(labels)),
    }
    return partial(_stripped, find=finders[extract.type]())


def check_extract(extract: Extract, output_type: str, *, path: str = "evaluation.extract") -> list[Problem]:
    """Return what is wrong with an extraction for an output of this type."""
    problems = []
    for kind, key, absent in (("regex", "pattern", "LF270"), ("json_field", "field", "LF271")):
        given = getattr(extract, key) is not None
        if given and extract.type != kind:
            message = f"{path}.{key} is given, and {path} is {extract.type}"
            problems.append(Problem("LF272", message, f"set type: {kind}, or remove {key}", path=f"{path}.{key}"))
        elif not given and extract.type == kind:
            message = f"{path} is {kind}, and no {key} is given"
            problems.append(Problem(absent, message, f"add {key}", path=f"{path}.{key}"))
    if extract.type == "label" and output_type != "category":
        message = f"{path} is label, and the output is {output_type}: it has no labels to look for"
        problems.append(Problem("LF274", message, "set it to none, or output_feature.type to category", path=path))
    if extract.type == "regex" and extract.pattern is not None:
        problems += _check_pattern(extract.pattern, f"{path}.pattern")
    return problems


def _check_pattern(pattern: str, path: str) -> list[Problem]:
    import regex

    try:
        _compiled(pattern)
    except regex.error as error:
        message = f"the pattern {pattern!r:.80} is no regular expression: {error}"
        return [Problem("LF273", message, "mend it; a literal bracket or dot is written with \\", path=path)]
    return []


def _stripped(prediction: str | None, *, find: _Finder) -> str | None:
    text = (prediction or "").strip()
    return (find(text) or None) if text else None


def _first_line(text: str) -> str | None:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), None)


def _compiled(pattern: str) -> Any:
    import regex  # as re, and it can be told to stop

    return regex.compile(pattern)


def _last_match(text: str, *, pattern: Any) -> str | None:
    """Return the first group, or the whole, of the last place where the pattern matches."""
    last = None
    try:
        for last in pattern.finditer(text, timeout=PATTERN_SECONDS):  # noqa: B007 - the last one is wanted
            pass
    except TimeoutError:
        message = f"evaluation.extract.pattern needs more than {PATTERN_SECONDS:g} s for an answer of {len(text):,} "
        cure = "write it without a repetition inside a repetition, as in (a+)+"
        raise RunError(Problem("LF520", f"{message}characters", cure, path="evaluation.extract.pattern")) from None
    if last is None:
        return None
    found: str | None = last.group(1 if pattern.groups else 0)
    return None if found is None else found.strip()


def _field(text: str, *, path: str) -> str | None:
    """Return the field as text: a text as it is, everything else as JSON; None for null and what is not there."""
    parsed = embedded(text)
    found = MISSING if parsed is MISSING else at_path(parsed, path)
    if found is MISSING or found is None:
        return None
    return found.strip() if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def _label(text: str, *, patterns: tuple[tuple[re.Pattern[str], list[str]], ...]) -> str | None:
    """Return the label that the text names as a whole word, None when it names none or several."""
    rest = normalise(text)
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
