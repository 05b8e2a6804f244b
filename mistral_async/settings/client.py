"""What a client was made with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

from mistral_async.settings.circuit import CircuitBreaker
from mistral_async.settings.proxy import Proxy
from mistral_async.settings.retry import Retry
from mistral_async.settings.timeout import Timeout
from mistral_async.settings.tls import TLS

HttpVersion: TypeAlias = Literal["auto", "2", "1.1"]
Compression: TypeAlias = Literal["auto", "always", "never"]

MAX_CONNECTIONS = 1000  # just below what many systems let a process open; over HTTP/1.1 each call in flight needs one
MAX_RESPONSE_SIZE = 1024 * 1024 * 1024  # bytes; twice the largest file that the API takes


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a client was made with, checked; without the key, which the layer that sends it holds alone."""

    base_url: str
    timeout: Timeout = Timeout()
    headers: Mapping[str, str] = {}  # names in lower case
    validation: bool = True
    strict_responses: bool = False
    http_version: HttpVersion = "auto"
    retry: Retry | None = Retry()
    circuit_breaker: CircuitBreaker | None = None
    tls: TLS | ssl.SSLContext | None = None
    proxy: Proxy | None = None
    trust_env: bool = False
    compression: Compression = "auto"
    max_connections: int = MAX_CONNECTIONS  # to one origin, from one event loop
    max_response_size: int = MAX_RESPONSE_SIZE  # bytes of one answer that are held in memory

    def __repr__(self) -> str:
        return f"<Settings for {self.base_url}>"  # no headers: they may hold credentials
