"""What an endpoint answers in place of an answer, and what can be done about it.

    Failure                 .reason, in lower case
     ├─ Flawed      another try may go better: no connection, no answer in time, 5xx, a reply that is none
     ├─ Busy        come back later (429): .wait in seconds, where the endpoint says so
     ├─ Refused     this question will never be answered (400, 413, 422); .filtered by a content filter
     └─ Barred      no question will: the key, the model, the address or the account (401, 402, 403, 404, 3xx)

*Not here:* trying again (endpoint.py), when (endpoint_waiting.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from lfine.finetune.generate.endpoint_waiting import retry_after

LONGEST_REASON = 300
"""Letters of what an endpoint says that a message repeats."""
SPENT = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""Codes with which OpenAI says by 429 that waiting will not help."""


class Failure(Exception):  # noqa: N818 (its kinds read as what an endpoint is: flawed, busy, barred)
    """One attempt without an answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Flawed(Failure):
    def __init__(self, reason: str, *, unreachable: bool = False, refused: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable
        """Nobody answered at all."""
        self.refused = refused
        """And at once: no such host, or nobody who listens there."""


class Busy(Failure):
    def __init__(self, reason: str, wait: float | None) -> None:
        super().__init__(reason)
        self.wait = wait


class Refused(Failure):
    def __init__(self, reason: str, *, filtered: bool = False) -> None:
        super().__init__(reason)
        self.filtered = filtered


class Barred(Failure):
    def __init__(self, code: str, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.code = code
        self.cure = cure


def said_in(data: bytes) -> str:
    """Return what an error's body says in words, on one line; never a web page."""
    text = data[:100_000].decode("utf-8", "replace").strip()
    if text.startswith("<"):
        return "a web page"
    return shortened(_sentence(text) or "nothing")


def _sentence(text: str) -> str:
    """Return the message of an error's JSON in any of the usual forms, else the text itself."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for _ in range(3):
        if isinstance(found, list) and found:
            found = found[0]
        if not isinstance(found, Mapping):
            break
        found = next((found[name] for name in ("error", "message", "detail", "msg") if found.get(name)), text)
    return found if isinstance(found, str) else text


def shortened(text: str) -> str:
    """Return a text on one line and not too long for a message."""
    line = " ".join(re.sub(r"[^\S ]|[\x00-\x1f\x7f-\x9f]", " ", text).split())
    return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"


def failure_of(status: int, headers: Mapping[str, str], data: bytes) -> Failure:
    """Return what a reply with the status of an error means."""
    said = said_in(data)
    reason = f"{status}: {said}"
    if status in (401, 403):
        return Barred(
            "LF420", reason, "set the key of this endpoint in OPENAI_API_KEY, or name its variable: --api-key-env"
        )
    if status == 402 or (status == 429 and _code(data) in SPENT):
        return Barred("LF423", reason, "the account has nothing left: fill it up")
    if status in (404, 405, 410):
        cure = "correct --model; or --endpoint, which ends where /chat/completions would follow (often in /v1)"
        return Barred("LF421", reason, cure)
    if 300 <= status < 400:
        return Barred(
            "LF424", f"{status}: it sends elsewhere{_elsewhere(headers)}", "give the address that it leads to"
        )
    if status == 429 or (status in (503, 529) and retry_after(headers) is not None) or status == 529:
        return Busy(reason, retry_after(headers))
    if status >= 500 or status in (408, 409, 425):
        return Flawed(reason)
    return Refused(reason, filtered=_code(data) in ("content_filter", "content_policy_violation"))


def _code(data: bytes) -> str | None:
    """Return the code of an OpenAI error."""
    try:
        error = json.loads(data)["error"]
        found = error.get("code") or error.get("type")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _elsewhere(headers: Mapping[str, str]) -> str:
    """Return host and path of a redirect; nothing else of it, which could be a secret."""
    try:
        parts = urlsplit(headers.get("location", ""))
        host = f"//{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return ""
    return " " + shortened(f"({host}{parts.path})") if host or parts.path else ""
