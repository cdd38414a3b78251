"""Many requests to one endpoint at once: each answered, or failed with a reason, and nothing that arrived is lost.

    asker = Asker(form, key, pace, answers_file)
    outcomes = asyncio.run(asker.ask(requests, done=lambda request, outcome: bar.update()))
      == {"9f86d081…": Answer(text="fee", …), "2c26b46b…": Failed("400: the prompt is too long")}

A request is tried again after a flaw (no connection, 5xx, no JSON) up to `retries` times. 429 is no flaw: it is waited
for, as long as the endpoint answers anything within `patience` seconds. What no waiting mends (a wrong key, another
model, as many requests in a row that failed for good as are sent at once) stops everything: Barred. Those that are
under way then have GRACE seconds to arrive, because they are paid for. So does a connection that is refused, or a host
that nobody knows, where nothing has come of any request yet for FIRST_CONTACT seconds: it is a misspelt address or a
server that does not run. One that was there before may come back, and is tried again.

*Not here:* bytes (endpoint_clients.py), bodies and replies, which rows the requests stand for (lfine.endpoints).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from lfine.finetune.generate.endpoint_address import Key
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_clients import Client, certificates, open_client
from lfine.finetune.generate.endpoint_failures import Barred, Busy, Failure, Flawed, Refused
from lfine.finetune.generate.endpoint_limits import Bucket, Limits
from lfine.finetune.generate.endpoint_replies import Reply, read_reply
from lfine.finetune.generate.endpoint_requests import Form, Request
from lfine.finetune.generate.endpoint_waiting import Backoff

STRIKES = 10
"""Requests in a row that failed for good, and nothing goes on; with more than so many at once, that many."""
GRACE = 5.0
FIRST_CONTACT = 3.0
"""Seconds in which a server that is just starting may begin to listen."""
SYNC_SECONDS = 1.0
SHARING = 16
"""Requests at once that one client serves: it looks at each of its connections for every request."""


@dataclass(frozen=True)
class Pace:
    """How fast, and how long. Times in seconds."""

    concurrency: int = 16
    """Requests under way at once."""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout: float = 120.0
    """For one request from first to last byte, and for each part of it."""
    retries: int = 6
    """Tries of one request after the first that a flaw may cost."""
    patience: float = 600.0
    """Without any answer while the endpoint is busy."""
    first_wait: float = 1.0
    longest_wait: float = 60.0


@dataclass(frozen=True)
class Failed:
    """A request that will not be answered."""

    reason: str
    filtered: bool = False
    """By the endpoint's content filter, which is an answer of its kind."""


Outcome = Answer | Failed
Done = Callable[[Request, Outcome], object]


