"""An endpoint on 127.0.0.1 that answers as it is told, well or badly, and remembers what it was asked.

    with Server(lambda call: "error" if call.number % 3 == 0 else "ok") as server:
        …  server.url  server.calls  server.answered
    python -m benchmarks.endpoint_server --delay 1 --behave mix     prints its port; GET /counts tells what it was asked

It speaks HTTP/1.1 by hand, because most of what it must do no server library does: hang, drip, break off in an answer.

*Not here:* who asks (benchmarks/endpoint.py, tests).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    429: "Too Many",
    500: "Oh",
}
ERRORS: dict[str, tuple[int, object]] = {
    "unauthorized": (401, {"error": {"message": "Incorrect API key provided: {key}", "code": "invalid_api_key"}}),
    "no_model": (404, {"error": {"message": "The model `{model}` does not exist", "code": "model_not_found"}}),
    "busy": (429, {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}),
    "spent": (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
    "error": (500, {"error": {"message": "The server had an error"}}),
    "too_long": (400, {"error": {"message": "maximum context length is 10 tokens", "code": "context_length_exceeded"}}),
    "filtered": (400, {"error": {"message": "The prompt was filtered", "code": "content_filter"}}),
    "redirect": (302, {}),
}
BAD = ("hang", "drip", "half", "silence", "html", "busy", "error", "not_json", "nothing", "no_choices", "error_in_200")
"""Behaviours that another try may mend."""


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    number: int
    """From 1, in the order of arrival."""
    nth: int
    """How often this body has been sent, this time included."""
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps(self.body, sort_keys=True).encode()).hexdigest()

    @property
    def asked(self) -> str:
        """The last words of the prompt."""
        if "messages" in self.body:
            return str(self.body["messages"][-1]["content"])
        return str(self.body.get("prompt") or self.body.get("inputs"))


@dataclass
class Server:
    """Runs in a thread of its own while the context lasts."""

    behave: Callable[[Call], str] = lambda _: "ok"
    answer: Callable[[Call], str] = lambda call: f"answer to {call.asked}"
    delay: Callable[[Call], float] = lambda _: 0.0
    """Seconds before an answer."""
    retry_after: str | None = None
    """Header of a 429."""
    calls: list[Call] = field(init=False, default_factory=list)
    answered: dict[str, float] = field(init=False, default_factory=dict)
    """Key → when the whole answer had been handed to the system, of answers that are good."""
    most_at_once: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._now = 0
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True)
        self._thread.start()
        ready.wait(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, ready: threading.Event) -> None:
        """Serve until the context ends."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**24, backlog=2048)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._ended.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one(reader, writer):
                pass
        self._writers.discard(writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False when the connection is to be closed."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
        data = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET":
            await self._send(writer, 200, json.dumps(self._counts()).encode(), {"content-type": "application/json"})
            return True
        body = json.loads(data)
        key = Call(0, 0, path, {}, body).key
        self._asked[key] += 1
        call = Call(len(self.calls) + 1, self._asked[key], path, headers, body)
        self.calls.append(call)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            return await self._answered(call, writer)
        finally:
            self._now -= 1

    def _counts(self) -> dict[str, Any]:
        return {"asked": dict(self._asked), "answered": self.answered, "most_at_once": self.most_at_once}

    async def _answered(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        how = self.behave(call)
        if how in ("hang", "drip"):
            return await self._endless(writer, drip=how == "drip")
        if how == "silence":
            return False
        await asyncio.sleep(self.delay(call))
        if how in ERRORS:
            status, error = ERRORS[how]
            key = call.headers.get("authorization", "").removeprefix("Bearer ")
            text = json.dumps(error).replace("{key}", key).replace("{model}", str(call.body.get("model")))
            await self._send(writer, status, text.encode(), self._headers(status))
            return True
        data, kind = self._good(call, how)
        if how == "half":
            await self._send(writer, 200, data, {"content-type": kind}, cut=len(data) // 2)
            return False
        await self._send(writer, 200, data, {"content-type": kind})
        if how in ("ok", "wrong_type", "empty", "huge"):
            self.answered[call.key] = time.time()
        return True

    def _headers(self, status: int) -> dict[str, str]:
        wait = {"retry-after": self.retry_after} if status == 429 and self.retry_after is not None else {}
        there = {"location": "https://elsewhere.example/login?token=secret"} if status == 302 else {}
        return {"content-type": "application/json", **wait, **there}

    def _good(self, call: Call, how: str) -> tuple[bytes, str]:
        """Return a body with status 200, and its content type."""
        if how == "html":
            return b"<!doctype html><title>It works</title>", "text/html"
        if how == "not_json":
            return b'{"choices": [{"message": {"content": "hal', "application/json"
        if how == "nothing":
            return b"", "application/json"
        if how == "no_choices":
            return b'{"choices": []}', "application/json"
        if how == "error_in_200":
            return b'{"error": {"message": "upstream failed"}}', "application/json"
        text = {"empty": "", "huge": "x" * 10_000_000}.get(how) if how in ("empty", "huge") else self.answer(call)
        return json.dumps(
            self._reply(call, text or "")
        ).encode(), "text/plain" if how == "wrong_type" else "application/json"

    def _reply(self, call: Call, text: str) -> object:
        tokens = len(call.asked.split()), len(text.split())
        if call.path.endswith("/generate"):
            details = {"finish_reason": "eos_token", "prompt_tokens": tokens[0], "generated_tokens": tokens[1]}
            return {"generated_text": text, "details": details}
        said = {"message": {"role": "assistant", "content": text}} if "messages" in call.body else {"text": text}
        usage = {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "prompt_tokens_details": {"cached_tokens": 1},
        }
        return {"choices": [{"index": 0, "finish_reason": "stop", **said}], "usage": usage}

    async def _send(
        self, writer: asyncio.StreamWriter, status: int, data: bytes, headers: Mapping[str, str], cut: int | None = None
    ) -> None:
        lines = [f"HTTP/1.1 {status} {REASONS[status]}", f"content-length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + data[:cut])
        await writer.drain()

    async def _endless(self, writer: asyncio.StreamWriter, *, drip: bool) -> bool:
        if drip:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n")
        while not writer.is_closing():
            if drip:
                writer.write(b" ")
                await writer.drain()
            await asyncio.sleep(0.02)
        return False


def mixed(call: Call) -> str:
    """Fail in every way: a question's number says how its first try fails, and one in fifty is never answered."""
    number = int(call.asked.split()[-1])
    ways = (*BAD, "ok", "empty", "huge", "wrong_type", "filtered", "too_long")
    way = ways[number % len(ways)]
    if number % 50 == 49:
        return BAD[number // 50 % len(BAD)]
    if call.number % 3 == 0 and number % 5 == 0 and call.nth <= 2:
        return "error"
    return way if way not in BAD or call.nth == 1 else "ok"


def main() -> None:
    parser = argparse.ArgumentParser(description="an endpoint on 127.0.0.1")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--behave", default="ok")
    parser.add_argument("--retry-after")
    given = parser.parse_args()
    seconds, how = float(given.delay), str(given.behave)
    behave = mixed if how == "mix" else lambda _: how
    with Server(behave, delay=lambda _: seconds, retry_after=given.retry_after) as server:
        print(server.port, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
