"""Put the key on a request. The innermost layer: nothing above it ever holds the key."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from mistral_async.http import Request, Response, Transport
from mistral_async.settings.checks import ApiKey, check_key_text
from mistral_async.transport.redacted import redacted


class Auth:
    """Adds the bearer token, asking for it before each attempt where it is a function.

    A request that brings an ``authorization`` field of its own keeps it. One that goes to another origin than the
    key's, as after a redirect, goes without. Where an error answer repeats the key, it is masked there.

    Source: RFC 6750 section 2.1.
    """

    def __init__(self, inner: Transport, api_key: ApiKey, origin: str) -> None:
        """The origin is spelt as in the URLs of requests."""
        self._inner = inner
        self._api_key = api_key
        self._within = f"{origin}/"  # how the URLs begin that the key is for

    async def send(self, request: Request, /) -> Response:
        """Send it with the key on it. Raises ``ValueError`` where the function gives no usable key."""
        if (own := request.headers.get("authorization")) is not None:
            return redacted(await self._inner.send(request), own.rpartition(" ")[2])
        if not request.url.startswith(self._within):
            return await self._inner.send(request)
        key = self._api_key if isinstance(self._api_key, str) else check_key_text(await self._asked(self._api_key))
        response = await self._inner.send(request.with_headers({"authorization": f"Bearer {key}"}))
        return redacted(response, key)

    async def _asked(self, ask: Callable[[], Awaitable[str]]) -> str:
        answer = ask()
        if not inspect.isawaitable(answer):
            raise ValueError("api_key: the function that is asked for the key must be async")
        return await answer

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()
