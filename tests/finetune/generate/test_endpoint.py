"""Many requests at once against a server that does everything wrong that servers do; delays are scaled down."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.endpoint_server import BAD, Call, Server
from lfine.finetune.generate import endpoint
from lfine.finetune.generate.endpoint import FIRST_CONTACT, STRIKES, Asker, Failed
from lfine.finetune.generate.endpoint_address import Key, address_of
from lfine.finetune.generate.endpoint_answers import Answer, AnswerFile
from lfine.finetune.generate.endpoint_clients import Client, open_client
from lfine.finetune.generate.endpoint_failures import Flawed
from lfine.finetune.generate.endpoint_requests import Api, Request, requests_of
from tests.finetune.generate.asking import KEY, QUICK, asked, form, form_of, question, questions


def first_then(bad: str) -> Callable[[Call], str]:
    """Every question fails once in one way, and is answered then."""
    return lambda call: bad if call.nth == 1 else "ok"


@pytest.mark.parametrize("api", ["chat", "completions", "lorax"])
def test_every_question_is_answered_once(api: Api, tmp_path: Path) -> None:
    with Server(delay=lambda _: 0.01) as server:
        ended = asked(form_of(server, api), questions(30, api), tmp_path, replace(QUICK, concurrency=7))
    assert sorted(answer.text or "" for answer in ended.answers) == sorted(f"answer to question {n}" for n in range(30))
    assert (ended.sent, len(server.calls)) == (30, 30)
    assert 2 <= server.most_at_once <= 7
    assert {answer.prompt_tokens for answer in ended.answers} == {2}
    assert all(answer.seconds >= 0.01 for answer in ended.answers)


@pytest.mark.parametrize("bad", BAD)
def test_what_another_try_mends(bad: str, tmp_path: Path) -> None:
    pace = replace(QUICK, timeout=0.4) if bad in ("hang", "drip") else QUICK
    with Server(first_then(bad)) as server:
        ended = asked(form_of(server), questions(8), tmp_path, pace)
    assert (len(ended.answers), ended.sent) == (8, 16)
    assert ended.barred is None
    on_disk = AnswerFile(tmp_path / "answers.jsonl").read(list(ended.outcomes))
    assert on_disk == ended.outcomes


@pytest.mark.parametrize("bad", ["error", "half", "not_json", "html"])
def test_a_question_that_never_goes_well_fails_alone(bad: str, tmp_path: Path) -> None:
    with Server(lambda call: bad if call.asked == "question 3" else "ok") as server:
        ended = asked(form_of(server), questions(8), tmp_path)
    assert (len(ended.answers), len(ended.failed), ended.barred) == (7, 1, None)
    assert ended.failed[0].reason
    assert ended.sent == 7 + 1 + QUICK.retries


def test_every_third_request_fails(tmp_path: Path) -> None:
    with Server(lambda call: "error" if call.number % 3 == 0 else "ok") as server:
        ended = asked(form_of(server), questions(40), tmp_path, replace(QUICK, retries=12))
    assert len(ended.answers) == 40


@pytest.mark.parametrize(
    ("how", "text"), [("empty", ""), ("wrong_type", "answer to question 0"), ("huge", "x" * 10_000)]
)
def test_odd_answers_are_answers(how: str, text: str, tmp_path: Path) -> None:
    with Server(lambda _: how) as server:
        ended = asked(form_of(server), questions(1), tmp_path)
    assert [answer.text for answer in ended.answers] == [text]
    assert ended.sent == 1


@pytest.mark.parametrize(
    ("bad", "code"), [("unauthorized", "LF420"), ("no_model", "LF421"), ("spent", "LF423"), ("redirect", "LF424")]
)
def test_what_no_try_mends_stops_everything_at_once(bad: str, code: str, tmp_path: Path) -> None:
    with Server(lambda call: bad if call.number > 5 else "ok") as server:
        ended = asked(form_of(server), questions(200), tmp_path, replace(QUICK, concurrency=4))
    assert ended.barred is not None
    assert (ended.barred.code, len(ended.answers), len(ended.failed)) == (code, 5, 0)
    assert ended.sent <= 5 + 4
    assert len(AnswerFile(tmp_path / "answers.jsonl").read([a.key for a in ended.answers])) == 5


def test_what_is_under_way_when_everything_stops_still_arrives(tmp_path: Path) -> None:
    def third(call: Call) -> bool:
        return call.asked == "question 3"

    with Server(
        lambda call: "unauthorized" if third(call) else "ok", delay=lambda call: 0.3 * (not third(call))
    ) as server:
        ended = asked(form_of(server), questions(4), tmp_path)
    assert ended.barred is not None
    assert len(ended.answers) == 3


def test_what_hangs_when_everything_stops_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "GRACE", 0.2)
    began = time.monotonic()
    with Server(lambda call: "unauthorized" if call.asked == "question 3" else "hang") as server:
        ended = asked(form_of(server), questions(4), tmp_path, replace(QUICK, timeout=600))
    assert ended.barred is not None
    assert time.monotonic() - began < 500, "it waited for requests that hang"


def test_busy_for_ever_stops_when_patience_ends_and_keeps_what_was_answered(tmp_path: Path) -> None:
    with Server(lambda call: "ok" if call.number <= 6 else "busy") as server:
        ended = asked(form_of(server), questions(20), tmp_path, replace(QUICK, patience=0.5, concurrency=4))
    assert ended.barred is not None
    assert (ended.barred.code, len(ended.answers)) == ("LF423", 6)
    assert "no answer within 0.5 s (--patience)" in ended.barred.reason
    assert "Rate limit reached" in ended.barred.reason


def test_busy_for_longer_than_retries_is_no_failure(tmp_path: Path) -> None:
    with Server(lambda call: "busy" if call.nth <= 9 else "ok") as server:
        ended = asked(form_of(server), questions(5), tmp_path, replace(QUICK, retries=1))
    assert len(ended.answers) == 5


def test_a_question_that_alone_is_always_too_much_fails_alone(tmp_path: Path) -> None:
    with Server(lambda call: "busy" if call.asked == "question 0" else "ok") as server:
        ended = asked(form_of(server), questions(6), tmp_path, replace(QUICK, patience=2))
    assert (len(ended.answers), ended.barred) == (5, None)
    assert [each.reason for each in ended.failed] == ["429: Rate limit reached"]


def test_nobody_asks_while_the_endpoint_wants_to_be_left_alone(tmp_path: Path) -> None:
    times: list[float] = []

    def behave(call: Call) -> str:
        times.append(time.monotonic())
        return "busy" if call.number == 1 else "ok"

    with Server(behave, retry_after="0.6", delay=lambda call: 0.2 * (call.number > 1)) as server:
        ended = asked(form_of(server), questions(5), tmp_path, replace(QUICK, concurrency=2))
    assert len(ended.answers) == 5
    assert times[2] - times[0] >= 0.6, "the second worker asked on"


def test_a_wait_longer_than_patience_is_not_begun(tmp_path: Path) -> None:
    with Server(lambda _: "busy", retry_after="86400") as server:
        ended = asked(form_of(server), questions(3), tmp_path, QUICK)
    assert ended.barred is not None
    assert "it asks to wait 86400 s" in ended.barred.reason


@pytest.mark.parametrize(("bad", "said"), [("html", "a web page"), ("too_long", "maximum context length")])
def test_one_failure_after_the_other_stops_everything(bad: str, said: str, tmp_path: Path) -> None:
    with Server(lambda call: "ok" if call.number <= 3 else bad) as server:
        ended = asked(form_of(server), questions(500), tmp_path, replace(QUICK, concurrency=2, retries=1))
    assert ended.barred is not None
    assert (ended.barred.code, len(ended.answers)) == ("LF424", 3)
    assert said in ended.barred.reason
    assert STRIKES <= len(ended.failed) <= STRIKES + 1


def test_nobody_there_is_said_as_such(tmp_path: Path) -> None:
    with Server() as server:
        gone = form_of(server)
    ended = asked(gone, questions(30), tmp_path, replace(QUICK, retries=1))
    assert ended.barred is not None
    assert ended.barred.code == "LF422"


@pytest.mark.parametrize("retries", [0, 2])
def test_an_address_that_leads_nowhere_is_not_waited_for(retries: int, tmp_path: Path) -> None:
    with Server() as server:
        gone = form_of(server)
    # the second wait of any request would end after the seconds that a server may take to start
    patient = replace(QUICK, concurrency=2, retries=retries, first_wait=4 * FIRST_CONTACT, longest_wait=60)
    ended = asked(gone, questions(3), tmp_path, patient)
    assert ended.barred is not None
    assert (ended.barred.code, ended.sent, ended.outcomes) == ("LF422", 2, {})
    assert ended.barred.reason.startswith("no connection: ")
    assert "whether the server runs" in ended.barred.cure


class Refusing:
    """A client that is refused at first, or from some request on, in the order in which they are sent."""

    def __init__(self, client: Client, refused: Collection[int]) -> None:
        self.client, self.refused, self.sent = client, refused, 0

    async def send(self, request: Request) -> bytes:
        self.sent += 1
        if self.sent in self.refused:
            raise Flawed("no connection: refused", unreachable=True, refused=True)
        return await self.client.send(request)


@pytest.mark.parametrize(
    ("first", "refused", "seconds", "answered"),
    [
        ("ok", {1, 2, 3}, 60.0, True),  # a server that is starting
        ("ok", {1}, 0.0, False),  # one that does not start
        ("ok", {2, 3, 4}, 0.0, True),  # one that was there and starts anew
        ("error", {2, 3}, 0.0, True),  # one that has said something, be it an error
        ("busy", {2, 3}, 0.0, True),
        ("hang", {2, 3}, 0.0, True),  # a time-out is no refusal
    ],
)
def test_only_an_endpoint_that_never_spoke_is_given_up_at_once(
    *, first: str, refused: set[int], seconds: float, answered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def refusing(*words: Any, **more: Any) -> AsyncIterator[Refusing]:
        async with open_client(*words, **more) as client:
            yield Refusing(client, refused)

    monkeypatch.setattr(endpoint, "open_client", refusing)
    monkeypatch.setattr(endpoint, "FIRST_CONTACT", seconds)
    with Server(lambda call: first if call.number == 1 else "ok") as server:
        ended = asked(form_of(server), questions(2), tmp_path, replace(QUICK, concurrency=1, timeout=1.0, retries=4))
    assert (len(ended.answers), ended.barred is None) == ((2, True) if answered else (0, False))


def test_a_content_filter_is_no_strike(tmp_path: Path) -> None:
    with Server(lambda _: "filtered") as server:
        ended = asked(form_of(server), questions(3 * STRIKES), tmp_path)
    assert ended.barred is None
    assert {each.filtered for each in ended.failed} == {True}
    assert len(ended.failed) == ended.sent == 3 * STRIKES


def test_a_key_that_the_endpoint_repeats_goes_nowhere(tmp_path: Path) -> None:
    with Server(answer=lambda call: f"you sent {call.headers['authorization']}") as server:
        ended = asked(form_of(server), questions(2), tmp_path)
    assert [answer.text for answer in ended.answers] == ["you sent Bearer (key)"] * 2
    with Server(lambda _: "unauthorized") as server:
        barred = asked(form_of(server), questions(2), tmp_path).barred
    assert barred is not None
    assert barred.reason == "401: Incorrect API key provided: (key)"
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*.jsonl"))


def test_limits_are_kept_before_the_endpoint_has_to_say_so(tmp_path: Path) -> None:
    times: list[float] = []

    def behave(_: Call) -> str:
        times.append(time.monotonic())
        return "ok"

    with Server(behave) as server:
        asked(form_of(server), questions(8), tmp_path, replace(QUICK, requests_per_minute=300))
    assert times[-1] - times[0] >= 0.5  # five at once, then three times a fifth of a second


def test_limits_of_tokens_count_what_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def pause(_: Asker, seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(Asker, "_pause", pause)
    how = form(max_new_tokens=100_000)
    with Server() as server:
        pace = replace(QUICK, tokens_per_minute=6_000_000, concurrency=1)
        asked(replace(how, address=address_of(server.url)), questions(6), tmp_path, pace)
    assert sum(waited) < 0.1, "a second each for tokens that nobody used"


def test_a_disk_that_takes_no_more_ends_it_at_once(tmp_path: Path) -> None:
    class Full(AnswerFile):
        taken = 0

        def add(self, answer: Answer) -> None:
            self.taken += 1
            if self.taken == 2:
                raise OSError(28, "No space left on device")
            super().add(answer)

    with Server(delay=lambda _: 0.01) as server:
        how = form_of(server)
        asker = Asker(how, Key(KEY, "K"), replace(QUICK, concurrency=3), Full(tmp_path / "a.jsonl"))
        with pytest.raises(OSError, match="No space left"):
            asyncio.run(asker.ask(requests_of(questions(100), how), lambda *_: None))
    assert len(server.calls) <= 8, "the other workers go on"


def test_answers_are_read_while_the_disk_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "SYNC_SECONDS", 0.01)
    ended = threading.Event()
    read: list[int] = []

    class Slow(AnswerFile):
        def sync(self) -> None:
            ended.wait(60)  # as long as answers are missing
            super().sync()

    with Server(delay=lambda _: 0.03) as server, Slow(tmp_path / "a.jsonl") as file:
        how = form_of(server)
        asker = Asker(how, Key(KEY, "K"), replace(QUICK, concurrency=1), file)

        def done(request: Request, _: object) -> None:
            read.extend(request.row_ids)
            if len(read) == 6:
                ended.set()

        asyncio.run(asker.ask(requests_of(questions(6), how), done))
        assert ended.is_set()
    assert read == [0, 1, 2, 3, 4, 5]


def test_more_at_once_than_strikes_must_all_fail(tmp_path: Path) -> None:
    pace = replace(QUICK, concurrency=3 * STRIKES, retries=0)
    with Server(lambda call: "error" if call.number <= 2 * STRIKES else "ok") as server:
        ended = asked(form_of(server), questions(6 * STRIKES), tmp_path, pace)
    assert (ended.barred, len(ended.failed), len(ended.answers)) == (None, 2 * STRIKES, 4 * STRIKES)


def test_the_caller_hears_of_each_outcome(tmp_path: Path) -> None:
    heard: list[tuple[tuple[int, ...], bool]] = []
    with Server(lambda call: "too_long" if call.asked == "b" else "ok") as server, AnswerFile(tmp_path / "a") as file:
        how = form_of(server)
        asker = Asker(how, Key(KEY, "K"), QUICK, file)
        requests = requests_of([question(1, "a"), question(2, "b"), question(3, "a")], how)
        asyncio.run(
            asker.ask(requests, lambda request, each: heard.append((request.row_ids, isinstance(each, Failed))))
        )
    assert sorted(heard) == [((1, 3), False), ((2,), True)]


def test_clients_of_one_endpoint_read_the_certificates_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def counting(*words: Any, trusted: Any, **more: Any) -> Any:
        opened.append(trusted)
        return open_client(*words, trusted=trusted, **more)

    monkeypatch.setattr(endpoint, "open_client", counting)
    with Server() as server:
        ended = asked(form_of(server), questions(40), tmp_path, replace(QUICK, concurrency=2 * endpoint.SHARING + 1))
    assert len(ended.answers) == 40
    assert len(opened) == 3
    assert len(set(map(id, opened))) == 1
