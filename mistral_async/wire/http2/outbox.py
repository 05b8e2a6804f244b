"""The bodies that go out on one connection: in turns, as fast as the peer takes them and no faster."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Stream

SLICE_SIZE = 256 * 1024  # bytes given to the socket at once, by all bodies together: more would hold up the loop
TURN_SIZE = 64 * 1024  # bytes of one body before it is the next one's turn: one must not take a whole window for itself
LEAST_TURN = 4096  # bytes; where the window is scarce it is divided, but into frames worth their header


class Piece:
    """A part of a body that waits for its turn."""

    __slots__ = ("end", "since", "stream", "taken", "view")

    def __init__(self, stream: Stream, view: memoryview, *, end: bool) -> None:
        loop = asyncio.get_running_loop()
        self.stream = stream
        self.view = view  # what is still to be sent
        self.end = end  # the body ends with it
        self.since = loop.time()  # when the peer last took some of it
        self.taken: asyncio.Future[None] = loop.create_future()


class Outbox:
    """The line of pieces that are to be sent; it stands still while ``paused``: the transport's buffer is full."""

    def __init__(self, session: Session, flush: Callable[[], None]) -> None:
        self.paused = False
        self._session = session
        self._flush = flush
        self._line: deque[Piece] = deque()
        self._scheduled = False
        self._moved_at = 0.0  # when the peer last took some of any body

    async def put(self, piece: Piece) -> None:
        """Return when all of it was handed on, or its stream is over."""
        self._line.append(piece)
        self.move_soon()
        await piece.taken

    def move_soon(self) -> None:
        """There may be room again. Called often: what can go goes with the loop's next turn."""
        if self._line and not self._scheduled and not self.paused:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._move)

    def moved(self, now: float) -> None:
        """The peer read some of what the transport holds."""
        self._moved_at = now

    def since(self, piece: Piece) -> float:
        """When the peer last did what this piece waits for."""
        # Where its own stream has a window, it waits as the others do for that of the connection, or for the socket.
        return max(piece.since, self._moved_at) if piece.stream.window > 0 else piece.since

    def _move(self) -> None:
        self._scheduled = False
        line, left, now = self._line, SLICE_SIZE, asyncio.get_running_loop().time()
        turn = min(TURN_SIZE, max(LEAST_TURN, self._session.room // max(1, len(line))))
        blocked: list[Piece] = []  # at the head of the line, where they stay
        while line and left > 0 and not self.paused:
            piece = line.popleft()
            if piece.taken.done():
                continue  # whoever sent it was cancelled
            size = self._send(piece, min(left, turn))
            left -= size
            if size:
                self._moved_at = now
            if piece.taken.done():
                continue
            if size:
                piece.since = now
                line.append(piece)
            else:
                blocked.append(piece)
        more = bool(line)
        line.extendleft(reversed(blocked))
        self._flush()
        if more:
            self.move_soon()

    def _send(self, piece: Piece, at_most: int) -> int:
        stream, view = piece.stream, piece.view
        if stream.ended or stream.failure is not None:
            piece.taken.set_result(None)
            return 0
        if len(view) > at_most:
            size = self._session.send(stream, view[:at_most], end=False)
        else:
            size = self._session.send(stream, view, end=piece.end)
            if size == len(view):
                piece.taken.set_result(None)
        piece.view = view[size:]
        return size
