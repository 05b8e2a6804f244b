"""What the arguments of a client may be, and which one is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from mistral_async.origin import NoHost, Origin
from mistral_async.settings.proxy import Proxy
from mistral_async.settings.timeout import Timeout

BASE_URL = "https://api.mistral.ai"  # Source: the API's reference; the EU and US regions have hosts of their own
API_KEY_VARIABLE = "MISTRAL_API_KEY"

ApiKey: TypeAlias = str | Callable[[], Awaitable[str]]
"""A key, or an async function that is asked for one before each attempt."""


# Source: RFC 9110 section 5.6.2 (token) and 5.5 (field value: no control characters, CR, LF or NUL).
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Bytes beyond ASCII have no meaning that both sides agree on.
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")
# Fields of a connection, and of how a message is framed on it: the wire's to say, or to leave out.
# Source: RFC 9112 section 6, RFC 9110 sections 7.2 and 7.6.1, RFC 9113 section 8.2.2.
FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def check_timeout(value: float | Timeout | None) -> Timeout:
    """A ``Timeout``; a number limits connecting and the silence of the server, None limits nothing."""
    if isinstance(value, Timeout):
        return value
    return Timeout(connect=value, read=value)


def check_proxy(value: Proxy | str | None) -> Proxy | None:
    """The proxy, or None for none. Raises ``ValueError`` for what is no URL of one, without showing credentials."""
    if value is None or isinstance(value, Proxy):
        return value
    return Proxy(url=value)


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The fields, names in lower case, values without blanks around.

    Raises ``ValueError`` naming a field that no request may carry.
    """
    checked: dict[str, str] = {}
    if headers is None:
        return checked
    if not _is_mapping(headers):
        raise ValueError(f"headers must be a mapping of field names to values, not {type(headers).__name__}")
    for name, value in headers.items():
        if not _matches(_FIELD_NAME, name):
            raise ValueError(f"headers: {name!r} is not a field name")
        if name.lower() in FRAMING:
            raise ValueError(f"headers: {name!r} says how a message is framed, which is the connection's to say")
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # who does not check types gets here
            raise ValueError(f"headers: the value of {name!r} must be text, not {type(value).__name__}")
        if not _matches(_FIELD_VALUE, value):
            # The value is not shown: it may be a credential.
            raise ValueError(f"headers: the value of {name!r} holds a character that a header field may not carry")
        # Blanks around it are no part of a value, and HTTP/2 allows none. Source: RFC 9113 section 8.2.1.
        checked[name.lower()] = value.strip(" \t")
    return checked


def check_wire(wire: object) -> None:
    """Raise ``ValueError`` for what cannot take the place of sockets."""
    if wire is None:
        return
    lacking = isinstance(wire, type) or not all(callable(getattr(wire, name, None)) for name in ("send", "aclose"))
    if lacking:
        what = f"the class {wire.__name__}" if isinstance(wire, type) else type(wire).__name__
        raise ValueError(f"wire: an object with the methods send and aclose is wanted, not {what}")


def check_extra_body(fields: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The fields; none for None. Raises ``ValueError`` for what cannot be fields of a body."""
    if fields is None:
        return {}
    if not _is_mapping(fields) or not all(isinstance(name, str) for name in fields):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
        raise ValueError(f"extra_body must be a mapping of field names to values, not {type(fields).__name__}")
    return fields


def check_base_url(url: object) -> str:
    """The origin, with a gateway's path if there is one, without a trailing slash or ``/v1``.

    Raises ``ValueError`` for what is no http(s) URL.
    """
    if not isinstance(url, str) or not re.fullmatch(r"[\x21-\x7e]+", url):
        raise ValueError("base_url: a URL is text of visible ASCII characters, without spaces or line ends")
    # No message shows what stands before a host or after a path: it may be a credential.
    if "@" in url:
        raise ValueError("base_url: credentials do not belong into the URL; pass api_key")
    if "?" in url or "#" in url:
        raise ValueError("base_url: the URL must have neither query nor fragment")
    try:
        Origin.of(url)
    except NoHost as exc:
        raise ValueError(f"base_url: {url!r} is not an http:// or https:// URL") from exc
    parts = urlsplit(url)
    path = parts.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def check_api_key(key: ApiKey | None) -> ApiKey:
    """The key given, or that of the environment. Raises ``ValueError`` where there is none, without showing any."""
    if key is None:
        key = os.environ.get(API_KEY_VARIABLE)
        if not key:
            raise ValueError(f"api_key: no key was given, and the environment has no {API_KEY_VARIABLE}")
    if isinstance(key, str):
        return check_key_text(key)
    if not callable(key):
        raise ValueError("api_key: a key is text, or an async function that returns text")
    return key


def check_key_text(key: object) -> str:
    """The key, where it can stand in a header field."""
    # Visible ASCII only. Source: RFC 6750 section 2.1 (b64token has neither spaces nor control characters).
    if not isinstance(key, str) or not re.fullmatch(r"[\x21-\x7e]+", key):
        raise ValueError("api_key: a key is text of visible ASCII characters, without spaces or line ends")
    return key


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)
