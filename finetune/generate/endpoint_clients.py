"""One request to an endpoint and the bytes of its reply, through `httpx2`.

    async with open_client(form, key, timeout=120, trusted=certificates()) as client:
        data = await client.send(request)

What the library raises becomes a Failure here, and nowhere else. No redirect is followed (the key would go along),
nothing is tried again here, and no reply is read beyond MOST_BYTES. Proxies and certificates are those of the system.

*Not here:* what the bytes say (endpoint_replies.py), when to ask again (endpoint.py).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ssl import SSLContext
from typing import Any, Protocol

from lfine.finetune.generate.endpoint_address import Key
from lfine.finetune.generate.endpoint_failures import Failure, Flawed, Refused, failure_of
from lfine.finetune.generate.endpoint_requests import PATHS, Form, Request

MOST_BYTES = 32 * 2**20
"""Of a reply; what is longer is no answer to anything that lfine asks."""
CONNECT_SECONDS = 10.0
OPENAI_HOST = "api.openai.com"
OPENAI_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""Environment variable → header that says who pays, of people with several accounts; for OpenAI's own host alone."""


class Client(Protocol):
    async def send(self, request: Request) -> bytes:
        """Return the bytes of a reply with status 200; raises Failure for everything else."""


def certificates() -> SSLContext:
    """Return whom the system trusts; reading it takes 30 ms, so that clients of one endpoint share it."""
    import httpx2

    return httpx2.create_ssl_context()


@asynccontextmanager
async def open_client(form: Form, key: Key, *, timeout: float, trusted: SSLContext) -> AsyncIterator[Client]:
    """Yield the client of an endpoint; `timeout` is for connecting and for each read."""
    import httpx2

    times = httpx2.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout))
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(
        headers=_headers(form, key), timeout=times, limits=limits, verify=trusted, follow_redirects=False
    ) as client:
        yield _Client(client, httpx2.URL(form.address.url + PATHS[form.api]))


def _headers(form: Form, key: Key) -> dict[str, str]:
    found = {"Accept": "application/json"}
    if key.text:
        found["Authorization"] = f"Bearer {key.text}"
    if form.address.host == OPENAI_HOST:
        found |= {header: os.environ[name] for name, header in OPENAI_HEADERS.items() if os.environ.get(name)}
    return found


class _Client:
    def __init__(self, client: Any, url: Any) -> None:
        self._client = client
        self._url = url

    async def send(self, request: Request) -> bytes:
        import httpx2

        try:
            async with self._client.stream("POST", self._url, json=request.body) as response:
                data = await _whole(response.aiter_bytes())
        except httpx2.TimeoutException:
            raise Flawed("no answer in time", unreachable=True) from None
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            reason = f"no connection: {str(error).lower() or 'it failed'}"
            raise Flawed(reason, unreachable=True, refused=isinstance(error, httpx2.ConnectError)) from None
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise _broken(error) from None
        if response.status_code != httpx2.codes.OK:
            raise failure_of(response.status_code, response.headers, data)
        return data


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for chunk in chunks:
        found += chunk
        if len(found) > MOST_BYTES:
            raise Refused(f"a reply of more than {MOST_BYTES >> 20} MB, not read to its end")
    return bytes(found)


def _broken(error: BaseException) -> Failure:
    said = str(error).strip().rstrip(".").lower()
    return Flawed(f"the connection broke off: {said or type(error).__name__}")
