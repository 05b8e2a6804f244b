"""Which proxy requests go through."""

from __future__ import annotations

import functools
import re
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec
from msgspec.structs import force_setattr

from mistral_async.origin import NoHost, Origin

# Source: RFC 7617 section 2 (no control characters in user and password, no colon in the user).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy: by CONNECT for https, plainly for http. Credentials are sent to the proxy alone.

    They may stand in the URL, percent-encoded, and are taken out of it: ``http://user:password@host:3128``. A pickle
    leaves ``password`` out.

    Raises ``ValueError`` naming the field that is wrong, without showing credentials.
    """

    url: str  # http://host:port or https://host:port; the port is the scheme's where there is none
    user: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        parts = _parts(self.url)
        _, at, place = parts.netloc.rpartition("@")
        if at:
            if self.user is not None or self.password is not None:
                raise ValueError("proxy: url: it holds credentials, and so do user and password; give them once")
            force_setattr(self, "user", _decoded("user", parts.username))
            force_setattr(self, "password", _decoded("password", parts.password))
        force_setattr(self, "url", f"{parts.scheme}://{place}")
        _check_credential("user", self.user)
        _check_credential("password", self.password)
        if self.user is not None and ":" in self.user:
            raise ValueError("proxy: user: no colon can be sent in it")
        if self.password is not None and not self.user:
            raise ValueError("proxy: password: it is given without a user")

    def __repr__(self) -> str:
        return f"Proxy(url={self.url!r}, user={'***' if self.user else None})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("url", self.url), ("user", "***" if self.user else None)]

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial(Proxy, url=self.url, user=self.user), ()

    def __deepcopy__(self, memo: object) -> Self:
        return self  # which nobody can change; by __reduce__ it would lose its password


def _parts(url: object) -> SplitResult:
    # No message shows the URL: it may hold credentials, where one looks for them and elsewhere.
    if not isinstance(url, str) or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise ValueError("proxy: url: a URL is text of visible ASCII characters, without spaces or line ends")
    if url.lower().startswith("socks"):
        raise ValueError("proxy: url: SOCKS is not spoken here; give an http:// or https:// proxy")
    if not _names_host(url):
        raise ValueError("proxy: url: it is not a URL such as http://host:port or https://host:port")
    parts = urlsplit(url)
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise ValueError("proxy: url: it must end after the port; what is special in a password is percent-encoded")
    return parts


def _names_host(url: str) -> bool:
    # Apart, so that no traceback shows what `NoHost` came from: it quotes the URL.
    try:
        Origin.of(url)
    except NoHost:
        return False
    return True


def _decoded(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    decoded = unquote(value, errors="replace")
    if "\ufffd" in decoded:
        raise ValueError(f"proxy: {name}: what is percent-encoded in the URL is not UTF-8")
    return decoded


def _check_credential(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise ValueError(f"proxy: {name} must be text")
    if _CONTROL.search(value):
        raise ValueError(f"proxy: {name}: control characters cannot be sent in it")
    if not _in_utf8(value):
        raise ValueError(f"proxy: {name}: it holds a character that UTF-8 cannot express")


def _in_utf8(value: str) -> bool:
    # Apart, so that no traceback shows what cannot be encoded: the error quotes it.
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
