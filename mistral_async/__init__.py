"""An async client for the Mistral AI API: ``MistralClient``, its settings, its calls and its errors.

Importing this loads neither models nor aiohttp: every name below is found when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mistral_async._version import __version__ as __version__

if TYPE_CHECKING:
    from msgspec import UNSET as UNSET
    from msgspec import UnsetType as UnsetType

    from mistral_async.calls import Call as Call
    from mistral_async.calls import DownloadCall as DownloadCall
    from mistral_async.calls import PagedCall as PagedCall
    from mistral_async.calls import StreamingCall as StreamingCall
    from mistral_async.client import MistralClient as MistralClient
    from mistral_async.errors import APIError as APIError
    from mistral_async.errors import AuthenticationError as AuthenticationError
    from mistral_async.errors import BadRequestError as BadRequestError
    from mistral_async.errors import CircuitOpenError as CircuitOpenError
    from mistral_async.errors import ClientClosed as ClientClosed
    from mistral_async.errors import ConflictError as ConflictError
    from mistral_async.errors import ConnectError as ConnectError
    from mistral_async.errors import ConnectionLost as ConnectionLost
    from mistral_async.errors import MistralError as MistralError
    from mistral_async.errors import NotFoundError as NotFoundError
    from mistral_async.errors import PermissionDeniedError as PermissionDeniedError
    from mistral_async.errors import ProtocolError as ProtocolError
    from mistral_async.errors import ProxyError as ProxyError
    from mistral_async.errors import RateLimitError as RateLimitError
    from mistral_async.errors import RequestValidationError as RequestValidationError
    from mistral_async.errors import ResponseDecodeError as ResponseDecodeError
    from mistral_async.errors import ServerError as ServerError
    from mistral_async.errors import StreamError as StreamError
    from mistral_async.errors import TimeoutError as TimeoutError
    from mistral_async.errors import TLSError as TLSError
    from mistral_async.errors import TransportError as TransportError
    from mistral_async.errors import UnprocessableEntityError as UnprocessableEntityError
    from mistral_async.hooks import Answered as Answered
    from mistral_async.hooks import Retried as Retried
    from mistral_async.http import Request as Request
    from mistral_async.model import UnknownVariant as UnknownVariant
    from mistral_async.raw import Raw as Raw
    from mistral_async.settings import TLS as TLS
    from mistral_async.settings import CircuitBreaker as CircuitBreaker
    from mistral_async.settings import Proxy as Proxy
    from mistral_async.settings import Retry as Retry
    from mistral_async.settings import Timeout as Timeout
    from mistral_async.streams import ByteStream as ByteStream
    from mistral_async.streams import EventStream as EventStream
    from mistral_async.transport.circuit import CircuitState as CircuitState
    from mistral_async.vector import Vector as Vector

_MODULES = {
    "msgspec": ("UNSET", "UnsetType"),
    "mistral_async.calls": ("Call", "DownloadCall", "PagedCall", "StreamingCall"),
    "mistral_async.client": ("MistralClient",),
    "mistral_async.errors": (
        "APIError",
        "AuthenticationError",
        "BadRequestError",
        "CircuitOpenError",
        "ClientClosed",
        "ConflictError",
        "ConnectError",
        "ConnectionLost",
        "MistralError",
        "NotFoundError",
        "PermissionDeniedError",
        "ProtocolError",
        "ProxyError",
        "RateLimitError",
        "RequestValidationError",
        "ResponseDecodeError",
        "ServerError",
        "StreamError",
        "TLSError",
        "TimeoutError",
        "TransportError",
        "UnprocessableEntityError",
    ),
    "mistral_async.hooks": ("Answered", "Retried"),
    "mistral_async.http": ("Request",),
    "mistral_async.model": ("UnknownVariant",),
    "mistral_async.raw": ("Raw",),
    "mistral_async.settings": ("TLS", "CircuitBreaker", "Proxy", "Retry", "Timeout"),
    "mistral_async.transport.circuit": ("CircuitState",),
    "mistral_async.streams": ("ByteStream", "EventStream"),
    "mistral_async.vector": ("Vector",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # pragma: no branch  # to checkers, any name at all would be one of this package's

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOME[name]), name)
        return value

    __all__ = [*_HOME, "__version__"]  # checkers have the imports above


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
