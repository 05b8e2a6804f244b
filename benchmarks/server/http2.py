"""HTTP/2: frames of the client.

Header blocks do without the dynamic table once the client knows that we offer none: a block is then decoded once, and
known again by its bytes. Source: RFC 9113.
"""

from __future__ import annotations

import logging

from hpack import Decoder, HPACKError

from benchmarks.server import frames
from benchmarks.server.connection import Connection
from benchmarks.server.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY_FLAG,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)
from benchmarks.server.multipart import Upload
from benchmarks.server.replies import Replies
from benchmarks.server.routes import UPLOAD, Route, route
from benchmarks.server.state import MEMO, Shared
from benchmarks.server.stream import Stream

_WINDOW = 16 * 1024 * 1024  # bytes, of each stream and of the connection: more than is ever on its way here
_CREDIT = 1024 * 1024  # bytes that are read before the client is given as many
_GREETING = frames.settings(
    {
        frames.HEADER_TABLE_SIZE: 0,
        frames.MAX_CONCURRENT_STREAMS: 1024,  # gateways say 100 to 250; here one connection must do
        frames.INITIAL_WINDOW_SIZE: _WINDOW,
        frames.MAX_FRAME_SIZE: 2**24 - 1,  # as nginx and Cloudflare say
    }
) + frames.window_update(0, _WINDOW - 65_535)
_Known = dict[bytes, Route]
_inert: _Known = {}  # header blocks that neither use nor change a table
_tableless: _Known = {}  # those of clients whose table has no room

logging.getLogger("hpack").setLevel(logging.INFO)  # what it says of each field takes longer than to read it


