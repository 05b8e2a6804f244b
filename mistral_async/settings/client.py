"""What a client was made with."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr

from mistral_async.settings.checks import check_base_url, check_headers, check_proxy, check_timeout
from mistral_async.settings.circuit import CircuitBreaker
from mistral_async.settings.proxy import Proxy
from mistral_async.settings.retry import Retry
from mistral_async.settings.timeout import Timeout
from mistral_async.settings.tls import TLS
from mistral_async.settings.values import check_choice, check_count, check_flag, check_kind

HttpVersion: TypeAlias = Literal["auto", "2", "1.1"]
Compression: TypeAlias = Literal["auto", "always", "never"]

MAX_CONNECTIONS = 1000  # just below what many systems let a process open; over HTTP/1.1 each call in flight needs one
MAX_RESPONSE_SIZE = 1024 * 1024 * 1024  # bytes; twice the largest file that the API takes


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a client was made with; without the key, which the layer that sends it holds alone.

    Raises ``ValueError`` naming the setting that is wrong.
    """

    base_url: str  # an origin, with a gateway's path if there is one; kept without a trailing slash or "/v1"
    timeout: Timeout = Timeout()
    headers: Mapping[str, str] = {}  # names are kept in lower case
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

    def __post_init__(self) -> None:
        force_setattr(self, "base_url", check_base_url(self.base_url))
        force_setattr(self, "timeout", check_timeout(self.timeout))
        force_setattr(self, "headers", check_headers(self.headers))
        for name in ("validation", "strict_responses", "trust_env"):
            check_flag(name, getattr(self, name))
        check_choice("http_version", self.http_version, get_args(HttpVersion))
        check_kind("retry", self.retry, Retry)
        check_kind("circuit_breaker", self.circuit_breaker, CircuitBreaker)
        check_kind("tls", self.tls, TLS, ssl.SSLContext)
        force_setattr(self, "proxy", check_proxy(self.proxy))
        check_choice("compression", self.compression, get_args(Compression))
        check_count("max_connections", self.max_connections)
        check_count("max_response_size", self.max_response_size)

    def __repr__(self) -> str:
        return f"<Settings for {self.base_url}>"  # no headers: they may hold credentials
