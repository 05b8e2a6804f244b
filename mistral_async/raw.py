"""An answer as it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from mistral_async.fields import request_id
from mistral_async.http import Headers, Response

T_co = TypeVar("T_co", covariant=True)


class Raw(Generic[T_co]):
    """Status, headers and body of an answer, before its model."""

    __slots__ = ("_decode", "attempts", "body", "headers", "http_version", "status")

    def __init__(self, response: Response, body: bytes, decode: Callable[[], T_co]) -> None:
        self.status: int = response.status
        self.headers: Headers = response.headers
        self.http_version: str = response.http_version  # such as "1.1"
        self.attempts: int = response.attempts  # how often the request was sent
        self.body: bytes = body
        self._decode = decode

    @property
    def request_id(self) -> str | None:
        """The id by which the vendor finds the request again, where the answer names one."""
        return request_id(self.headers)

    def decode(self) -> T_co:
        """What the call itself would have given. Raises ``ResponseDecodeError``."""
        return self._decode()

    def __repr__(self) -> str:
        return f"<Raw {self.status}, {len(self.body)} bytes>"
