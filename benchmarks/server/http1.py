"""HTTP/1.1: a request that was seen before is answered by looking it up as a whole.

Source: RFC 9112.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

from benchmarks.server.answers import AT_ONCE, BLOCK, LATER, PACED, STREAMED, Answer, uploaded
from benchmarks.server.connection import Connection
from benchmarks.server.live import Live
from benchmarks.server.multipart import Upload
from benchmarks.server.requests import Body, Broken, Chunked, Head, Sized, head_of
from benchmarks.server.routes import UPLOAD
from benchmarks.server.state import HOLD, MEMO, Shared

_MEMO_SIZE = 16 * 1024  # bytes; to look up a longer request costs more than to read it
_CHUNK = 16 * 1024  # bytes in a chunk of a streamed answer: what the buffers of a gateway hold
_LAST = b"0\r\n\r\n"
_requests: dict[bytes, Answer] = {}  # whole ones
_heads: dict[bytes, Head] = {}
_chunked: dict[Answer, bytes] = {}  # bodies of streamed answers


class Http1:
    """One connection's."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self.bulk = False
        self._connection = connection
        self._shared = shared
        self._rest = b""  # what came and is not read yet
        self._size = 0  # bytes of the last request that was found as a whole
        self._busy = False  # with an answer: the next request waits
        self._head: Head | None = None  # of the request that is being read
        self._body: Body | None = None
        self._content = bytearray()
        self._upload: Upload | None = None
        self._live: Live | None = None
        self._held = False
        self._left = 0  # bytes of a download

    def receive(self, data: bytes | memoryview, /) -> None:
        if self._head is None and not self._busy and not self._rest:
            known = _requests.get(cast(bytes, data))  # a view comes only with a body
            if known is not None:
                self._size = len(data)
                self._answer(known)
                return
            if 0 < self._size < len(data) and not (data := self._answer_several(bytes(data))):
                return
        try:
            if self._head is None and not self._busy and not self._rest:
                self._read_new(bytes(data))
            else:
                self._read(self._rest + data if self._rest else data)
        except Broken:
            self._connection.close()

    def more(self) -> bool:
        if self._left:
            size = min(self._left, len(BLOCK))
            self._left -= size
            if not self._left:
                self._connection.write(BLOCK[:size])
                self._done()
                return False
            self._connection.write(BLOCK)
            return True
        return False

    def lost(self) -> None:
        if self._live is not None:
            self._live.stopped = True
        if self._held:
            self._held = False
            self._shared.held.end(self)

    def _answer_several(self, data: bytes) -> bytes:
        """Answer requests that came together, and are as long as the last one, in one write; the rest is returned."""
        at, size, pieces = 0, self._size, list[bytes]()
        while (known := _requests.get(data[at : at + size])) is not None and known.how is AT_ONCE:
            pieces += self._at_once(known)
            at += size
        if pieces:
            self._connection.write(b"".join(pieces))
        return data[at:]

    def _read_new(self, data: bytes) -> None:
        """Bytes that begin with a request; if they are just one that will come again, it is known from now on."""
        head_end = data.find(b"\r\n\r\n") + 4
        head = self._parse(data[:head_end]) if head_end > 3 else None
        if (
            head is not None
            and head.length == len(data) - head_end
            and len(data) <= _MEMO_SIZE
            and head.route is not UPLOAD
        ):
            found = head.route.answer(data[head_end:])
            if len(_requests) >= MEMO:
                _requests.clear()
            _requests[data] = found
            self._answer(found)
        else:
            self._read(data)

    def _read(self, data: bytes | memoryview) -> None:
        while data and not self._busy and not self._connection.closed:
            if self._head is None:
                data = bytes(data)
                end = data.find(b"\r\n\r\n") + 4
                if end < 4:
                    break
                self._begin(self._parse(data[:end]))
                data = data[end:]
            if self._body is not None and not self._body.done:
                view = memoryview(data)
                data = view[self._body.feed(view) :]
            if self._body is not None and self._body.done:
                self._complete()
        self._rest = bytes(data)

    def _parse(self, data: bytes) -> Head:
        head = _heads.get(data)
        if head is None:
            head = head_of(data)
            if len(_heads) >= MEMO:
                _heads.clear()
            _heads[data] = head
        return head

    def _begin(self, head: Head) -> None:
        self._head = head
        if head.route is UPLOAD:
            self._upload = Upload()
            self.bulk = True
            take: Callable[[memoryview], object] = self._upload.feed
        else:
            self._content.clear()
            take = self._content.extend
        self._body = Chunked(take) if head.length is None else Sized(head.length, take)

    def _complete(self) -> None:
        head, self._head, self._body, self.bulk = self._head, None, None, False
        assert head is not None
        if self._upload is not None:
            found = uploaded(self._upload.size)
            self._upload = None
        else:
            found = head.route.answer(bytes(self._content))
        self._answer(found)

    def _answer(self, said: Answer) -> None:
        if said.how is AT_ONCE:
            self._connection.write(b"".join(self._at_once(said)))
            return
        shared = self._shared
        shared.requests += 1
        if said.how is LATER:
            self._busy = self._held = True
            shared.held.begin(self)
            shared.timers.at(time.monotonic() + HOLD, lambda: self._release(said))
        elif said.how is STREAMED:
            self._write(said, _in_chunks(said))
        elif said.how is PACED:
            self._busy = True
            self._write(said)
            self._live = Live(shared.timers, shared.phase(), len(said.events), lambda at: self._event(said, at))
        else:
            self._busy = True
            self._left = said.size
            self._write(said)
            self._connection.want_more()

    def _at_once(self, said: Answer) -> tuple[bytes, ...]:
        shared = self._shared
        shared.requests += 1
        start, middle, end = shared.heads.parts(said)
        correlation, ray = shared.numbers.plain()
        return start, correlation, middle, ray, end, said.body

    def _write(self, said: Answer, body: bytes = b"") -> None:
        start, middle, end = self._shared.heads.parts(said)
        correlation, ray = self._shared.numbers.plain()
        self._connection.write(b"".join((start, correlation, middle, ray, end, body)))

    def _release(self, said: Answer) -> None:
        if self._held:
            self._held = False
            self._shared.held.end(self)
            self._write(said, said.body)
            self._done()

    def _event(self, said: Answer, at: int) -> bool:
        data = said.events[at]
        if at + 1 < len(said.events):
            self._connection.write(b"%x\r\n%b\r\n" % (len(data), data))
        else:
            self._connection.write(b"%x\r\n%b\r\n%b" % (len(data), data, _LAST))
            self._live = None
            self._done()
        return True

    def _done(self) -> None:
        """An answer that took its time is complete."""
        self._busy = False
        if self._rest and not self._connection.closed:
            rest, self._rest = self._rest, b""
            self.receive(rest)


def _in_chunks(said: Answer) -> bytes:
    body = _chunked.get(said)
    if body is None:
        parts = [said.body[at : at + _CHUNK] for at in range(0, len(said.body), _CHUNK)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + _LAST
        _chunked[said] = body
    return body