class Http2:
    """One connection's."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self.bulk = False
        self._connection = connection
        self._replies = Replies(connection, shared)
        self._streams = self._replies.streams
        self._decoder = Decoder()
        self._known: _Known | None = _inert  # what its blocks may be looked up in
        self._uploads = 0
        self._greeted = False
        self._rest = b""  # what came and is not read yet
        self._left = 0  # bytes of a DATA frame that is being read ...
        self._left_stream = self._left_flags = 0  # ... and whose it is
        self._block: tuple[int, int, bytearray] | None = None  # stream, flags and what there is of a block in pieces
        self._received = 0  # bytes of DATA since the client was last given credit
        connection.write(_GREETING)

    def receive(self, data: bytes | memoryview, /) -> None:
        try:
            self._read(self._rest + data if self._rest else data)
        except (HPACKError, ValueError, IndexError, KeyError):
            self._connection.close()  # no HTTP/2
            return
        self._replies.flush()

    def more(self) -> bool:
        return self._replies.more()

    def lost(self) -> None:
        self._replies.lost()

    def _read(self, data: bytes | memoryview) -> None:
        at, end = 0, len(data)
        if not self._greeted:
            if end < len(PREFACE):
                self._rest = bytes(data)
                return
            if data[: len(PREFACE)] != PREFACE:
                raise ValueError
            self._greeted, at = True, len(PREFACE)
        if self._left:
            at = min(self._left, end)
            self._left -= at
            self._data(self._left_stream, data[:at], last=not self._left and bool(self._left_flags & END_STREAM))
        header_of = frames.header_of
        while end - at >= 9:
            size, flags, stream = header_of(data, at)
            kind = size & 255
            size >>= 8
            begin = at + 9
            at = begin + size
            if at > end:
                if kind == DATA and not flags & PADDED:
                    # Not kept until all of it is there: it may be long.
                    self._left, self._left_stream, self._left_flags = at - end, stream, flags
                    self._data(stream, data[begin:end], last=False)
                    self._rest = b""
                    return
                at = begin - 9
                break
            if kind == DATA:
                if flags & PADDED:
                    self._credit(data[begin] + 1)
                    self._data(stream, data[begin + 1 : at - data[begin]], last=bool(flags & END_STREAM))
                else:
                    self._data(stream, data[begin:at], last=bool(flags & END_STREAM))
            elif kind == HEADERS:
                block = bytes(data[begin:at])
                if flags != END_HEADERS or not (after := self._short(stream, block, data, at)):
                    self._headers(stream, flags, block)
                else:
                    at = after
            else:
                self._control(kind, flags, stream, bytes(data[begin:at]))
        self._rest = bytes(data[at:])

    def _short(self, stream: int, block: bytes, data: bytes | memoryview, at: int) -> int:
        """Answer a request whose head is known and whose body comes right after it; where it ends, or 0."""
        place = None if self._known is None else self._known.get(block)
        if place is None or place is UPLOAD or len(data) < at + 9:
            return 0
        size, flags, whose = frames.header_of(data, at)
        begin: int = at + 9
        end: int = begin + (size >> 8)
        if size & 255 != DATA or flags != END_STREAM or whose != stream or end > len(data):
            return 0
        self._credit(end - begin)
        self._replies.answer_at_once(stream, place, bytes(data[begin:end]))
        return end

    def _headers(self, stream: int, flags: int, block: bytes) -> None:
        if flags & (PADDED | PRIORITY_FLAG):
            if flags & PADDED:
                block = block[1 : len(block) - block[0]]
            if flags & PRIORITY_FLAG:
                block = block[5:]
        if not flags & END_HEADERS:
            self._block = stream, flags, bytearray(block)
            return
        place = None if self._known is None else self._known.get(block)
        if place is None:
            place = self._decode(block)
        if stream in self._streams:
            raise ValueError  # trailers, of which no client of ours has any
        opened = self._replies.open(stream, place)
        if flags & END_STREAM:
            self._replies.answer(opened, b"")
        elif place is UPLOAD:
            opened.upload = Upload()
            self._uploads += 1
            self.bulk = True

    def _decode(self, block: bytes) -> Route:
        fields = dict(self._decoder.decode(block, raw=True))
        place = route(fields[b":method"], fields[b":path"])
        known, table = self._known, self._decoder.header_table
        if table.maxsize == 0:
            self._known = _tableless
        else:
            self._known = None if table.dynamic_entries else _inert
        # Only where the block changed nothing: what is looked up is not seen by the decoder.
        if known is not None and known is self._known and block[0] & 0xE0 != 0x20:
            if len(known) >= MEMO:
                known.clear()
            known[block] = place
        return place

    def _data(self, stream_id: int, data: bytes | memoryview, *, last: bool) -> None:
        self._credit(len(data))
        stream = self._streams.get(stream_id)
        if stream is None:
            return  # given up
        if stream.upload is not None:
            self._upload(stream, stream.upload, data, last=last)
        elif last and stream.content is None:
            self._replies.answer(stream, bytes(data))
        else:
            if stream.content is None:
                stream.content = bytearray()
            stream.content += data
            if last:
                self._replies.answer(stream, bytes(stream.content))

    def _upload(self, stream: Stream, upload: Upload, data: bytes | memoryview, *, last: bool) -> None:
        upload.feed(data)
        if last:
            self._upload_over()
            self._replies.answer_upload(stream, upload)
            return
        stream.received += len(data)
        if stream.received >= _CREDIT:
            self._replies.out.append(frames.window_update(stream.id, stream.received))
            stream.received = 0

    def _upload_over(self) -> None:
        self._uploads -= 1
        self.bulk = self._uploads > 0

    def _credit(self, size: int) -> None:
        self._received += size
        if self._received >= _CREDIT:
            self._replies.out.append(frames.window_update(0, self._received))
            self._received = 0

    def _control(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == WINDOW_UPDATE:
            self._replies.widen(stream, int.from_bytes(payload, "big"))
        elif kind == SETTINGS and not flags & ACK:
            self._replies.configure(payload)
        elif kind == PING and not flags & ACK:
            self._replies.out.append(frames.frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM:
            given_up = self._streams.get(stream)
            if given_up is not None:
                if given_up.upload is not None:
                    self._upload_over()
                self._replies.drop(given_up)
        elif kind == CONTINUATION and self._block is not None:
            begun, first_flags, block = self._block
            block += payload
            if flags & END_HEADERS:
                self._block = None
                self._headers(begun, first_flags & END_STREAM | END_HEADERS, bytes(block))
        elif kind == GOAWAY:
            pass  # it will close the connection when it has what it wants
