"""What both directions of an HTTP/2 connection share: live streams, what is queued, and who is to be told."""

from __future__ import annotations

from collections.abc import Callable

from mistral_async.wire.http2 import frames
from mistral_async.wire.http2.frames import ErrorCode
from mistral_async.wire.http2.header_compression import HeaderEncoder
from mistral_async.wire.http2.limits import Limits
from mistral_async.wire.http2.patience import Patience
from mistral_async.wire.http2.stream import Failure, Outgoing, Stream, nothing

# Bytes the peer may send on all streams together before it hears of us again. Given back as they arrive, so that a
# slow reader holds up nobody else: what waits in memory is bounded by the streams' own windows.
CONNECTION_WINDOW = 16 * 1024 * 1024
MOST_LATE = 1000  # streams we gave up whose late frames are told from a flood


class ConnectionState:
    """What is so on a connection now.

    Whoever changes something notes it here, and calls ``tell`` when all is consistent.
    """

    __slots__ = (
        "_changed",
        "_on_change",
        "draining",
        "encoder",
        "failure",
        "freed",
        "goaway_code",
        "granted",
        "late",
        "limits",
        "next_id",
        "now",
        "outgoing",
        "patience",
        "receivable",
        "replies",
        "streams",
        "unfinished",
    )

    def __init__(self, on_change: Callable[[], None], clock: Callable[[], float], first_id: int) -> None:
        self.outgoing = Outgoing()
        self.encoder = HeaderEncoder()
        self.limits = Limits()
        self.patience = Patience(clock)
        self.streams: dict[int, Stream] = {}  # the live ones
        self.unfinished: dict[int, Stream] = {}  # those we still send on, the least recently served first
        self.late: dict[int, int] = {}  # bytes that may still come on streams that we gave up
        self.next_id = first_id
        self.now = 0.0  # when the bytes came that are being read
        self.replies = 0  # answers queued for the peer since it was last written to
        self.receivable = CONNECTION_WINDOW  # bytes the peer may send, as far as it can know
        self.granted = 0  # more of them, in a frame that is not written yet
        self.draining = False
        self.goaway_code: int | None = None  # the error that the peer is leaving with
        self.failure: Failure | None = None
        self.freed = False  # `on_change` is to be called
        self._changed: list[Stream] = []  # these are to be notified
        self._on_change = on_change

    def note(self, stream: Stream) -> None:
        if not stream.noted:
            stream.noted = True
            self._changed.append(stream)

    def tell(self) -> None:
        """Call those who wait. They may call back."""
        while self._changed:
            changed, self._changed = self._changed, []
            for stream in changed:
                stream.noted = False
                notify = stream.notify
                if stream.ended or stream.failure is not None:
                    # The last time: else the two would keep each other alive until the collector comes.
                    stream.notify = nothing
                notify()
        if self.freed:
            self.freed = False
            self._on_change()

    def drain(self) -> None:
        self.draining = self.freed = True

    def forget(self, stream: Stream) -> None:
        del self.streams[stream.id]
        self.unfinished.pop(stream.id, None)
        self.freed = True

    def end(self, stream: Stream, failure: Failure) -> None:
        stream.failure = failure
        self.note(stream)
        self.forget(stream)

    def give_up(self, stream: Stream, failure: Failure) -> None:
        """End it from our side. What its window lets the peer send may be on its way."""
        if len(self.late) >= MOST_LATE:
            del self.late[next(iter(self.late))]
        self.late[stream.id] = stream.receivable
        self.end(stream, failure)

    def refuse(self, stream: Stream, what: str, code: ErrorCode = ErrorCode.PROTOCOL_ERROR) -> None:
        """The peer broke the rules on one stream. Source: RFC 9113 section 5.4.2."""
        self.outgoing.frames.append(frames.reset(stream.id, code))
        self.give_up(stream, Failure("protocol", what))

    def over(self, failure: Failure) -> None:
        self.failure = failure
        self.freed = True
        for stream in list(self.streams.values()):
            self.end(stream, failure)
