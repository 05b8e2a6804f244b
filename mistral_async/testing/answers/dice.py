"""Choices that depend on a request and on nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_encoder = msgspec.json.Encoder(order="deterministic")


class Dice:
    """Falls the same way for the same key."""

    def __init__(self, key: bytes) -> None:
        self._state = hashlib.blake2b(key, digest_size=32).digest()
        self._used = 0

    @classmethod
    def for_request(cls, body: dict[str, Any], *turns: object) -> Dice:
        """Dice for a body; whether it is streamed makes no difference."""
        key = _encoder.encode({name: value for name, value in body.items() if name != "stream"})
        return cls(key + repr(turns).encode())

    def roll(self, sides: int) -> int:
        """A number from 0 up to ``sides`` - 1."""
        if self._used > 28:
            self._state = hashlib.blake2b(self._state, digest_size=32).digest()
            self._used = 0
        number = int.from_bytes(self._state[self._used : self._used + 4], "big")
        self._used += 4
        return number % sides

    def pick(self, things: Sequence[T]) -> T:
        return things[self.roll(len(things))]

    def bytes(self, length: int) -> bytes:
        return hashlib.shake_128(self._state).digest(length)
