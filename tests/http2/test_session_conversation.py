"""A session and a server of the h2 package understand each other, whatever they set and however bytes are cut."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import StreamClosedError
from h2.settings import SettingCodes, Settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mistral_async.wire.http2.session import Session
from mistral_async.wire.http2.stream import Stream
from tests.http2.frames_of import POST


@dataclass
class Echo:
    """An h2 server that says back what it is sent, as far as windows let it, with a trailer."""

    server: H2Connection
    bodies: dict[int, bytearray] = field(default_factory=dict[int, bytearray])
    ended: set[int] = field(default_factory=set[int])

    def receive(self, data: bytes) -> None:
        for event in self.server.receive_data(data):
            match event:
                case RequestReceived():
                    with contextlib.suppress(StreamClosedError):
                        self.server.send_headers(event.stream_id, [(":status", "103")])
                        self.server.send_headers(event.stream_id, [(":status", "200"), ("x-id", str(event.stream_id))])
                        self.bodies[event.stream_id] = bytearray()
                case DataReceived():
                    if event.stream_id in self.bodies:
                        self.bodies[event.stream_id] += event.data
                        # Not `acknowledge_received_data`: that one stalls after the window shrank.
                        size = event.flow_controlled_length
                        if size:
                            self.server.increment_flow_control_window(size)
                            with contextlib.suppress(StreamClosedError):  # reset meanwhile
                                self.server.increment_flow_control_window(size, event.stream_id)
                case StreamEnded():
                    self.ended.add(event.stream_id)
                case StreamReset():
                    self.bodies.pop(event.stream_id, None)
                    self.ended.discard(event.stream_id)
                case _:
                    pass

    def answer(self, padding: int) -> None:
        for number, body in list(self.bodies.items()):
            while body:
                room = min(
                    len(body),
                    self.server.local_flow_control_window(number) - padding - 1,
                    self.server.max_outbound_frame_size - padding - 1,
                )
                if room <= 0:
                    break
                self.server.send_data(number, bytes(body[:room]), pad_length=padding)
                del body[:room]
            if not body and number in self.ended:
                self.server.send_headers(number, [("x-digest", "made up")], end_stream=True)
                del self.bodies[number]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sizes=st.lists(st.sampled_from([0, 1, 1000, 70_000, 150_000]), min_size=1, max_size=6),
    window=st.sampled_from([1, 1000, 65_535, 2**20]),
    later=st.sampled_from([0, 50, 65_535]),
    frame=st.sampled_from([2**14, 2**15, 2**20]),
    streams=st.integers(1, 4),
    padding=st.sampled_from([0, 0, 7, 255]),
    cut=st.sampled_from([1000, 10_000, 2**30]),
    cancelled=st.sets(st.integers(0, 5), max_size=2),
)
def test_what_is_sent_comes_back(
    sizes: list[int],
    window: int,
    later: int,
    frame: int,
    streams: int,
    padding: int,
    cut: int,
    cancelled: set[int],
) -> None:
    session = Session()
    server = H2Connection(H2Configuration(client_side=False))
    server.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.INITIAL_WINDOW_SIZE: window,
            SettingCodes.MAX_FRAME_SIZE: frame,
            SettingCodes.MAX_CONCURRENT_STREAMS: streams,
        },
    )
    server.max_inbound_frame_size = frame
    server.initiate_connection()
    echo = Echo(server)
    waiting = [(number, bytes([number]) * size) for number, size in enumerate(sizes)]
    running: list[tuple[int, Stream, memoryview, bytearray]] = []
    results: dict[int, bytes] = {}

    for turn in range(500):
        if turn == 3:
            server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: later})
        if turn == 6:
            server.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 65_535, SettingCodes.HEADER_TABLE_SIZE: 0})
        said = server.data_to_send()
        for at in range(0, len(said), cut):
            session.receive(said[at : at + cut])
        assert session.failure is None
        while waiting and session.free:
            number, body = waiting.pop(0)
            stream = session.open(POST, end=False, notify=lambda: None)
            running.append((number, stream, memoryview(body), bytearray()))
        for at, (number, stream, left, got) in enumerate(running):
            left = left[session.send(stream, left[:40_000], end=len(left) <= 40_000) :]
            got += stream.take()
            if number in cancelled and got:
                session.reset(stream)
            running[at] = (number, stream, left, got)
            if stream.ended:
                assert stream.fields == ((b"x-id", str(stream.id).encode()),)
                results[number] = bytes(got)
        running = [each for each in running if not each[1].ended and each[1].failure is None]
        echo.receive(session.take())
        echo.answer(padding)
        if not running and not waiting:
            break

    assert not running
    expected = {number: bytes([number]) * size for number, size in enumerate(sizes)}
    assert {number for number in expected if number not in results} <= cancelled
    assert all(results[number] == expected[number] for number in results)
    session.close()
    server.receive_data(session.take())
    assert session.finished
    assert server.open_inbound_streams == 0
