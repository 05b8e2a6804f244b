"""The state of one HTTP/2 stream: what has arrived, and what may be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from mistral_async.wire.http2 import fields as rules
from mistral_async.wire.http2 import frames
from mistral_async.wire.http2.fields import Fields, Malformed

WINDOW = 1024 * 1024  # bytes of an answer that may wait to be taken; what one stream can hold in memory
MOST_CHUNKS = 1024  # pieces kept apart; tiny frames would otherwise take many times their size in memory


class Failure(NamedTuple):
    """Why a stream, or all of them, ended."""

    kind: Literal["refused", "reset", "protocol", "lost"]  # refused: surely not processed
    what: str  # for messages, on one line


class Outgoing:
    """What waits to be written, and how many body bytes the peer takes on the whole connection."""

    __slots__ = ("frames", "window")

    def __init__(self) -> None:
        self.frames: list[bytes | memoryview] = []
        self.window = frames.FIRST_WINDOW


class Stream:
    """A stream, as far as it has come: written by its session, read by everybody; its opener calls ``take``."""

    __slots__ = (
        "begun",
        "bodyless",
        "chunks",
        "ended",
        "expected",
        "failure",
        "fields",
        "heard",
        "id",
        "noted",
        "notify",
        "outgoing",
        "receivable",
        "sent",
        "size",
        "status",
        "window",
    )

    def __init__(
        self, stream_id: int, outgoing: Outgoing, window: int, notify: Callable[[], None], *, bodyless: bool
    ) -> None:
        self.id = stream_id
        self.notify = notify  # called after each change somebody may wait for, the end the last time
        self.status: int | None = None
        self.fields: Fields = ()
        self.chunks: list[bytes] = []  # received and not yet taken
        self.size = 0  # bytes in them
        self.ended = False  # by the peer: all of the answer is there
        self.failure: Failure | None = None
        self.heard = 0.0  # when the last bytes of its frames came, as the session was told
        self.begun = False  # the peer has said something: it did process the request
        self.bodyless = bodyless  # the answer to HEAD
        self.expected: int | None = None  # bytes still to come, by content-length
        self.sent = False  # we have ended it
        self.window = window  # body bytes the peer takes on this stream; negative after it shrank
        self.noted = False  # the session will call `notify` soon
        self.outgoing = outgoing
        self.receivable = WINDOW  # bytes the peer may send; its frames count with their padding

    @property
    def room(self) -> int:
        """How many body bytes may be sent now."""
        if self.sent or self.ended or self.failure is not None:
            return 0
        return max(0, min(self.window, self.outgoing.window))

    def take(self) -> bytes:
        """What has been received; the peer may then send as much again."""
        chunks = self.chunks
        if not chunks:
            return b""
        self.chunks = []
        self.size = 0
        if self.receivable <= WINDOW // 2:
            self.credit()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def credit(self) -> None:
        """Let the peer send more, when it is worth a frame."""
        grown = WINDOW - self.size - self.receivable
        if grown >= WINDOW // 2 and not self.ended and self.failure is None:
            self.receivable += grown
            self.outgoing.frames.append(frames.window_update(self.id, grown))

    def receive_fields(self, section: Sequence[tuple[bytes, bytes]], *, end: bool) -> bool:
        """Fields of the peer. Whether they are worth a note: those that only inform are not. Raises ``Malformed``."""
        self.begun = True
        if self.status is not None:
            if not end:
                raise Malformed("fields in the middle of a body")
            rules.check_trailers(section)
            return True
        status, fields, length = rules.head(section)
        if status < 200:
            if end:
                raise Malformed("an answer that ends before it begins")
            return False
        # Source: RFC 9110 sections 6.4.1 and 8.6 (no content, whatever content-length says).
        self.expected = 0 if self.bodyless or status in (204, 304) else length
        self.fields = fields
        self.status = status
        return True

    def drop(self) -> None:
        """What has come is of no use to anybody, and nobody waits for more."""
        self.notify = nothing
        self.chunks = []
        self.size = 0

    def receive_data(self, data: bytes) -> None:
        """Bytes of the body, after its head; not empty. Raises ``Malformed``."""
        size = len(data)
        if self.expected is not None:
            if size > self.expected:
                raise Malformed("more bytes than its content-length says")
            self.expected -= size
        self.size += size
        chunks = self.chunks
        chunks.append(data)
        if len(chunks) > MOST_CHUNKS:
            chunks[:] = (b"".join(chunks),)

    def receive_end(self) -> None:
        """All has come, and a head before it. Raises ``Malformed``."""
        if self.expected:
            raise Malformed("fewer bytes than its content-length says")
        self.ended = True


def nothing() -> None:
    """Nobody wants to know."""
