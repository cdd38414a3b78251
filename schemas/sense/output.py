"""Checks of `output_feature`: labels that can be told apart, and keys that belong to another type.

    labels: [Yes, yes]                →  LF232, compared without regard to capitals
    {name: y, schema: y.json}         →  LF231, a schema is for json

*Not here:* labels against the rows (lfine.finetune.data.outputs).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View

LABELS = "output_feature.labels"


def output_type(view: View) -> str | None:
    """Return the output's type as far as the file tells: labels make a category."""
    written = view.text("output_feature.type")
    return written or ("category" if view.given(LABELS) else None)


def labels_of_other_type(view: View) -> Iterator[Found]:
    kind = output_type(view)
    if view.given(LABELS) and kind != "category":
        message = f"output_feature.labels is given, but output_feature.type is {kind}"
        yield Found(LABELS, message, "remove `labels`, or write `type: category`")


def schema_without_json(view: View) -> Iterator[Found]:
    kind = output_type(view)
    if view.given("output_feature.schema") and kind != "json":
        known = f"is {kind}" if kind else "is not given"
        message = f"output_feature.schema is given, but output_feature.type {known}"
        yield Found("output_feature.schema", message, "write `type: json`, or remove `schema`")


def _places(view: View) -> Iterator[tuple[str, str]]:
    """Yield each label with its path."""
    value = view.value(LABELS)
    for index, label in enumerate(value if isinstance(value, list) else ()):
        if isinstance(label, str):
            yield f"{LABELS}[{index}]", label


def labels_alike(view: View) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for path, label in _places(view):
        plain = " ".join(label.lower().split())
        if plain in seen and seen[plain] != label:
            message = f"the labels {seen[plain]!r} and {label!r} differ in capitals or white space only"
            yield Found(path, message, "keep one of them, or score with `{name: accuracy, case: true}`")
        seen.setdefault(plain, label)


def label_begins_another(view: View) -> Iterator[Found]:
    if view.text("generation.constrain") == "labels" or view.text("evaluation.extract.type") == "label":
        return
    ordered = sorted(set(view.texts(LABELS)))
    following = dict(pairwise(ordered))  # what begins with a label comes right after it; all pairs of 9,000 took 20 s
    for path, label in _places(view):
        longer = following.get(label, "")
        if label and longer.startswith(label):
            message = f"the label {label!r} is the beginning of {longer!r}, and answers are taken as they come"
            yield Found(path, message, "write `evaluation: {extract: label}` or `generation: {constrain: labels}`")


def blanks_around_label(view: View) -> Iterator[Found]:
    for path, label in _places(view):
        if label != label.strip():
            message = f"the label {label!r} begins or ends with white space, which answers are stripped of"
            yield Found(path, message, f"write `{label.strip()}`" if label.strip() else "remove it")


CHECKS = (
    Check("LF230", labels_of_other_type),
    Check("LF231", schema_without_json),
    Check("LF232", labels_alike, severity="warning"),
    Check("LF233", label_begins_another, severity="warning"),
    Check("LF234", blanks_around_label),
)
