"""Ids that look like the API's and come in the same order in every run."""

from __future__ import annotations

import hashlib
import uuid

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Ids:
    """Counts what it names; each kind on its own, so that one more file does not rename a job."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._counts: dict[str, int] = {}

    def _digest(self, kind: str) -> bytes:
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return hashlib.blake2b(f"{self._seed}/{kind}/{count}".encode(), digest_size=16).digest()

    def uuid(self, kind: str) -> str:
        return str(uuid.UUID(bytes=self._digest(kind), version=4))

    def hex(self, kind: str) -> str:
        """32 hexadecimal digits."""
        return self._digest(kind).hex()


def short(data: bytes, length: int = 9) -> str:
    """Letters and digits from a digest: what the API calls a tool call by."""
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in data[:length])
