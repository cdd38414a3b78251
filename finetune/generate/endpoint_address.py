"""Where a remote model answers, and the key that opens it: both checked before anything is sent or written.

    address_of("https://api.example.com/v1/completions") == Address("https://api.example.com/v1", "api.example.com")
    key = read_key("OPENAI_API_KEY")        Key(…): its text stands nowhere but in the header of a request

A URL is never repeated in a message: what is wrong with it may be the password in it. *Not here:* sending
(endpoint_clients.py).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from lfine.schemas.errors import MachineError, UsageError
from lfine.schemas.problems import Problem

DEFAULT_KEY = "OPENAI_API_KEY"
ROUTES = ("/chat/completions", "/completions", "/generate")
"""Ends of a URL that name the call, not the endpoint; people copy them along."""
LOOPBACK = ("localhost", "127.", "::1")
REDACTED = "(key)"
SHORTEST = 8
"""Characters of a key that is looked for in what the endpoint says; the keys of local servers (`EMPTY`) are words."""


@dataclass(frozen=True)
class Address:
    """The part of a URL before the call, without a slash at its end."""

    url: str
    host: str
    """With the port where one is given."""

    @property
    def overheard(self) -> bool:
        """Whether a key would go over a network as clear text."""
        return self.url.startswith("http://") and not self.host.removeprefix("[").startswith(LOOPBACK)


@dataclass(frozen=True)
class Key:
    """An API key, and nothing when there is none; its text is never shown."""

    text: str = field(repr=False)
    name: str
    """Of the environment variable."""

    def redact(self, said: str) -> str:
        """Return what an endpoint said without the key, should it repeat it."""
        return said.replace(self.text, REDACTED) if len(self.text) >= SHORTEST else said


def address_of(given: str) -> Address:
    """Return the address of `--endpoint`; UsageError LF115 for one that cannot be used or holds a secret."""
    try:
        parts = urlsplit(given.strip())
        port = parts.port
    except ValueError:
        raise _unusable("it is no URL") from None
    _check(given.strip(), parts)
    path = parts.path.rstrip("/")
    for route in ROUTES:
        if path.endswith(route):
            path = path.removesuffix(route)
            break
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    host = f"{name}:{port}" if port is not None else f"{name}"
    return Address(f"{parts.scheme}://{host}{path}", host)


def _check(given: str, parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise _unusable("it holds a user name or password", "keys come from the environment: --api-key-env NAME")
    if parts.query or parts.fragment:
        raise _unusable("something stands behind its path (?… or #…)", "leave it out: keys come from the environment")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _unusable("it is no URL that begins with http:// or https://")
    if not given.isprintable() or any(letter.isspace() for letter in given):
        raise _unusable("a blank or control character stands in it")


def _unusable(what: str, cure: str = "give it as in --endpoint https://api.example.com/v1") -> UsageError:
    return UsageError(Problem("LF115", f"the URL of --endpoint cannot be used: {what}", cure))


def read_key(name: str | None) -> Key:
    """Return the key in the environment variable `name`; None: OPENAI_API_KEY, and no key where that is not set.

    Raises MachineError LF425 for a variable that was named and is not set, and for a key that no header can hold.
    """
    text = os.environ.get(name or DEFAULT_KEY, "").strip()
    if not text and name is not None:
        message = f"the environment variable {name}, which should hold the API key, is not set"
        raise MachineError(Problem("LF425", message, f"export {name}=…, or another name with --api-key-env"))
    if not (text.isascii() and text.isprintable()) or " " in text:
        message = f"what {name or DEFAULT_KEY} holds cannot be an API key: a letter of it cannot stand in a header"
        raise MachineError(Problem("LF425", message, "set it anew, without quotes and line ends"))
    return Key(text, name or DEFAULT_KEY)
