"""How a connection is made secure."""

from __future__ import annotations

import os
from typing import Literal

import msgspec


class TLS(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to trust, and who to be. Paths are of PEM files; ``ca`` takes the place of the system's trust."""

    ca: str | os.PathLike[str] | None = None  # a file, or a directory as OpenSSL hashes it
    certificate: str | os.PathLike[str] | None = None  # this client's, with its chain
    key: str | os.PathLike[str] | None = None  # of the certificate, where that file does not hold it
    key_password: str | None = None
    minimum_version: Literal["1.2", "1.3"] = "1.2"
    ciphers: str | None = None  # OpenSSL's cipher list, for TLS 1.2
    verify_hostname: bool = True  # whether the server's certificate must be for the host of `base_url`
    verify: bool = True  # False trusts anybody: for a test bench, never for a key that matters

    def __repr__(self) -> str:
        return f"TLS(ca={self.ca!r}, certificate={self.certificate!r}, minimum_version={self.minimum_version!r})"
