"""What a client tells those who want to watch it: plain functions, called as things happen."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import TypeAlias, TypeVar

import msgspec

from mistral_async.errors import MistralError
from mistral_async.http import Headers, Request

T = TypeVar("T")

log = logging.getLogger("mistral_async")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that arrived, whatever its status."""

    request: Request
    status: int
    headers: Headers
    http_version: str
    attempts: int
    duration: float  # seconds, from sending to the end of the answer; of a stream or a download, to its beginning
    request_id: str | None  # by which the vendor finds the request again


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that failed and is followed by another: by its status, or by an error where no answer came."""

    request: Request
    attempt: int  # the one that failed, counted from 1
    delay: float  # seconds to the next
    status: int | None = None
    error: MistralError | None = None


OnRequest: TypeAlias = Callable[[Request], None]
OnResponse: TypeAlias = Callable[[Answered], None]
OnRetry: TypeAlias = Callable[[Retried], None]


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told. What a hook raises is logged and goes no further: no answer is lost to it.

    Raises ``ValueError`` naming a hook that is none.
    """

    on_request: OnRequest | None = None  # once a call, before its first attempt
    on_response: OnResponse | None = None  # once a call that was answered
    on_retry: OnRetry | None = None  # once for each attempt after the first

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            _check(name, getattr(self, name))


def _check(name: str, hook: object) -> None:
    if hook is None:
        return
    if not callable(hook):
        raise ValueError(f"{name}: a plain function is wanted, not {type(hook).__name__}")
    if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(getattr(hook, "__call__", None)):  # noqa: B004
        raise ValueError(f"{name}: a plain function is wanted, not an async one: nobody would await it")


def call(hook: Callable[[T], None], told: T, name: str) -> None:
    """Tell a hook. What it raises is logged and goes no further."""
    try:
        hook(told)
    except Exception as exc:
        log.exception("the hook %s raised %s: %s", name, type(exc).__name__, exc, extra={"hook": name})
