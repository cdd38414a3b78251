"""From the bytes that an endpoint sent to an answer; whatever is none says so in a sentence.

    read_reply(b'{"choices": [{"message": {"content": " fee "}, "finish_reason": "stop"}], "usage": {…}}', form)
      == Reply("fee", "stop", prompt_tokens=31, completion_tokens=2, cached_tokens=0)

An answer that was filtered or refused stays what it is: `content_filter` or `refusal`, with the words that came.

*Not here:* replies with an error's status (endpoint_failures.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lfine.finetune.generate.endpoint_failures import Flawed, said_in
from lfine.finetune.generate.endpoint_requests import Form

ENDS = {"eos_token": "stop", "stop_sequence": "stop", "tool_calls": "stop", "function_call": "stop"}
"""LoRAX's and OpenAI's other names for an end that the model itself made."""
LONGEST_TOKEN = 32
"""Letters of a token, more than any answer has on average."""
SHORTEST_CUT = 10_000
"""Letters that are kept of any answer, whatever max_new_tokens says."""


@dataclass(frozen=True)
class Reply:
    text: str | None
    """Without white space around it; None where a filter left nothing."""
    finish_reason: str | None
    """stop, length, content_filter, refusal, or what the endpoint calls it."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    """Of prompt_tokens, those that the endpoint had kept from earlier requests."""


def read_reply(data: bytes, form: Form) -> Reply:
    """Return the answer; raises Flawed where there is none."""
    found = _parsed(data)
    reply = _READERS[form.api](found)
    return _cut(_unwrapped(reply) if form.wrapped else reply, form)


def _parsed(data: bytes) -> Any:
    if not data.strip():
        raise Flawed("an empty reply")
    if data.lstrip()[:1] == b"<":
        raise Flawed("a web page in place of an answer")
    try:
        found = json.loads(data)
    except RecursionError:
        raise Flawed("a reply nested too deeply") from None
    except ValueError:
        raise Flawed("a reply that is not JSON, or was cut short") from None
    if isinstance(found, Mapping) and found.get("error"):
        raise Flawed(f"an error in place of an answer: {said_in(data)}")
    return found


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Flawed(f"a reply without {what}")
    return value


def _choice(found: object) -> Mapping[str, Any]:
    choices = _mapping(found, "choices").get("choices")
    if not isinstance(choices, list) or not choices:
        raise Flawed("a reply without choices")
    return _mapping(choices[0], "choices")


def _chat(found: object) -> Reply:
    choice = _choice(found)
    message = _mapping(choice.get("message"), "a message")
    content, refusal = message.get("content"), message.get("refusal")
    if isinstance(content, list):  # parts, of which only texts are words
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        content = "".join(part for part in parts if isinstance(part, str))
    reply = _openai(found, choice)
    if isinstance(refusal, str) and refusal and not content:
        return replace(reply, text=refusal.strip(), finish_reason="refusal")
    if content is None:
        # A model that used up its tokens in thought has said nothing; one that a filter stopped has no answer.
        return replace(reply, text=None if reply.finish_reason == "content_filter" else "")
    return replace(reply, text=_text(content))


def _completions(found: object) -> Reply:
    choice = _choice(found)
    return replace(_openai(found, choice), text=_text(choice.get("text")))


def _openai(found: object, choice: Mapping[str, Any]) -> Reply:
    usage = _mapping(found, "choices").get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    details = usage.get("prompt_tokens_details")
    return Reply(
        None,
        _end(choice.get("finish_reason")),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
        _count(details.get("cached_tokens")) if isinstance(details, Mapping) else None,
    )


def _lorax(found: object) -> Reply:
    if isinstance(found, list) and len(found) == 1:  # the form of its route for other clients
        found = found[0]
    whole = _mapping(found, "generated_text")
    details = whole.get("details")
    details = details if isinstance(details, Mapping) else {}
    end, asked, made = (details.get(name) for name in ("finish_reason", "prompt_tokens", "generated_tokens"))
    return Reply(_text(whole.get("generated_text")), _end(end), _count(asked), _count(made))


_READERS = {"chat": _chat, "completions": _completions, "lorax": _lorax}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Flawed("a reply without a text")
    return value.strip()


def _end(value: object) -> str | None:
    return ENDS.get(value, value) if isinstance(value, str) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _unwrapped(reply: Reply) -> Reply:
    """Return the label of `{"label": …}`; what is no such thing stays as it came."""
    try:
        label = json.loads(reply.text or "")["label"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return reply
    return replace(reply, text=label) if isinstance(label, str) else reply


def _cut(reply: Reply, form: Form) -> Reply:
    """End an answer where the task says it ends: at a stop text, and beyond what max_new_tokens could ever hold."""
    text = reply.text
    if text is None:
        return reply
    ends = [at for at in (text.find(stop) for stop in form.plan.stop) if at >= 0]
    if ends and not form.wrapped:
        return replace(reply, text=text[: min(ends)].strip(), finish_reason="stop")
    most = max(SHORTEST_CUT, LONGEST_TOKEN * form.max_new_tokens)
    return replace(reply, text=text[:most], finish_reason="length") if len(text) > most else reply
