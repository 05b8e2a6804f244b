"""An HTTP/2 server on loopback that does what a test tells it to, right or wrong.

It is made of other people's frames and header compression, so that it does not share a mistake with what it tests.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

from hpack import Decoder, Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.http2.numbers import INITIAL_WINDOW, INTERNAL_ERROR, NO_ERROR, PREFACE

FRAME_SIZE = 16_384  # bytes, as most servers send them, whatever more the client takes

Fields: TypeAlias = Sequence[tuple[str, str]]
Answer: TypeAlias = Callable[["PeerStream"], Awaitable[None]]


async def ok(stream: PeerStream) -> None:
    """Answers what it was sent, once all of it is there."""
    await stream.whole()
    stream.answer(200, bytes(stream.body) or b"{}")


async def hold(stream: PeerStream) -> None:
    """Never answers."""


class Peer:
    """The server: ``async with Peer(answer) as peer``. ``answer`` is run for each request once its head is there.

    ``settings`` are sent first. ``credits=False`` gives no window back by itself, ``acknowledges=False`` leaves PINGs
    without an answer, ``speaks=False`` sends nothing whatever by itself.
    """

    def __init__(
        self,
        answer: Answer = ok,
        *,
        settings: Mapping[int, int] | None = None,
        credits: bool = True,
        acknowledges: bool = True,
        speaks: bool = True,
    ) -> None:
        self.answer = answer
        self.settings = dict(settings or {})
        self.credits = credits
        self.acknowledges = acknowledges
        self.speaks = speaks
        self.connections: list[PeerConnection] = []
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def streams(self) -> list[PeerStream]:
        """Every request that ever arrived, in its order on each connection."""
        return [stream for connection in self.connections for stream in connection.streams.values()]

    @property
    def open(self) -> list[PeerConnection]:
        return [connection for connection in self.connections if connection.open]

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: PeerConnection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for connection in self.connections:
            connection.abort()
        outcomes = await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and exc is None:
                raise outcome

    async def until(self, true: Callable[[], object]) -> None:
        """Wait, two seconds at most, until it is so."""
        await until(true)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._tasks.discard(done) if not _failed(done) else None)


class PeerStream:
    """One request as the server sees it, and what it answers."""

    def __init__(self, connection: PeerConnection, stream_id: int, fields: Mapping[str, str]) -> None:
        self.connection = connection
        self.id = stream_id
        self.fields = fields
        self.body = bytearray()
        self.ended = False
        self.reset_by_client: int | None = None
        self.window = connection.initial_window
        self.changed = asyncio.Event()

    async def whole(self) -> bytes:
        """The whole body of the request, once it is there."""
        while not self.ended:
            await self._change()
        return bytes(self.body)

    async def received(self, size: int) -> None:
        """Wait until as many bytes of the body are there."""
        while len(self.body) < size:
            await self._change()

    def head(self, status: int = 200, fields: Fields = (), *, end: bool = False) -> None:
        self.fields_out([(":status", str(status)), *fields], end=end)

    def fields_out(self, fields: Fields, *, end: bool = False) -> None:
        """Any fields whatever, in frames that fit."""
        block = self.connection.encoder.encode(fields)
        pieces = [block[at : at + FRAME_SIZE] for at in range(0, len(block), FRAME_SIZE)] or [b""]
        for index, piece in enumerate(pieces):
            frame = HeadersFrame(self.id, piece) if index == 0 else ContinuationFrame(self.id, piece)
            if index == 0 and end:
                frame.flags.add("END_STREAM")
            if index == len(pieces) - 1:
                frame.flags.add("END_HEADERS")
            self.connection.send(frame)

    def data(self, data: bytes = b"", *, end: bool = False, padding: int = 0) -> None:
        """One DATA frame, whatever the window says."""
        frame = DataFrame(self.id, data)
        if padding:
            frame.flags.add("PADDED")
            frame.pad_length = padding
        if end:
            frame.flags.add("END_STREAM")
        self.window -= len(data)
        self.connection.window -= len(data)
        self.connection.send(frame)

    async def body_out(self, body: bytes, *, end: bool = True) -> None:
        """A body of any size, as far as the windows allow at a time."""
        view = memoryview(body)
        while view:
            room = min(self.window, self.connection.window, FRAME_SIZE, len(view))
            if room <= 0:
                await self._change()
                continue
            self.data(bytes(view[:room]))
            view = view[room:]
            if self.connection.paused:
                await self._change()
        if end:
            self.data(end=True)

    def answer(self, status: int = 200, body: bytes = b"{}", fields: Fields = ()) -> None:
        """A whole answer that fits the windows."""
        self.head(status, [("content-length", str(len(body))), *fields])
        for at in range(0, len(body), FRAME_SIZE):
            self.data(body[at : at + FRAME_SIZE])
        self.data(end=True)

    def reset(self, code: int = INTERNAL_ERROR) -> None:
        self.connection.send(RstStreamFrame(self.id, error_code=code))

    def credit(self, size: int) -> None:
        self.connection.send(WindowUpdateFrame(self.id, window_increment=size))

    async def _change(self) -> None:
        self.changed.clear()
        await self.changed.wait()


class PeerConnection(asyncio.Protocol):
    """One connection: keeps the rules by itself as far as ``Peer`` was told to, and sends any frame it is given."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.encoder, self.decoder = Encoder(), Decoder()
        self.streams: dict[int, PeerStream] = {}
        self.frames: list[Frame] = []  # all that came
        self.pings: list[bytes] = []  # what came, acknowledgements left out
        self.window = self.initial_window = 65_535  # bytes that may be sent; of a new stream
        self.open = True
        self.paused = False  # the transport's buffer is full
        self.transport: asyncio.Transport
        self._buffer = b""
        self._greeted = False
        self._block = b""

    @property
    def settled(self) -> bool:
        """The client knows our SETTINGS."""
        return any("ACK" in frame.flags for frame in self.seen(SettingsFrame))

    # What a test does.

    def send(self, *frames: Frame) -> None:
        self.write(b"".join(frame.serialize() for frame in frames))

    def write(self, data: bytes) -> None:
        if self.open:
            self.transport.write(data)

    def change_settings(self, settings: Mapping[int, int]) -> None:
        self.send(SettingsFrame(0, settings=dict(settings)))

    def credit(self, size: int) -> None:
        self.send(WindowUpdateFrame(0, window_increment=size))

    def go_away(self, last: int, code: int = NO_ERROR) -> None:
        self.send(GoAwayFrame(0, last_stream_id=last, error_code=code))

    def stop_reading(self) -> None:
        self.transport.pause_reading()

    def read_on(self) -> None:
        self.transport.resume_reading()

    def close(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()

    def seen(self, kind: type[Frame], *, stream_id: int | None = None) -> list[Any]:
        """The frames of a kind that came, of one stream or of any."""
        return [frame for frame in self.frames if type(frame) is kind and stream_id in (None, frame.stream_id)]

    # What asyncio does.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.peer.connections.append(self)
        if self.peer.speaks:
            self.send(SettingsFrame(0, settings=self.peer.settings))

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        self._wake()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._wake()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._greeted:
            if len(self._buffer) < len(PREFACE):
                return
            assert self._buffer.startswith(PREFACE), self._buffer[:24]
            self._buffer = self._buffer[len(PREFACE) :]
            self._greeted = True
        at = 0
        view = memoryview(self._buffer)
        while len(view) - at >= 9:
            frame, length = Frame.parse_frame_header(view[at : at + 9])
            if len(view) - at < 9 + length:
                break
            frame.parse_body(view[at + 9 : at + 9 + length])
            at += 9 + length
            self._take(frame, length)
        self._buffer = bytes(view[at:])

    def _take(self, frame: Frame, length: int) -> None:
        if not isinstance(frame, DataFrame):
            self.frames.append(frame)
        stream = self.streams.get(frame.stream_id)
        match frame:
            case HeadersFrame() | ContinuationFrame():
                self._block += bytes(frame.data)
                if "END_HEADERS" in frame.flags:
                    self._request(frame.stream_id)
            case DataFrame():
                self._body(frame, length)
            case SettingsFrame() if "ACK" not in frame.flags:
                self._settings(frame.settings)
            case PingFrame() if "ACK" not in frame.flags:
                self.pings.append(bytes(frame.opaque_data))
                if self.peer.acknowledges and self.peer.speaks:
                    self.send(PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))
            case WindowUpdateFrame():
                if stream is not None:
                    stream.window += frame.window_increment
                elif not frame.stream_id:
                    self.window += frame.window_increment
                self._wake()
            case RstStreamFrame():
                assert stream is not None
                stream.reset_by_client = frame.error_code
                stream.changed.set()
            case _:
                pass
        if isinstance(frame, HeadersFrame | DataFrame) and "END_STREAM" in frame.flags:
            stream = self.streams[frame.stream_id]
            stream.ended = True
            stream.changed.set()

    def _request(self, stream_id: int) -> None:
        fields = {str(name): str(value) for name, value in self.decoder.decode(self._block)}
        self._block = b""
        stream = self.streams[stream_id] = PeerStream(self, stream_id, fields)
        self.peer.run(_quietly(self.peer.answer(stream)))

    def _body(self, frame: DataFrame, length: int) -> None:
        stream = self.streams[frame.stream_id]
        stream.body += frame.data
        stream.changed.set()
        if self.peer.credits and length:
            self.credit(length)
            if "END_STREAM" not in frame.flags:
                stream.credit(length)

    def _settings(self, settings: Mapping[int, int]) -> None:
        window = settings.get(INITIAL_WINDOW, self.initial_window)
        for stream in self.streams.values():
            stream.window += window - self.initial_window
        self.initial_window = window
        if self.peer.speaks:
            self.send(SettingsFrame(0, flags=["ACK"]))

    def _wake(self) -> None:
        for stream in self.streams.values():
            stream.changed.set()


async def until(true: Callable[[], object]) -> None:
    """Wait, two seconds at most, until it is so."""
    async with asyncio.timeout(2):
        while not true():
            await asyncio.sleep(0.002)


async def _quietly(work: Awaitable[None]) -> None:
    with contextlib.suppress(ConnectionError):
        await work


def _failed(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is not None
