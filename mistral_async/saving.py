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
    # Not in a thread, where a cancelled task would leave behind what it never got to know of. The name is cut, since
    # with all of a long one it would be too long for the file system.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    file = os.fdopen(descriptor, "wb")
    try:
        gathered = bytearray()
        async for chunk in chunks:
            gathered += chunk
            if len(gathered) >= WRITE_SIZE:
                await asyncio.to_thread(file.write, gathered)
                gathered = bytearray()
        await asyncio.to_thread(file.write, gathered)
        await asyncio.to_thread(file.close)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            file.close()  # which waits for a thread that is still writing
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return path


def _umask() -> int:
    """The process's file mode creation mask: a temporary file is private, the file it becomes need not be."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
