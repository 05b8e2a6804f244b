"""The benchmark server over HTTP/2, asked by the h2 package."""

from __future__ import annotations

import json
import socket
from collections import defaultdict
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from tests.benchmarks.serving import Served, chat

Fields = list[tuple[str, str]]


class Client:
    """Sends all at once, and reads until all has been answered."""

    def __init__(self, sock: socket.socket, *, window: int = 65_535, table: int = 4096, step: int = 0) -> None:
        """``window`` and ``table`` are announced; ``step`` is how many bytes are sent at a time, if it matters."""
        self.sock = sock
        self.step = step
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
                h2.settings.SettingCodes.HEADER_TABLE_SIZE: table,
            },
        )
        self.h2.decoder.max_allowed_table_size = table
        self.h2.initiate_connection()
        self.bodies: dict[int, bytes] = defaultdict(bytes)
        self.frames: dict[int, int] = defaultdict(int)
        self.longest = 0  # bytes of DATA in a frame
        self.fields: dict[int, Fields] = {}
        self.ended: set[int] = set()
        self.pongs: list[bytes] = []
        self.credit = True  # give back what came

    def ask(self, method: str, path: str, body: bytes = b"") -> int:
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":path", path), (":scheme", "http"), (":authority", "localhost")]
        self.h2.send_headers(stream, [*fields, ("authorization", "Bearer key")], end_stream=not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        return stream

    def chat(self, model: str, *, stream: bool = False) -> int:
        return self.ask("POST", "/v1/chat/completions", chat(model, stream=stream))

    def flush(self) -> None:
        data = self.h2.data_to_send()
        for at in range(0, len(data), self.step or len(data) or 1):
            self.sock.sendall(data[at : at + (self.step or len(data))])

    def run(self, until: Callable[[], bool]) -> None:
        self.flush()
        while not until():
            data = self.sock.recv(65536)
            assert data, "the server closed the connection"
            for event in self.h2.receive_data(data):
                self._take(event)
            self.flush()

    def run_until_answered(self, *streams: int) -> None:
        self.run(lambda: self.ended.issuperset(streams))

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ResponseReceived):
            assert event.stream_id is not None
            self.fields[event.stream_id] = [(str(name), str(value)) for name, value in event.headers or ()]
        elif isinstance(event, h2.events.DataReceived):
            assert event.stream_id is not None
            self.bodies[event.stream_id] += event.data or b""
            self.frames[event.stream_id] += 1
            self.longest = max(self.longest, len(event.data or b""))
            if self.credit:
                self.h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            assert event.stream_id is not None
            self.ended.add(event.stream_id)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs.append(event.ping_data or b"")


@pytest.mark.parametrize("protocol", [None, "h2"])
def test_every_route_answers_right(server: Served, protocol: str | None) -> None:
    with server.connect(protocol) as sock:
        client = Client(sock)
        sizes = {
            client.chat("small"): 494,
            client.chat("bulk", stream=True): 111_811,
            client.ask("POST", "/v1/embeddings", b'{"model":"m"}'): 964_484,
            client.ask("POST", "/v1/embeddings", b'{"encoding_format":"base64"}'): 352_983,
            client.ask("GET", "/v1/models"): 851_799,
            client.ask("GET", "/v1/files"): None,
            client.chat("live", stream=True): None,
            client.chat("held"): 494,
        }
        client.run_until_answered(*sizes)

    *_, nowhere, live, held = sizes
    for stream, size in sizes.items():
        fields = dict(client.fields[stream])
        assert fields[":status"] == ("404" if stream == nowhere else "200")
        assert len(fields) == 11
        assert size is None or len(client.bodies[stream]) == size
        if "content-length" in fields:
            assert int(fields["content-length"]) == len(client.bodies[stream])
    assert client.frames[live] == 101
    assert client.bodies[held] == client.bodies[min(sizes)]


@pytest.mark.parametrize("table", [4096, 0, 200, 65_536])
def test_header_blocks_are_right_whatever_table_the_client_offers(server: Served, table: int) -> None:
    with server.connect() as sock:
        client = Client(sock, table=table)
        for _ in range(60):
            streams = [client.chat("small"), client.ask("GET", "/nowhere"), client.chat("none")]
            client.run_until_answered(*streams)

    steady = {tuple(fields[2:-2]) for fields in client.fields.values()}
    assert len(steady) == 2  # two lengths
    for name in ("mistral-correlation-id", "cf-ray"):
        assert len({dict(fields)[name] for fields in client.fields.values()}) == 180


def test_steady_fields_come_from_the_dynamic_table(server: Served) -> None:
    def literal(name: bytes, value: bytes) -> bytes:
        return bytes((0, len(name))) + name + bytes((len(value),)) + value

    block = literal(b":method", b"GET") + literal(b":path", b"/nowhere")
    sizes: list[int] = []
    with server.connect() as sock:
        reader = sock.makefile("rb")
        sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        for stream in range(1, 21, 2):
            sock.sendall(bytes((0, 0, len(block), 1, 5, 0, 0, 0, stream)) + block)
            while (head := reader.read(9))[3] != 0:
                payload = reader.read(int.from_bytes(head[:3], "big"))
                if head[3] == 1:
                    sizes.append(len(payload))
            reader.read(int.from_bytes(head[:3], "big"))
        reader.close()

    assert sizes[0] > 200
    # Nine indexes, and twice the index of a name, a length and a value in Huffman's code.
    assert min(sizes) == 9 + (2 + 1 + 25) + (2 + 1 + 15)


