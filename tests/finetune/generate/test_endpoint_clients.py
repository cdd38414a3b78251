"""The client against a server on this machine: what is sent, and what becomes of every way to break off."""

from __future__ import annotations

import asyncio
import socket
from typing import NoReturn

import pytest

from benchmarks.endpoint_server import Server
from lfine.finetune.generate import endpoint_clients
from lfine.finetune.generate.endpoint_address import Key, address_of
from lfine.finetune.generate.endpoint_clients import certificates, open_client
from lfine.finetune.generate.endpoint_failures import Barred, Busy, Failure, Flawed, Refused
from lfine.finetune.generate.endpoint_requests import Api, Form, requests_of
from tests.finetune.generate.asking import KEY, form, form_of, question

APIS: tuple[Api, ...] = ("chat", "completions", "lorax")
FORMS: tuple[Api, ...] = ("chat", "lorax")
"""One of each form of error."""


def sent(how: Form, key: str = KEY, timeout: float = 20) -> bytes:
    async def once() -> bytes:
        opened = open_client(how, Key(key, "OPENAI_API_KEY"), timeout=timeout, trusted=certificates())
        async with opened as client:
            return await client.send(requests_of([question(7, "hi", how.api)], how)[0])

    return asyncio.run(once())


@pytest.mark.parametrize("api", APIS)
def test_the_body_the_route_and_the_key(api: Api) -> None:
    with Server() as server:
        how = form_of(server, api, repetition_penalty=1.1)
        data = sent(how)
    (call,) = server.calls
    assert call.body == dict(requests_of([question(7, "hi", api)], how)[0].body)
    assert call.path == {"chat": "/v1/chat/completions", "completions": "/v1/completions", "lorax": "/v1/generate"}[api]
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert b"answer to hi" in data


@pytest.mark.parametrize("api", APIS)
def test_no_key_is_no_header(api: Api) -> None:
    with Server() as server:
        sent(form_of(server, api), key="")
    assert "authorization" not in server.calls[0].headers


WAYS: dict[str, tuple[type[Failure], str]] = {
    "half": (Flawed, "the connection broke off: "),
    "silence": (Flawed, "the connection broke off: "),
    "hang": (Flawed, "no answer in time"),
    "error": (Flawed, "500: The server had an error"),
    "busy": (Busy, "429: Rate limit reached"),
    "spent": (Barred, "429: You exceeded"),
    "unauthorized": (Barred, "401: Incorrect API key provided"),
    "no_model": (Barred, "404: The model `gpt` does not exist"),
    "redirect": (Barred, "302: it sends elsewhere (//elsewhere.example/login)"),
    "too_long": (Refused, "400: maximum context length"),
}


@pytest.mark.parametrize("api", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_each_failure_is_told_from_the_others(api: Api, way: str) -> None:
    kind, said = WAYS[way]
    with Server(lambda _: way) as server, pytest.raises(Failure) as caught:
        sent(form_of(server, api, max_new_tokens=9), timeout=0.3 if way == "hang" else 20)
    assert type(caught.value) is kind
    if api != "lorax" or way != "no_model":  # LoRAX's body holds no model
        assert said in caught.value.reason
    assert len(server.calls) == 1, "the library must not try again by itself"


@pytest.mark.parametrize("api", FORMS)
def test_nobody_there(api: Api) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = address_of(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(Flawed) as caught:
            sent(form(api, address))
    assert (caught.value.unreachable, caught.value.refused) == (True, True)
    assert "no connection" in caught.value.reason


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Flawed) as caught:
        sent(form("chat", address_of("http://no-such-host.invalid/v1")))
    assert (caught.value.unreachable, caught.value.refused) == (True, True)
    assert "name or service not known" in caught.value.reason


def test_a_silent_endpoint_is_no_refusal() -> None:
    with Server(lambda _: "hang") as server, pytest.raises(Flawed) as caught:
        sent(form_of(server), timeout=0.3)
    assert (caught.value.unreachable, caught.value.refused) == (True, False)


@pytest.mark.parametrize("api", FORMS)
def test_a_reply_without_end_is_not_read_to_it(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint_clients, "MOST_BYTES", 2**20)
    with Server(lambda _: "huge") as server, pytest.raises(Refused) as caught:
        sent(form_of(server, api))
    assert "more than 1 MB" in caught.value.reason


@pytest.mark.parametrize("api", FORMS)
def test_waiting_that_the_endpoint_asks_for_is_heard(api: Api) -> None:
    with Server(lambda _: "busy", retry_after="7") as server, pytest.raises(Busy) as caught:
        sent(form_of(server, api))
    assert caught.value.wait == 7.0


def test_who_pays_is_told_to_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    with Server() as server:
        sent(form_of(server))
        monkeypatch.setattr(endpoint_clients, "OPENAI_HOST", address_of(server.url).host)
        sent(form_of(server))
    elsewhere, there = (call.headers for call in server.calls)
    assert "openai-organization" not in elsewhere
    assert there["openai-organization"] == "org-1"
    assert "openai-project" not in there


def test_nothing_else_is_told() -> None:
    with Server() as server:
        sent(form_of(server))
    (call,) = server.calls
    known = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization"}
    assert set(call.headers) == known | {"content-length", "content-type"}
