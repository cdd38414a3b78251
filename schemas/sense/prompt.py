"""Checks of `prompt`, and where in the file a place of the template stands.

    template: 'Label: {label}' with output_feature: label   →  LF202, the answer stands in the prompt
    system: Be brief. with chat: none                       →  LF207, the model would never see it

*Not here:* which columns the data have (lfine.finetune.compile.headers), rendering (lfine.finetune.catalogue).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lfine.schemas.document import Document, Path, Span
from lfine.schemas.sense.checks import Check, Found
from lfine.schemas.sense.view import View
from lfine.schemas.template import Part, TemplateError, columns, parse_template

TEMPLATE: Path = ("prompt", "template")


def _has_prompt(view: View) -> bool:
    return isinstance(view.document.at(("prompt",)), dict)


def _parts(view: View) -> tuple[Part, ...] | None:
    """Return the template's parts; None where there is none that can be read."""
    template = view.text("prompt.template")
    try:
        return parse_template(template) if template else None
    except TemplateError:
        return None


def no_prompt(view: View) -> Iterator[Found]:
    if _has_prompt(view) and not view.document.has(TEMPLATE) and not view.given("prompt.messages"):
        message = "prompt has neither `template` nor `messages`"
        yield Found("prompt.template", message, "add `template:` with a text that names columns: `{question}`")
    elif view.nulled("prompt.template") and not view.given("prompt.messages"):
        message = "prompt.template is null, and prompt.messages is not given"
        yield Found("prompt.template", message, "write a text that names columns: `{question}`")


def template_and_messages(view: View) -> Iterator[Found]:
    if view.given("prompt.template") and view.given("prompt.messages"):
        message = "prompt.template and prompt.messages both say what the model is asked"
        yield Found("prompt.messages", message, "keep one of them")


def output_and_messages(view: View) -> Iterator[Found]:
    if view.given("prompt.messages") and view.given("output_feature"):
        message = "output_feature is given, and prompt.messages holds the answers already"
        yield Found("output_feature", message, "remove `output_feature`: the assistant's turns are learned")


def no_output(view: View) -> Iterator[Found]:
    if view.document.at(("output_feature",)) is None and not view.given("prompt.messages"):
        message = "output_feature is not given: there is nothing to learn"
        yield Found("output_feature", message, "add `output_feature:` with the column of the answers")


def messages_without_chat(view: View) -> Iterator[Found]:
    if view.given("prompt.messages") and view.text("prompt.chat") == "none":
        message = "prompt.messages is given, but prompt.chat is none"
        yield Found("prompt.chat", message, "remove `chat: none`: conversations are written as a chat")


def system_without_chat(view: View) -> Iterator[Found]:
    if view.text("prompt.chat") == "none" and view.text("prompt.system"):
        message = "prompt.system is given, but prompt.chat is none"
        cure = "put the text at the beginning of `prompt.template`, or remove `chat: none`"
        yield Found("prompt.system", message, cure)


def examples_with_messages(view: View) -> Iterator[Found]:
    if view.given("prompt.messages") and (view.number("prompt.examples.count") or 0) > 0:
        message = "prompt.examples is given, and conversations take no examples"
        yield Found("prompt.examples", message, "remove `examples`, or write a `template`")


def loss_on_ignored(view: View) -> Iterator[Found]:
    if view.given("prompt.loss_on") and not view.given("prompt.messages"):
        message = "prompt.loss_on is not looked at without prompt.messages"
        yield Found("prompt.loss_on", message, "remove `loss_on`: the one answer is always learned")


def example_count_differs(view: View) -> Iterator[Found]:
    count, rows = view.number("prompt.examples.count"), view.numbers("prompt.examples.row_ids")
    if rows and count is not None and count != len(rows):
        message = f"prompt.examples.count is {count:g}, and row_ids names {len(rows)}"
        yield Found("prompt.examples.count", message, f"write `count: {len(rows)}`, or change the rows")


def example_seed_ignored(view: View) -> Iterator[Found]:
    if not view.given("prompt.examples.seed"):
        return
    chosen = view.given("prompt.examples.row_ids")
    if chosen or view.number("prompt.examples.count") == 0:
        why = "where row_ids names the rows" if chosen else "where count is 0"
        yield Found("prompt.examples.seed", f"prompt.examples.seed is not looked at {why}", "remove `seed`")


def bad_template(view: View) -> Iterator[Found]:
    template = view.text("prompt.template")
    try:
        parse_template(template or "")
    except TemplateError as error:
        at = template_span(view.document, error.offset, 1)
        yield Found("prompt.template", f"prompt.template {error.message}", error.cure, at)


def template_without_column(view: View) -> Iterator[Found]:
    parts = _parts(view)
    if parts is not None and not columns(parts):
        message = "prompt.template names no column: every example would have the same prompt"
        yield Found("prompt.template", message, "add a `{column}`")


def output_in_template(view: View) -> Iterator[Found]:
    name = view.text("output_feature.name")
    for part in _parts(view) or ():
        if part.column and part.text == name:
            message = f"prompt.template holds `{{{name}}}`, the column to learn"
            cure = "leave it out: the model would read the answer before giving it"
            at = template_span(view.document, part.offset, len(part.text) + 2)
            yield Found("prompt.template", message, cure, at)
            return


def template_span(document: Document, offset: int, width: int) -> Span | None:
    """Return where the brace at `offset` of the template stands in the file, None where that cannot be told.

    Quotes, folding and indentation move characters but neither add nor remove a brace, so the brace with the same count
    in the source is the one meant; an escape that makes a brace (`\\x7b`) is noticed by the unequal totals.
    """
    template, place = document.at(TEMPLATE), document.places.get(TEMPLATE)
    if place is None or not isinstance(template, str) or place.style == "flow":
        return None
    header = len(place.source.partition("\n")[0]) if place.style in ("literal", "folded") else 0
    braces = [match.start() for match in re.finditer(r"[{}]", place.source) if match.start() >= header]
    count = len(re.findall(r"[{}]", template))
    if len(braces) != count:
        return None
    return document.inside(TEMPLATE, braces[len(re.findall(r"[{}]", template[:offset]))], width)


CHECKS = (
    Check("LF202", output_in_template),
    Check("LF203", bad_template),
    Check("LF206", template_and_messages),
    Check("LF206", output_and_messages),
    Check("LF207", system_without_chat),
    Check("LF208", template_without_column),
    Check("LF212", no_prompt),
    Check("LF213", no_output),
    Check("LF240", messages_without_chat),
    Check("LF216", examples_with_messages),
    Check("LF217", loss_on_ignored),
    Check("LF341", example_count_differs),
    Check("LF219", example_seed_ignored),
)
