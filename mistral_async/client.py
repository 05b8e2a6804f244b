"""The client: settings in, resources out. The only file that joins the layers."""

from __future__ import annotations

import functools
import re
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from mistral_async.engine import Engine
from mistral_async.hooks import Hooks, OnRequest, OnResponse, OnRetry
from mistral_async.http import Transport
from mistral_async.origin import origin_of
from mistral_async.resources import Resources
from mistral_async.settings import TLS, CircuitBreaker, Proxy, Retry, Settings, Timeout
from mistral_async.settings.checks import BASE_URL, ApiKey, check_api_key, check_proxy, check_timeout, check_wire
from mistral_async.settings.client import MAX_CONNECTIONS, MAX_RESPONSE_SIZE, Compression, HttpVersion
from mistral_async.transport.auth import Auth
from mistral_async.transport.deadline import Deadline
from mistral_async.transport.gate import Gate
from mistral_async.transport.observe import Observe
from mistral_async.transport.prefetch import Prefetch
from mistral_async.transport.redirect import Redirect
from mistral_async.transport.resend import Resend

if TYPE_CHECKING:
    from mistral_async.transport.circuit import CircuitState
    from mistral_async.transport.circuits import Circuits

DEFAULT_RETRY = Retry()

# What the name of a header field says whose value may be a credential: no pickle holds it.
CREDENTIAL = "auth|cookie|key|password|secret|token"


class MistralClient(Resources):
    """The Mistral AI API. Its attributes mirror the URL paths: ``client.files[id].content()``.

    Making it opens nothing: connections are opened when the first call is sent, and belong to the event loop they were
    opened in. It may be used from one loop after another, and is closed by ``aclose`` or ``async with``.

    ``api_key`` is text, or an async function that is asked for it before each attempt; left out, it is what the
    environment's ``MISTRAL_API_KEY`` says. ``base_url`` is the origin; ``https://api.mistral.ai`` where it is left out.
    ``timeout`` is in seconds without a byte from the server, or a ``Timeout``. ``headers`` go with every request.
    ``http_version`` is ``"auto"`` (HTTP/2 where an https server speaks it), ``"2"`` (nothing else, and on http without
    asking) or ``"1.1"``. ``retry`` says what is sent again, and when; None sends everything once. ``circuit_breaker``
    gives up asking an origin that fails; ``circuits`` shows its state. ``tls`` and ``proxy`` say how connections are
    made; ``trust_env`` takes a proxy from the environment. ``compression`` says which answers may come compressed:
    ``"auto"`` those that are read whole, ``"always"``, ``"never"``. ``max_connections`` counts those to one origin,
    from one event loop; ``max_response_size`` is in bytes of one answer that are held in memory. ``validation`` checks
    requests before they are sent. ``strict_responses`` raises ``ResponseDecodeError`` for answers that do not fit the
    specification, where otherwise what fits is kept. ``on_request``, ``on_response`` and ``on_retry`` are told what
    happens. ``wire`` takes the place of sockets in tests.

    Raises ``ValueError`` naming the setting that is wrong.

    A pickle of it holds no credentials: where it is loaded, the environment must have a key. One that was made with an
    ``ssl.SSLContext`` cannot be pickled.
    """

    def __init__(
        self,
        *,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        timeout: float | Timeout | None = 30.0,
        headers: Mapping[str, str] | None = None,
        http_version: HttpVersion = "auto",
        retry: Retry | None = DEFAULT_RETRY,
        circuit_breaker: CircuitBreaker | None = None,
        tls: TLS | ssl.SSLContext | None = None,
        proxy: Proxy | str | None = None,
        trust_env: bool = False,
        compression: Compression = "auto",
        max_connections: int = MAX_CONNECTIONS,
        max_response_size: int = MAX_RESPONSE_SIZE,
        validation: bool = True,
        strict_responses: bool = False,
        on_request: OnRequest | None = None,
        on_response: OnResponse | None = None,
        on_retry: OnRetry | None = None,
        wire: Transport | None = None,
    ) -> None:
        self._settings = settings = Settings(
            base_url=base_url if base_url is not None else BASE_URL,
            timeout=check_timeout(timeout),
            headers=headers if headers is not None else {},
            validation=validation,
            strict_responses=strict_responses,
            http_version=http_version,
            retry=retry,
            circuit_breaker=circuit_breaker,
            tls=tls,
            proxy=check_proxy(proxy),
            trust_env=trust_env,
            compression=compression,
            max_connections=max_connections,
            max_response_size=max_response_size,
        )
        self._hooks = Hooks(on_request=on_request, on_response=on_response, on_retry=on_retry)
        key = check_api_key(api_key)
        check_wire(wire)

        # The layers, the innermost first.
        self._gate = Gate(wire if wire is not None else _network(settings), begins=wire is not None)
        auth = Auth(self._gate, key, origin_of(settings.base_url), secrets=functools.partial(_secrets, settings))
        layers: Transport = Prefetch(auth, settings.max_response_size)
        self._circuits: Circuits | None = None
        if settings.circuit_breaker is not None:
            from mistral_async.transport.circuits import Circuits

            layers = self._circuits = Circuits(layers, settings.circuit_breaker)
        layers = Deadline(Resend(Redirect(layers), on_retry=on_retry))
        self._engine = Engine(Observe(layers, self._hooks), settings, masked=auth.masked)

    @property
    def circuits(self) -> Mapping[str, CircuitState]:
        """State and counts of each origin's circuit, as they are now; empty without a ``circuit_breaker``."""
        return self._circuits.states() if self._circuits is not None else {}

    async def aclose(self) -> None:
        """Close every connection. Calls under way raise ``ClientClosed``.

        Calls made afterwards raise ``RuntimeError``, until ``async with`` opens it anew.
        """
        await self._engine.aclose()

    async def __aenter__(self) -> Self:
        self._gate.open()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"MistralClient(base_url={self._settings.base_url!r}, api_key=***)"

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = msgspec.structs.asdict(self._settings) | msgspec.structs.asdict(self._hooks)
        headers = {name: value for name, value in self._settings.headers.items() if not re.search(CREDENTIAL, name)}
        return _made_again, (type(self), {**arguments, "headers": headers})


def _network(settings: Settings) -> Transport:
    from mistral_async.wire.network import Network  # loaded by those who make a client, not by an import

    return Network(settings)


def _secrets(settings: Settings, origin: str) -> tuple[str, ...]:
    """What no answer of an origin may show besides the key: the credentials for the proxy on the way."""
    from mistral_async.wire.proxies import authorization, proxy_for

    try:
        proxy = proxy_for(origin, proxy=settings.proxy, trust_env=settings.trust_env)
    except OSError:  # the environment names what is no proxy: nothing was sent to it
        return ()
    encoded = authorization(proxy) if proxy is not None else None
    return (encoded.removeprefix("Basic "), proxy.password or "") if proxy is not None and encoded else ()


def _made_again(client_type: type[MistralClient], arguments: dict[str, Any]) -> MistralClient:
    return client_type(**arguments)
