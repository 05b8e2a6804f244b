"""How much the system may hold of what a connection sends."""

from __future__ import annotations

import asyncio
import contextlib
import socket

# Bytes. It would take megabytes, all of them ahead of a PING or of a stream that is given up; and what has left this
# process would say nothing of what the peer reads. Less is woken for more often.
MAX_UNSENT = 256 * 1024


def hold_little(transport: asyncio.BaseTransport) -> None:
    """Let the system hold no more than it is about to send. Source: tcp(7), TCP_NOTSENT_LOWAT."""
    there: socket.socket | None = transport.get_extra_info("socket")
    option: int | None = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # not on every system
    if there is not None and option is not None:
        with contextlib.suppress(OSError):
            there.setsockopt(socket.IPPROTO_TCP, option, MAX_UNSENT)
