"""A model's chat template: messages become the text that the model was trained to read.

    ChatTemplate(source, {"eos_token": "<|im_end|>"}).render([Message("user", "hi")], add_generation_prompt=True)
    == "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"

The template comes with the model and is rendered by jinja2 in its sandbox, with the settings, filters and functions
that transformers gives it; tests compare the two. One thing is different on purpose: a template that writes today's
date gets a fixed one, so that a prompt is the same in training, tomorrow and next year.

*Not here:* which messages are written (lfine.finetune.catalogue.rendering).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

FIXED_DATE = datetime(2025, 1, 1)
"""What `strftime_now` says in every chat template, whatever the day."""


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: str
    """system, user or assistant."""
    content: str


class ChatTemplateError(Exception):
    """A template that cannot be rendered, or that refuses these messages."""


class Generation(Extension):
    """`{% generation %}…{% endgeneration %}` marks the assistant's words for others; its text stands as it is."""

    tags = {"generation"}  # noqa: RUF012 -- jinja2's own way to name a tag

    def parse(self, parser: Parser) -> nodes.Node:
        """Return the block's body, with a scope of its own as in transformers."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body).set_lineno(line)


class Storage(jinja2.utils.Namespace):
    """`namespace(…)` without names that begin with an underscore."""

    def __setitem__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            raise jinja2.exceptions.SecurityError(f"a chat template must not set {name!r}")
        super().__setitem__(name, value)


def refuse(message: str) -> NoReturn:
    raise jinja2.TemplateError(message)


def to_json(
    value: object,
    ensure_ascii: bool = False,  # noqa: FBT001, FBT002 -- templates pass it by position or name
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,  # noqa: FBT001, FBT002
) -> str:
    """Return JSON as transformers' `tojson` does: no HTML escapes, letters of every script as they are."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def fixed_date(layout: str) -> str:
    return FIXED_DATE.strftime(layout)


def environment() -> ImmutableSandboxedEnvironment:
    """Return the sandbox that chat templates are written for."""
    sandbox = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    sandbox.filters["tojson"] = to_json
    functions: dict[str, Callable[..., object]] = {
        "raise_exception": refuse,
        "strftime_now": fixed_date,
        "namespace": Storage,
    }
    sandbox.globals.update(functions)
    return sandbox


class ChatTemplate:
    """One compiled template with the special tokens that it may name."""

    def __init__(self, source: str, special_tokens: Mapping[str, str]) -> None:
        self.source = source
        self._special_tokens = dict(special_tokens)
        try:
            self._template = environment().from_string(source)
            self._template.globals = dict(self._template.globals)  # jinja2 copies them for every text: a fifth faster
        except jinja2.TemplateError as error:
            raise ChatTemplateError(f"it is no template: {error}") from None

    @property
    def names_date(self) -> bool:
        """Whether the template asks for today's date and gets the fixed one."""
        return "strftime_now" in self.source

    def prefixes(self, messages: Sequence[Message]) -> list[tuple[str, str]]:
        """Return each message's role and the text up to its end; one that the template refuses alone joins the next.

        What the template itself writes before the first message (a system text of its own) is the part `template`.
        """
        preamble = self._preamble(messages[0]) if messages else ""
        ends = [("template", preamble)] if preamble else []
        for at, message in enumerate(messages):
            try:
                ends.append((message.role, self.render(messages[: at + 1], add_generation_prompt=False)))
            except ChatTemplateError:
                continue
        return ends

    def _preamble(self, message: Message) -> str:
        """Return what stands before a first message: the same message again comes without it."""
        try:
            once, twice = (self.render([message] * times, add_generation_prompt=False) for times in (1, 2))
        except ChatTemplateError:
            return ""
        return once.removesuffix(twice[len(once) :]) if twice.startswith(once) and len(twice) > len(once) else ""

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """Return the text of a chat; raises ChatTemplateError where the template refuses it."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._template.render(
                messages=turns,
                tools=None,
                documents=None,
                add_generation_prompt=add_generation_prompt,
                **self._special_tokens,
            )
        except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
            raise ChatTemplateError(str(error) or type(error).__name__) from None
