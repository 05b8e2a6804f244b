"""Large content that both sides can make by themselves, a block at a time."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Iterator

BLOCK = random.Random(2).randbytes(256 * 1024)  # random, so that no server and no proxy can make it smaller


def blocks(size: int) -> Iterator[bytes]:
    """``size`` bytes, no two blocks of which are alike: one that is lost, doubled or moved changes the digest."""
    number = 0
    while size > 0:
        block = number.to_bytes(8) + BLOCK[8:]
        yield block[:size]
        size -= len(block)
        number += 1


@functools.cache
def digest(size: int) -> str:
    """SHA-256 of all of them."""
    content = hashlib.sha256()
    for block in blocks(size):
        content.update(block)
    return content.hexdigest()
