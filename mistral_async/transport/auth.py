"""Put the key on a request, and keep it out of what comes back. Nothing above this layer ever holds the key."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable

from mistral_async.errors import MistralError, TransportError
from mistral_async.http import Request, Response, Transport
from mistral_async.settings.checks import ApiKey, check_key_text
from mistral_async.transport.redacted import masked, redacted

REMEMBERED = 8  # keys used last: those of calls under way while a key is being replaced


class Auth:
    """Adds the bearer token, asking for it before each attempt where it is a function.

    A request that brings an ``authorization`` field of its own keeps it. One that goes to another origin than the
    key's, as after a redirect, goes without. Where an answer that says no repeats a credential, or an error in the
    place of an answer does, it is masked there.

    Source: RFC 6750 section 2.1.
    """

    def __init__(
        self, inner: Transport, api_key: ApiKey, origin: str, *, secrets: Callable[[str], tuple[str, ...]] | None = None
    ) -> None:
        """The origin is spelt as in the URLs of requests. ``secrets`` gives what else no answer of an origin may show.

        It is asked only where there is something to be masked.
        """
        self._inner = inner
        self._within = f"{origin}/"  # how the URLs begin that the key is for
        self._secrets = secrets
        self._used: deque[str] = deque(maxlen=REMEMBERED)
        self._ask = api_key if not isinstance(api_key, str) else None
        self._always = {"authorization": f"Bearer {api_key}"} if isinstance(api_key, str) else {}
        self._key = (api_key,) if isinstance(api_key, str) else ()

    async def send(self, request: Request, /) -> Response:
        """Send it with the key on it. Raises ``ValueError`` where the function gives no usable key."""
        # No local of this frame holds a key while it waits: tracebacks may show locals. Of a request they show little.
        keyed = request
        if "authorization" in request.headers:
            self._remember(request.headers["authorization"].rpartition(" ")[2])
        elif request.url.startswith(self._within):
            keyed = request.with_headers(self._always if self._ask is None else await self._asked(self._ask))
        try:
            sending = self._inner.send(keyed)
            del keyed  # for the wire to let go of it: a second request costs each call that waits 0.3 KB
            response = await sending
        except TransportError as exc:
            exc.say(masked(exc.message, self._all(request)))
            raise
        # An answer is the caller's own; what says no ends in logs.
        return response if 200 <= response.status < 300 else redacted(response, self._all(request))

    def masked(self, text: str) -> str:
        """The text without the client's key, or the last few that were used."""
        return masked(text, (*self._key, *self._used))

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()

    async def _asked(self, ask: Callable[[], Awaitable[str]]) -> dict[str, str]:
        try:
            answer = ask()
            if not inspect.isawaitable(answer):
                raise ValueError("api_key: the function that is asked for the key must be async")
            key = check_key_text(await answer)
        except MistralError as exc:
            exc.of_caller = True
            raise
        self._remember(key)
        return {"authorization": f"Bearer {key}"}

    def _remember(self, key: str) -> None:
        if key not in self._used:
            self._used.append(key)

    def _all(self, request: Request) -> tuple[str, ...]:
        more = self._secrets(request.origin) if self._secrets is not None else ()
        return (*self._key, *self._used, *more)
