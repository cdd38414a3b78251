"""What a model's chat template says about one question and one answer, found out once by rendering a probe.

    probe(template, tokenizer, system=None)
    == ChatFormat(system_in_user=False, lead="", head="", end_token="<|im_end|>", …)

    <|im_start|>user\nQUESTION<|im_end|>\n<|im_start|>assistant\nANSWER<|im_end|>\n
    └───────────── prompt, with the generation prompt ─────────┘ head lead   └─ first special token after it: the end

*Not here:* rendering rows (lfine.finetune.catalogue.rendering).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lfine.finetune.catalogue.chat import FIXED_DATE, ChatTemplate, ChatTemplateError, Message
from lfine.schemas.errors import MachineError
from lfine.schemas.problems import Problem

QUESTION, ANSWER = "What is the third question?", "This is the seventh answer."
"""Texts of the probe: no template writes them, and none changes them."""


@dataclass(frozen=True)
class ChatFormat:
    """How this model's chat is put together."""

    system_in_user: bool
    """The template has no place for a system text: it goes before the user's text."""
    head: str
    """What the template writes between the generation prompt and every answer (an empty block of thoughts)."""
    lead: str
    """White space between prompt and answer (" " for Mistral); it belongs to the completion."""
    end_token: str | None
    """First special token after the answer; None: the template writes none."""
    tail: str
    """Text between an answer and its end token (" " for Llama 2); conversations are written with it."""
    notes: tuple[str, ...]
    """What a user should know, in sentences."""


def lead_of(template: str | None) -> str:
    """Return the white space between prompt and answer without a chat template."""
    return "" if (template or "")[-1:].isspace() else " "


def plain(question: str, lead: str, *, shots: Iterable[tuple[str, str]] = ()) -> str:
    """Return the text before the answer without a chat template; few-shot examples are earlier rows and answers."""
    return "".join(f"{asked}{lead}{answer}\n\n" for asked, answer in shots) + question


def turns(
    question: str, system: str | None, *, system_in_user: bool, shots: Iterable[tuple[str, str]] = ()
) -> list[Message]:
    """Return the messages before the answer; few-shot examples are earlier questions and answers."""
    asked: list[Message] = []
    for earlier, answer in shots:
        asked += [Message("user", earlier), Message("assistant", answer)]
    return with_system([*asked, Message("user", question)], system, system_in_user=system_in_user)


def with_system(messages: list[Message], system: str | None, *, system_in_user: bool) -> list[Message]:
    """Put a system text first, or before the words of the first user's turn."""
    if system is None:
        return messages
    if not system_in_user:
        return [Message("system", system), *messages]
    first = next((at for at, message in enumerate(messages) if message.role == "user"), None)
    if first is None:
        return [Message("user", system), *messages]
    merged = Message("user", f"{system}\n\n{messages[first].content}")
    return [*messages[:first], merged, *messages[first + 1 :]]


def probe(template: ChatTemplate, control_tokens: Iterable[str], *, system: str | None) -> ChatFormat:
    """Find out the format; raises MachineError LF407 for a template that cannot write a question and an answer."""
    notes: list[str] = []
    system_in_user = system is not None and not takes_system(template, system)
    if system_in_user:
        notes.append("the model's chat template takes no system text: prompt.system stands before the user's text")
    if template.names_date:
        notes.append(f"the model's chat template writes the date: it is always {FIXED_DATE:%d %B %Y}")
    asked = turns(QUESTION, system, system_in_user=system_in_user)
    try:
        prompt = template.render(asked, add_generation_prompt=True)
        whole = template.render([*asked, Message("assistant", ANSWER)], add_generation_prompt=False)
    except ChatTemplateError as error:
        raise unusable(str(error)) from None
    if QUESTION not in prompt or ANSWER not in whole:
        raise unusable("it leaves out the question or the answer")
    at = whole.rindex(ANSWER)
    between = whole[len(prompt) : at] if whole.startswith(prompt) else ""
    head, lead = ("", between) if not between.strip() else (between, "")
    after = whole[at + len(ANSWER) :]
    end_token = first_token(after, control_tokens)
    tail = "" if end_token is None else after[: after.index(end_token)]
    return ChatFormat(system_in_user, head, lead, end_token, tail, tuple(notes))


def takes_system(template: ChatTemplate, system: str) -> bool:
    """Say whether the template writes a system text and does not refuse it."""
    try:
        text = template.render([Message("system", system), Message("user", QUESTION)], add_generation_prompt=True)
    except ChatTemplateError:
        return False
    return system.strip() in text and QUESTION in text


def first_token(text: str, tokens: Iterable[str]) -> str | None:
    """Return the first of the tokens that stands in a text; where two begin at one place, the longer one."""
    longest_first = sorted((token for token in tokens if token.strip()), key=lambda token: (-len(token), token))
    found = re.search("|".join(re.escape(token) for token in longest_first) or "(?!)", text)
    return found[0] if found else None


def unusable(reason: str) -> MachineError:
    """Return the error for a chat template that does not work."""
    message = f"the model's chat template cannot write a question and an answer: {reason}"
    return MachineError(Problem("LF407", message, "write the prompt without it: `prompt: {chat: none}`", path="prompt"))
