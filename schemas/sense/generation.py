"""Checks of `generation`.

    {top_p: 0.9}                       →  LF263, decoding is greedy
    stop: [" "], labels: [not sure, …] →  LF264, a label that can never be answered in full

*Not here:* the longest answer of the rows (lfine.finetune.compile).
"""

from __future__ import annotations

from collections.abc import Iterator

from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.output import LABELS, output_type
from lfine.schemas.sense.view import View

SAMPLING = ("top_p", "top_k", "min_p", "seed")


def sampling_key_ignored(view: View) -> Iterator[Found]:
    if view.number("generation.temperature") != 0:
        return
    for name in SAMPLING:
        if view.given(f"generation.{name}"):
            message = f"generation.{name} is not looked at where temperature is 0: decoding is greedy"
            yield Found(f"generation.{name}", message, f"remove `{name}`, or add for instance `temperature: 0.7`")


def _stops(view: View) -> Iterator[tuple[str, str]]:
    value = view.value("generation.stop")
    for index, stop in enumerate(value if isinstance(value, list) else ()):
        if isinstance(stop, str) and stop:
            yield f"generation.stop[{index}]", stop


def stop_in_label(view: View) -> Iterator[Found]:
    for path, stop in _stops(view):
        label = next((label for label in view.texts(LABELS) if stop in label), None)
        if label is not None:
            message = f"the stop text {stop!r} occurs in the label {label!r}, which could never be answered in full"
            yield Found(path, message, "remove it, or choose another")


def blank_stop(view: View) -> Iterator[Found]:
    for path, stop in _stops(view):
        if not stop.strip(" "):
            message = f"the stop text {stop!r} is nothing but spaces: answers end after a word"
            yield Found(path, message, 'remove it, or write `"\\n"` for the end of a line')


def label_constraint_without_labels(view: View) -> Iterator[Found]:
    kind = output_type(view)
    conversations = view.given("prompt.messages")
    if view.text("generation.constrain") == "labels" and (conversations or kind not in (None, "category")):
        what = "the answers are turns of a conversation" if conversations else f"the output is {kind}"
        message = f"generation.constrain is labels, and {what}: it has no labels"
        yield Found("generation.constrain", message, "remove `constrain`, or write `output_feature: {type: category}`")


def schema_constraint_without_schema(view: View) -> Iterator[Found]:
    if view.text("generation.constrain") == "json_schema" and not view.given("output_feature.schema"):
        message = "generation.constrain is json_schema, and output_feature.schema is not given"
        yield Found("generation.constrain", message, "add `output_feature.schema` with a JSON Schema file")


def answer_beyond_sequence(view: View) -> Iterator[Found]:
    tokens, limit = view.number("generation.max_new_tokens"), view.number("preprocessing.max_sequence_length")
    if tokens is not None and limit is not None and tokens > limit:
        message = f"generation.max_new_tokens is {tokens:g}, and the longest training example has {limit:g} tokens"
        yield Found("generation.max_new_tokens", message, "write `max_new_tokens: auto`, or raise the other")


def drawn_labels(view: View) -> Iterator[Found]:
    temperature = view.number("generation.temperature") or 0
    if temperature > 0 and output_type(view) == "category":
        message = f"generation.temperature is {temperature:g}, and the output is a category: labels are drawn"
        yield Found("generation.temperature", message, "write `temperature: 0`: the likeliest label")


def penalized_repetition(view: View) -> Iterator[Found]:
    penalty, kind = view.number("generation.repetition_penalty") or 1, output_type(view)
    if penalty != 1 and kind in ("category", "json", "sql"):
        message = f"generation.repetition_penalty is {penalty:g}, and the output is {kind}, which repeats its words"
        yield Found("generation.repetition_penalty", message, "write `repetition_penalty: 1`")


CHECKS = (
    Check("LF263", sampling_key_ignored),
    Check("LF264", stop_in_label),
    Check("LF265", label_constraint_without_labels),
    Check("LF266", schema_constraint_without_schema),
    Check("LF267", answer_beyond_sequence, severity="warning"),
    Check("LF268", drawn_labels, severity="warning"),
    Check("LF269", penalized_repetition, severity="warning"),
    Check("LF279", blank_stop, severity="warning"),
)
