"""Scheme, host and port of a URL. Source: RFC 6454 section 4."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

# Source: RFC 9110 sections 4.2.1 and 4.2.2.
PORTS = {"http": 80, "https": 443}
# Source: RFC 1123 section 2.1 and RFC 1035 section 2.3.4, with the underscore that names in private networks have;
# addresses of IPv6, with the zone of RFC 6874.
HOST = re.compile(
    r"(?=.{1,253}\.?$)[0-9A-Za-z_-]{1,63}(\.[0-9A-Za-z_-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[0-9A-Za-z._~%-]+)?"
)
_AS_WRITTEN = re.compile(r"[^:/?#]+://[^/?#]*")


class NoHost(OSError):
    """The URL names nothing that could be connected to."""


def origin_of(url: str) -> str:
    """Scheme, host and port of an absolute URL, as they stand there."""
    found = _AS_WRITTEN.match(url)
    return found[0] if found is not None else url


class Origin(NamedTuple):
    """Where a request goes, or which proxy it goes through: equal where the same is meant."""

    scheme: str
    host: str  # in lower case, without brackets
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Raises ``NoHost``, an ``OSError``, for what cannot be connected to: a server may have named it."""
        try:
            parts = urlsplit(url)
            port = parts.port
            host = parts.hostname or ""
            if not host.isascii():
                host = host.encode("idna").decode("ascii")
        except ValueError as exc:  # a port that is no number, brackets around what is no address, a label too long
            raise NoHost("the URL names no host") from exc
        if parts.scheme not in PORTS or port == 0 or not HOST.fullmatch(host):
            raise NoHost("the URL names no host")
        # A zone is written after "%25" (RFC 6874 section 2) and looked up after "%".
        return cls(parts.scheme, host.replace("%25", "%", 1), PORTS[parts.scheme] if port is None else port)

    @property
    def authority(self) -> str:
        """Host and port, as CONNECT and Host take them. Source: RFC 9112 section 3.2.3."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        host = f"[{self.host.replace('%', '%25', 1)}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == PORTS[self.scheme] else f":{self.port}")