def test_a_client_with_a_table_is_understood_before_and_after_it_has_heard_that_there_is_none(server: Served) -> None:
    for _ in range(8):  # each worker sees the same blocks at both times
        with server.connect() as sock:
            client = Client(sock)
            early = [client.chat("small") for _ in range(5)]  # from the second on, out of the table
            client.run_until_answered(*early)
            late = [client.chat("small") for _ in range(5)]
            client.run_until_answered(*late)

        assert client.h2.encoder.header_table_size == 0
        assert all(dict(client.fields[stream])[":status"] == "200" for stream in (*early, *late))


def test_all_of_it_may_come_byte_by_byte(server: Served) -> None:
    with server.connect() as sock:
        client = Client(sock, step=1)
        first = client.chat("small")
        client.run_until_answered(first)
        second = client.chat("small")
        client.run_until_answered(second)

    assert client.bodies[first] == client.bodies[second]


def test_a_block_in_pieces_and_frames_with_padding_are_understood(server: Served) -> None:
    with server.connect() as sock:
        client = Client(sock)
        fields = [(":method", "POST"), (":path", "/v1/chat/completions"), (":scheme", "http"), (":authority", "a")]
        for more, weight in ((("x-long", "x" * 40_000), None), (("x-short", "x"), 5)):
            stream = client.h2.get_next_available_stream_id()
            client.h2.send_headers(stream, [*fields, more], priority_weight=weight)
            body = chat("small")
            client.h2.send_data(stream, body[:10], pad_length=9)
            client.h2.send_data(stream, body[10:], pad_length=200, end_stream=True)
            client.run_until_answered(stream)
            assert len(client.bodies[stream]) == 494


@pytest.mark.parametrize("window", [0, 1000, 65_535])
def test_the_windows_of_the_client_are_respected(server: Served, window: int) -> None:
    with server.connect() as sock:
        client = Client(sock, window=window)
        client.credit = False
        stream, small, bulk = client.ask("GET", "/v1/models"), client.chat("small"), client.chat("bulk", stream=True)
        allowed = 3 * window
        client.run(lambda: len(client.fields) == 3 and sum(map(len, client.bodies.values())) >= min(allowed, 494))
        for each in {stream, small, bulk} - client.ended:
            client.h2.increment_flow_control_window(1_000_000)
            client.h2.increment_flow_control_window(1_000_000, each)
        client.run_until_answered(stream, small, bulk)

    assert [len(client.bodies[each]) for each in (stream, small, bulk)] == [851_799, 494, 111_811]


def test_a_download_may_be_given_up(server: Served) -> None:
    with server.connect("h2") as sock:
        client = Client(sock, window=2**24)
        client.h2.increment_flow_control_window(2**24)
        download, held, live = (
            client.ask("GET", "/v1/files/a/content"),
            client.chat("held"),
            client.chat("live", stream=True),
        )
        client.run(lambda: len(client.bodies[download]) > 2**22)
        for stream in (download, held, live):
            client.h2.reset_stream(stream)
        small = client.chat("small")
        client.run_until_answered(small)

    assert len(client.bodies[small]) == 494


@pytest.mark.parametrize("protocol", [None, "h2"])
def test_an_upload_gets_the_credit_that_it_needs(server: Served, protocol: str | None) -> None:
    content = bytes(40_000_000)
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + content + b"\r\n--b--\r\n"
    with server.connect(protocol) as sock:
        client = Client(sock)
        client.run(lambda: client.h2.remote_settings.initial_window_size > 2**16)
        stream = client.h2.get_next_available_stream_id()
        fields = [(":method", "POST"), (":path", "/v1/files"), (":scheme", "http"), (":authority", "localhost")]
        client.h2.send_headers(stream, fields)
        at = 0
        while at < len(form):
            room = min(client.h2.local_flow_control_window(stream), client.h2.max_outbound_frame_size, 300_001)
            if room:
                part = form[at : at + room]
                at += len(part)
                client.h2.send_data(stream, part, end_stream=at == len(form))
                client.flush()
            else:
                client.run(lambda: client.h2.local_flow_control_window(stream) > 0)
        client.run_until_answered(stream)

    assert json.loads(client.bodies[stream])["bytes"] == len(content)


@pytest.mark.parametrize(("announced", "sent"), [(16_384, 16_384), (40_000, 40_000), (2**20, 65_536)])
def test_frames_are_as_long_as_the_client_takes_and_no_longer_than_64_kib(
    server: Served, announced: int, sent: int
) -> None:
    with server.connect("h2") as sock:
        client = Client(sock, window=2**20)
        client.h2.update_settings({h2.settings.SettingCodes.MAX_FRAME_SIZE: announced})
        client.h2.increment_flow_control_window(2**20)
        client.h2.ping(b"settings")
        client.run(lambda: bool(client.pongs))
        stream = client.ask("GET", "/v1/models")
        client.run_until_answered(stream)

    assert client.longest == sent


def test_a_ping_is_answered(server: Served) -> None:
    with server.connect() as sock:
        client = Client(sock)
        client.h2.ping(b"12345678")
        client.run(lambda: bool(client.pongs))

    assert client.pongs == [b"12345678"]


def test_what_is_no_http2_closes_its_connection_alone(server: Served) -> None:
    with server.connect() as sock:
        client = Client(sock)
        client.run_until_answered(client.chat("small"))
        sock.sendall(b"\0\0\1\1\4\0\0\0\7\xff")  # a header block that ends in the middle of a number
        while sock.recv(65536):
            pass
    with server.connect() as sock:
        client = Client(sock)
        client.run_until_answered(client.chat("small"))
