"""Memory for the pieces of bodies: kept for the next one, instead of given back and taken again."""

from __future__ import annotations

KEPT = 2 * 1024 * 1024  # bytes; more than any piece that is read or written at once


def keep_pieces() -> None:
    """Let the C library keep what pieces take when they are freed: for all of the process, and up to twice ``KEPT``.

    glibc gives free memory at the end of its heap back to the system where it is more than a threshold. Asyncio reads
    256 KiB at a time, which is about that threshold: each page of each piece may have to be mapped anew, which doubled
    the time of a download. The threshold becomes twice the size of any larger block that was mapped for itself and
    freed, so one is; nobody writes to it, so it takes no memory.

    Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    """
    bytes(KEPT)