@dataclass
class Asker:
    """One command's questions to one endpoint; asked again, it keeps its limits and its count of failures."""

    form: Form
    key: Key
    pace: Pace
    file: AnswerFile
    sent: int = field(init=False, default=0)
    """Requests, every try counted."""
    outcomes: dict[str, Outcome] = field(init=False, default_factory=dict)
    """By key; whatever happens, what has arrived is here."""

    def __post_init__(self) -> None:
        pace = self.pace
        self._limits = Limits(Bucket(pace.requests_per_minute), Bucket(pace.tokens_per_minute))
        self._backoff = Backoff(pace.first_wait, pace.longest_wait)
        self._last_answer = 0.0
        self._found = False  # something came of a request: an answer, an error of the server's, be it a time-out
        self._strikes = 0
        self._most_strikes = STRIKES
        self._barred: Barred | None = None

    async def ask(self, requests: Sequence[Request], done: Done) -> dict[str, Outcome]:
        """Return the outcome of every request, by its key; raises Barred, and OSError where answers cannot be kept."""
        self._stopping = asyncio.Event()
        self._last_answer = time.monotonic()
        waiting = iter(requests)
        count = min(self.pace.concurrency, len(requests))
        self._most_strikes = max(STRIKES, count)
        async with AsyncExitStack() as stack:
            trusted, timeout = certificates(), self.pace.timeout
            opened = [
                open_client(self.form, self.key, timeout=timeout, trusted=trusted) for _ in range(0, count, SHARING)
            ]
            clients = [await stack.enter_async_context(each) for each in opened]
            self._workers = [
                asyncio.create_task(self._work(clients[number // SHARING], waiting, done)) for number in range(count)
            ]
            syncing = asyncio.create_task(self._sync())
            try:
                await self._finished()
            finally:
                for task in (*self._workers, syncing):
                    task.cancel()
                await asyncio.gather(*self._workers, syncing, return_exceptions=True)
        if self._barred is not None:
            raise self._barred
        return self.outcomes

    async def _finished(self) -> None:
        """Wait for all workers; the first that cannot go on (a full disk) ends the others."""
        if self._workers:
            ended, _ = await asyncio.wait(self._workers, return_when=asyncio.FIRST_EXCEPTION)
            for worker in ended:
                if not worker.cancelled():
                    worker.result()

    async def _sync(self) -> None:
        """Force answers to the disk beside everything else: while a disk is slow, answers must still be read."""
        while True:
            await asyncio.sleep(SYNC_SECONDS)
            with suppress(OSError):  # said when the file is closed
                await asyncio.to_thread(self.file.sync)

    async def _work(self, client: Client, waiting: Iterator[Request], done: Done) -> None:
        for request in waiting:
            if self._stopping.is_set():
                return
            outcome = await self._settled(client, request)
            if outcome is None:
                return
            self.outcomes[request.key] = outcome
            done(request, outcome)

    async def _settled(self, client: Client, request: Request) -> Outcome | None:
        """Return the outcome of one request; None when everything stops before there is one."""
        began, tries, busy = time.monotonic(), 0, 0
        while await self._admitted(request):
            try:
                return await self._answered(client, request)
            except Barred as barred:
                self._stop(barred)
                return None
            except Refused as refused:
                return self._failed(self.key.redact(refused.reason), filtered=refused.filtered)
            except Busy as failure:
                busy += 1
                wait = (failure.wait or 0.0) + self._backoff.after(busy)
                if self._out_of_patience(wait):
                    if self._last_answer > began:  # others are answered, and this one is not
                        return self._failed(self.key.redact(failure.reason))
                    self._stop(self._too_busy(failure))
                    return None
                if failure.wait is not None:
                    self._limits.close(failure.wait, now=time.monotonic())
            except Flawed as flawed:
                tries += 1
                wait = self._backoff.after(tries)
                if self._nobody_there(flawed, wait, last=tries > self.pace.retries):
                    self._stop(Barred("LF422", flawed.reason, UNREACHABLE_CURE))
                    return None
                if tries > self.pace.retries:
                    return self._failed(self.key.redact(flawed.reason), unreachable=flawed.unreachable)
            await self._pause(wait)
        return None

    async def _admitted(self, request: Request) -> bool:
        """Wait for the limits; False when everything stops."""
        await self._pause(self._limits.reserve(request.tokens, now=time.monotonic()))
        while not self._stopping.is_set():
            closed = self._limits.closed(now=time.monotonic())
            if closed <= 0:
                return True
            await self._pause(closed)
        return False

    async def _pause(self, seconds: float) -> None:
        if seconds > 0:
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return

    async def _answered(self, client: Client, request: Request) -> Answer:
        """Ask once and keep the answer."""
        self.sent += 1
        began = time.monotonic()
        data = await self._reply(client, request)
        reply = read_reply(data, self.form)
        answer = self._answer(request, reply, time.monotonic() - began)
        self.file.add(answer)
        self._last_answer = time.monotonic()
        self._strikes = 0
        used = (answer.prompt_tokens or 0) + (answer.completion_tokens or 0)
        if used:
            self._limits.tokens.give_back(request.tokens - used)
        return answer

    async def _reply(self, client: Client, request: Request) -> bytes:
        """Send once; all that can come of it but a refused connection shows that there is an endpoint."""
        try:
            async with asyncio.timeout(self.pace.timeout):
                data = await client.send(request)
        except TimeoutError:
            self._found = True
            raise Flawed(f"no whole answer within {self.pace.timeout:g} s") from None
        except Failure as failure:
            self._found = self._found or not (isinstance(failure, Flawed) and failure.refused)
            raise
        self._found = True
        return data

    def _nobody_there(self, flawed: Flawed, wait: float, *, last: bool) -> bool:
        """Tell whether the address leads nowhere, so far as can be seen before anything has come of a request."""
        late = time.monotonic() + wait - self._last_answer > FIRST_CONTACT
        return flawed.refused and not self._found and (last or late)

    def _answer(self, request: Request, reply: Reply, seconds: float) -> Answer:
        return Answer(
            key=request.key,
            text=None if reply.text is None else self.key.redact(reply.text),
            finish_reason=None if reply.finish_reason is None else self.key.redact(reply.finish_reason),
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            cached_tokens=reply.cached_tokens,
            seconds=round(seconds, 4),
        )

    def _failed(self, reason: str, *, filtered: bool = False, unreachable: bool = False) -> Failed:
        """Count a request that failed for good; too many without an answer between them, and nothing goes on."""
        if not filtered:
            self._strikes += 1
        if self._strikes >= self._most_strikes:
            code, cure = ("LF422", UNREACHABLE_CURE) if unreachable else ("LF424", UNUSABLE_CURE)
            self._stop(Barred(code, f"{self._strikes} requests in a row failed for good, the last with {reason}", cure))
        return Failed(reason, filtered)

    def _out_of_patience(self, wait: float) -> bool:
        return time.monotonic() + wait - self._last_answer > self.pace.patience

    def _too_busy(self, failure: Failure) -> Barred:
        asked = f"; it asks to wait {failure.wait:g} s" if isinstance(failure, Busy) and failure.wait else ""
        reason = (
            f"no answer within {self.pace.patience:g} s (--patience), the endpoint is busy: {failure.reason}{asked}"
        )
        return Barred("LF423", reason, "later; or fewer at once: --concurrency, --requests-per-minute")

    def _stop(self, barred: Barred) -> None:
        """Let nobody begin anything; what is under way has a little time to arrive."""
        if self._barred is None:
            self._barred = Barred(barred.code, self.key.redact(barred.reason), barred.cure)
            self._stopping.set()
            asyncio.get_running_loop().call_later(GRACE, self._cancel)

    def _cancel(self) -> None:
        for worker in self._workers:
            worker.cancel()


UNREACHABLE_CURE = "look whether the server runs and --endpoint names it, and whether a proxy stands between"
UNUSABLE_CURE = "look at what the endpoint says; --request KEY=VALUE sends it what it wants, KEY=null leaves a key out"
