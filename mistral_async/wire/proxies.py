"""Which proxy an origin is reached through, how it is asked for a tunnel, and what it says to that."""

from __future__ import annotations

import base64
import functools

from mistral_async.origin import Origin
from mistral_async.settings import Proxy
from mistral_async.wire.failures import ProxyRefused, in_words, never_secure

HUNG_UP = "it closed the connection before it answered CONNECT"
NO_HTTP = "what it answered to CONNECT is not HTTP/1"


def proxy_for(origin: str, *, proxy: Proxy | None, trust_env: bool) -> Proxy | None:
    """The proxy given; else, where the environment is trusted, the one that its variables name for the origin.

    Raises ``ProxyRefused`` where a variable names what is no proxy.
    """
    if proxy is not None or not trust_env:
        return proxy
    from urllib.request import getproxies_environment  # which takes long to load, for those who ask for it

    named = getproxies_environment()
    target = Origin.of(origin)
    scheme = target.scheme if target.scheme in named else "all"
    if scheme not in named or _excepted(target, named.get("no", "")):
        return None
    return _named(scheme, named[scheme])


def _excepted(origin: Origin, names: str) -> bool:
    """Whether NO_PROXY names the host, a domain above it, or everything; with this port or with none."""
    spellings = (origin.host, origin.authority, f"[{origin.host}]")
    for listed in names.lower().split(","):
        name = listed.strip().lstrip(".")
        if name == "*" or (name and any(each == name or each.endswith(f".{name}") for each in spellings)):
            return True
    return False


def authorization(proxy: Proxy) -> str | None:
    """The field ``proxy-authorization``. Source: RFC 7617 section 2, in UTF-8 (section 2.1)."""
    if proxy.user is None:
        return None
    credentials = f"{proxy.user}:{proxy.password or ''}".encode()
    return f"Basic {base64.b64encode(credentials).decode('ascii')}"


def connect_request(origin: Origin, proxy: Proxy) -> bytes:
    """Source: RFC 9110 section 9.3.6 (the target is host and port, nothing else)."""
    lines = [f"CONNECT {origin.authority} HTTP/1.1", f"Host: {origin.authority}"]
    if credentials := authorization(proxy):
        lines.append(f"Proxy-Authorization: {credentials}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def connect_answer(head: bytes, proxy: Proxy) -> bool:
    """Whether this head of an answer opens the tunnel; an interim one does not yet. Raises ``ProxyRefused``."""
    line, _, _ = head.partition(b"\r\n")
    version, _, rest = line.partition(b" ")
    code, _, reason = rest.partition(b" ")
    # Source: RFC 9112 section 4 (status line); RFC 9110 section 9.3.6 (any 2xx) and 15.2 (any number of 1xx before).
    if not version.startswith(b"HTTP/1.") or len(code) != 3 or not code.isdigit():
        raise ProxyRefused(NO_HTTP)
    if code.startswith(b"2"):
        return True
    if code.startswith(b"1"):
        return False
    raise connect_refused(int(code), _plain(reason, proxy))


def connect_refused(status: int, reason: str | None = None) -> ProxyRefused:
    """The proxy answered CONNECT, and said no; ``reason`` is how it put it, None for what the status stands for."""
    from http.client import responses  # by those who are refused something

    said = f"{status:03} {responses.get(status, '') if reason is None else reason}".rstrip()
    hint = "; it wants other credentials" if status == 407 else ""
    return ProxyRefused(f"it answered CONNECT with {said}{hint}", permanent=400 <= status < 500)


def asked_for_credentials() -> ProxyRefused:
    """The proxy answered a request that needs no tunnel, and wants other credentials."""
    return ProxyRefused("it answered 407 Proxy Authentication Required; it wants other credentials", permanent=True)


def unreachable(authority: str, exc: OSError) -> ProxyRefused:
    """There is no connection to the proxy itself."""
    return ProxyRefused(f"no connection to {authority}: {in_words(exc)}", permanent=never_secure(exc))


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
        raise ProxyRefused(f"{scheme.upper()}_PROXY of the environment: {exc}", permanent=True) from exc
