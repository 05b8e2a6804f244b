"""Write chunks to a file that appears when it is complete, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterable
from pathlib import Path

WRITE_SIZE = 1024 * 1024  # bytes gathered before a thread is asked to write them: a hop costs more than small writes


async def save(chunks: AsyncIterable[bytes], path: Path) -> Path:
    """Write the chunks to a file beside ``path``, then put it in its place. Raises ``OSError``."""
    descriptor, name = await asyncio.to_thread(
        tempfile.mkstemp, dir=path.parent, prefix=f".{path.name}.", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            gathered = bytearray()
            async for chunk in chunks:
                gathered += chunk
                if len(gathered) >= WRITE_SIZE:
                    await asyncio.to_thread(file.write, gathered)
                    gathered = bytearray()
            await asyncio.to_thread(file.write, gathered)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return path


def _umask() -> int:
    """The process's file mode creation mask: a temporary file is private, the file it becomes need not be."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
