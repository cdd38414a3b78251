"""One request to an endpoint and the bytes of its reply: OpenAI's forms through `openai`, LoRAX's through `httpx`.

    async with open_client(form, key, timeout=120) as client:
        data = await client.send(request)

What these libraries raise becomes a Failure here, and nowhere else. They follow no redirect (the key would go along),
try nothing again by themselves, and read no reply beyond MOST_BYTES. Proxies are those of the system.

*Not here:* what the bytes say (endpoint_replies.py), when to ask again (endpoint.py).
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import ModuleType
from typing import Any, Protocol

from lfine.finetune.generate.endpoint_address import Key
from lfine.finetune.generate.endpoint_failures import Failure, Flawed, Refused, failure_of
from lfine.finetune.generate.endpoint_requests import PATHS, Form, Request

MOST_BYTES = 32 * 2**20
"""Of a reply; what is longer is no answer to anything that lfine asks."""
CONNECT_SECONDS = 10.0


class Client(Protocol):
    async def send(self, request: Request) -> bytes:
        """Return the bytes of a reply with status 200; raises Failure for everything else."""


def open_client(form: Form, key: Key, *, timeout: float) -> AbstractAsyncContextManager[Client]:
    """Return the client of a form of endpoint, to be closed; `timeout` is for connecting and for each read."""
    return _lorax(form, key, timeout) if form.api == "lorax" else _openai(form, key, timeout)


@asynccontextmanager
async def _openai(form: Form, key: Key, timeout: float) -> AsyncIterator[Client]:
    import openai

    times = openai.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    sender = openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=times)
    client = openai.AsyncOpenAI(
        api_key=key.text or "none",
        base_url=form.address.url,
        max_retries=0,
        http_client=sender,
        timeout=times,
    )
    headers: dict[str, Any] = {} if key.text else {"Authorization": openai.Omit()}
    async with client:
        yield _OpenAIClient(client, form, headers)


class _OpenAIClient:
    def __init__(self, client: Any, form: Form, headers: Mapping[str, Any]) -> None:
        self._form = form
        self._headers = headers
        calls = client.chat.completions if form.api == "chat" else client.completions
        self._create = calls.with_streaming_response.create

    async def send(self, request: Request) -> bytes:
        import openai

        # The whole body as it is: what stands in named parameters is taken to pieces and copied, a tenth of the time.
        said = {"model": "", "messages" if self._form.api == "chat" else "prompt": [], "extra_body": request.body}
        try:
            async with self._create(**said, extra_headers=self._headers) as response:
                return await _whole(response.iter_bytes())
        except openai.APIStatusError as error:
            raise failure_of(error.status_code, error.response.headers, error.response.content) from None
        except openai.APITimeoutError:
            raise Flawed("no answer in time", unreachable=True) from None
        except openai.APIConnectionError as error:
            raise _unconnected(error.__cause__ or error) from None
        except _transport_errors() as error:
            raise _broken(error) from None


@asynccontextmanager
async def _lorax(form: Form, key: Key, timeout: float) -> AsyncIterator[Client]:
    import httpx

    headers = {"Authorization": f"Bearer {key.text}"} if key.text else {}
    times = httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(headers=headers, timeout=times, limits=limits, follow_redirects=False) as client:
        yield _LoraxClient(client, form.address.url + PATHS["lorax"])


class _LoraxClient:
    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    async def send(self, request: Request) -> bytes:
        import httpx

        try:
            async with self._client.stream("POST", self._url, json=request.body) as response:
                data = await _whole(response.aiter_bytes())
                headers: Mapping[str, str] = response.headers
                if response.status_code != httpx.codes.OK:
                    raise failure_of(response.status_code, headers, data)
                return data
        except httpx.TimeoutException:
            raise Flawed("no answer in time", unreachable=True) from None
        except httpx.ConnectError as error:
            raise _unconnected(error) from None
        except httpx.HTTPError as error:
            raise _broken(error) from None


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > MOST_BYTES:
            raise Refused(f"a reply of more than {MOST_BYTES >> 20} MB, not read to its end")
    return bytes(found)


def _unconnected(error: BaseException) -> Failure:
    """Return why there was no reply; a text of the system (`connection refused`), never one with the address in it."""
    if type(error).__name__ in ("ConnectError", "ConnectTimeout", "ProxyError"):
        return Flawed(f"no connection: {str(error).lower() or 'it failed'}", unreachable=True)
    return _broken(error)


def _broken(error: BaseException) -> Failure:
    said = str(error).strip().rstrip(".").lower()
    return Flawed(f"the connection broke off: {said or type(error).__name__}")


def _transport_errors() -> tuple[type[Exception], ...]:
    """Return what a broken connection raises while a reply is read: by httpx, or httpx2, on which openai 3 stands."""
    found = [importlib.import_module(name) for name in ("httpx", "httpx2") if importlib.util.find_spec(name)]
    return tuple(error for module in found for error in _errors(module))


def _errors(module: ModuleType) -> tuple[type[Exception], ...]:
    return (module.HTTPError, module.StreamError)
