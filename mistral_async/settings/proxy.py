"""Which proxy requests go through."""

from __future__ import annotations

import msgspec


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy: by CONNECT for https, plainly for http. Credentials are sent to the proxy alone."""

    url: str  # http://host:port or https://host:port
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Proxy(url={self.url!r}, user={'***' if self.user else None})"
