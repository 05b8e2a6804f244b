"""Which proxy an origin is reached through, and how it is asked for the way."""

from __future__ import annotations

import base64
import functools
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from mistral_async.settings import Proxy
from mistral_async.settings.proxy import HOST
from mistral_async.wire.failures import ProxyRefused

PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """Where a URL points: as an origin, or a proxy."""

    scheme: str
    host: str  # without brackets
    port: int

    @classmethod
    def of(cls, url: str) -> Place:
        """Raises ``OSError`` for what cannot be connected to: a server may have named it, by a redirect."""
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode("ascii")
        except ValueError as exc:  # a port that is no number, brackets around what is no address, a label too long
            raise OSError("the URL names no host") from exc
        if parts.scheme not in PORTS or port == 0 or not HOST.fullmatch(host):
            raise OSError("the URL names no host")
        # A zone is written after "%25" (RFC 6874 section 2) and looked up after "%".
        return cls(parts.scheme, host.replace("%25", "%", 1), PORTS[parts.scheme] if port is None else port)

    @property
    def authority(self) -> str:
        """Host and port, as CONNECT and Host take them. Source: RFC 9112 section 3.2.3."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def proxy_for(origin: str, *, proxy: Proxy | None, trust_env: bool) -> Proxy | None:
    """The proxy given; else, where the environment is trusted, the one that its variables name for the origin.

    Raises ``ProxyRefused`` where a variable names what is no proxy.
    """
    if proxy is not None or not trust_env:
        return proxy
    named = getproxies_environment()
    place = Place.of(origin)
    scheme = place.scheme if place.scheme in named else "all"
    if scheme not in named or _excepted(place, named.get("no", "")):
        return None
    return _named(scheme, named[scheme])


def _excepted(place: Place, names: str) -> bool:
    """Whether NO_PROXY names the host, a domain above it, or everything; with this port or with none."""
    here = (place.host, place.authority, f"[{place.host}]")
    for each in names.lower().split(","):
        name = each.strip().lstrip(".")
        if name == "*" or (name and any(mine == name or mine.endswith(f".{name}") for mine in here)):
            return True
    return False


def authorization(proxy: Proxy) -> str | None:
    """The field ``proxy-authorization``. Source: RFC 7617 section 2, in UTF-8 (section 2.1)."""
    if proxy.user is None:
        return None
    credentials = f"{proxy.user}:{proxy.password or ''}".encode()
    return f"Basic {base64.b64encode(credentials).decode('ascii')}"


def connect_request(place: Place, proxy: Proxy) -> bytes:
    """Source: RFC 9110 section 9.3.6 (the target is host and port, nothing else)."""
    lines = [f"CONNECT {place.authority} HTTP/1.1", f"Host: {place.authority}"]
    if credentials := authorization(proxy):
        lines.append(f"Proxy-Authorization: {credentials}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def connect_answer(head: bytes, proxy: Proxy) -> bool:
    """Whether this head of an answer makes the way; an interim one does not yet. Raises ``ProxyRefused``."""
    line, _, _ = head.partition(b"\r\n")
    version, _, rest = line.partition(b" ")
    code, _, reason = rest.partition(b" ")
    # Source: RFC 9112 section 4 (status line); RFC 9110 section 9.3.6 (any 2xx) and 15.2 (any number of 1xx before).
    if not version.startswith(b"HTTP/1.") or len(code) != 3 or not code.isdigit():
        raise ProxyRefused("what it answered to CONNECT is not HTTP/1")
    if code.startswith(b"2"):
        return True
    if code.startswith(b"1"):
        return False
    said = f"{code.decode('ascii')} {_plain(reason, proxy)}".rstrip()
    hint = "; it wants other credentials" if code == b"407" else ""
    raise ProxyRefused(f"it answered CONNECT with {said}{hint}")


def _plain(reason: bytes, proxy: Proxy) -> str:
    """What a proxy says, on one line that cannot hold much, nor the credentials that it was sent."""
    text = "".join(each if each.isprintable() else " " for each in reason.decode("utf-8", "replace"))
    for secret in (authorization(proxy) or "").removeprefix("Basic "), proxy.password:
        if secret:
            text = text.replace(secret, "***")
    return text[:100].strip()


@functools.lru_cache(maxsize=16)
def _named(scheme: str, url: str) -> Proxy:
    try:
        # The scheme is often left out there, and means http then. Source: curl(1), ENVIRONMENT.
        return Proxy(url=url if "://" in url else f"http://{url}")
    except ValueError as exc:
        raise ProxyRefused(f"{scheme.upper()}_PROXY of the environment: {exc}") from exc
