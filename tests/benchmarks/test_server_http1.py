"""The benchmark server over HTTP/1.1, byte by byte."""

from __future__ import annotations

import base64
import json
import struct
import time

import pytest

from tests.benchmarks.serving import Answer, Served, chat, post

CHAT = "/v1/chat/completions"
FORM = (
    b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    b'--b\r\ncontent-type: text/plain\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    b"0123456789\r\n"
    b'--b\r\ncontent-disposition: form-data; name="visibility"\r\n\r\nuser\r\n--b--\r\n'
)


@pytest.mark.parametrize("protocol", [None, "http/1.1"])
def test_a_request_may_come_byte_by_byte(server: Served, protocol: str | None) -> None:
    with server.connect(protocol) as sock:
        for request in (post(CHAT, chat("small")), b"GET /v1/models?page=1 HTTP/1.1\r\n\r\n", post("/v1/files", FORM)):
            for at in range(len(request)):
                sock.sendall(request[at : at + 1])
            answer = Answer(sock)

            assert answer.status == 200
            assert not answer.rest
    assert json.loads(answer.body)["bytes"] == 10


def test_an_answer_has_ten_fields_and_two_of_them_are_others_on_each(server: Served) -> None:
    seen: list[dict[str, str]] = []
    with server.connect() as sock:
        for body in (chat("small"), chat("small"), chat("bulk", stream=True)):
            sock.sendall(post(CHAT, body))
            answer = Answer(sock)
            assert answer.number == 10
            seen.append(answer.fields)

    for name in ("mistral-correlation-id", "cf-ray"):
        assert len({fields[name] for fields in seen}) == 3
    assert seen[0].keys() == seen[1].keys()
    assert seen[2]["transfer-encoding"] == "chunked"


@pytest.mark.parametrize("cut", [0, 1, 100])  # bytes of the last request that come later
def test_requests_that_are_known_are_answered_together(server: Served, cut: int) -> None:
    request = post(CHAT, chat("small"))
    with server.connect() as sock:
        sock.sendall(request)
        first = Answer(sock)
        known = request * 20
        sock.sendall(known[: len(known) - cut])
        received = sock.recv(65536)
        sock.sendall(known[len(known) - cut :])
        while received.count(b"HTTP/1.1 200 OK\r\n") < 20 or not received.endswith(first.body):
            received += sock.recv(65536)

    assert received.count(first.body) == 20


def test_requests_may_come_all_at_once(server: Served) -> None:
    with server.connect() as sock:
        sock.sendall(b"".join(post(CHAT, chat(model)) for model in ("held", "small", "none")))
        first = Answer(sock)
        rest = first.rest
        while rest.count(b"HTTP/1.1 ") < 2 or b"not_found" not in rest:
            rest += sock.recv(65536)

    assert first.status == 200
    assert rest.index(b"HTTP/1.1 200") < rest.index(b"HTTP/1.1 404")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_form_may_come_in_chunks(server: Served, step: int) -> None:
    chunks = b"".join(
        b"%X;x=y\r\n%b\r\n" % (len(FORM[at : at + 5]), FORM[at : at + 5]) for at in range(0, len(FORM), 5)
    )
    request = b"POST /v1/files HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nt: x\r\n\r\n"
    with server.connect() as sock:
        for _ in range(2):
            for at in range(0, len(request), step):
                sock.sendall(request[at : at + step])
            assert json.loads(Answer(sock).body)["bytes"] == 10


def test_a_live_stream_has_a_chunk_for_each_event_and_keeps_the_pace(server: Served) -> None:
    begun = time.monotonic()
    with server.connect() as sock:
        sock.sendall(post(CHAT, chat("live", stream=True)))
        answer = Answer(sock)

    assert 1.9 < time.monotonic() - begun < 4
    assert len(answer.chunks) == 101
    assert answer.chunks[-1] == b"data: [DONE]\n\n"


def test_the_phases_of_live_streams_are_spread_over_the_pace(server: Served) -> None:
    number = 16
    sockets = [server.connect() for _ in range(number)]
    try:
        for sock in sockets:
            sock.sendall(post(CHAT, chat("live", stream=True)))
        time.sleep(0.2)  # in the middle of the streams
        phases: list[float] = []
        for sock in sockets:
            sock.recv(65536)
            sock.recv(65536)  # an event that has just come
            phases.append(time.monotonic() % 0.02)
    finally:
        for sock in sockets:
            sock.close()

    # Of streams in step, all would be in one or two of the quarters.
    assert {int(phase / 0.005) for phase in phases} == {0, 1, 2, 3}


def test_embeddings_in_base64_are_the_same_vectors_as_in_numbers(server: Served) -> None:
    with server.connect() as sock:
        sock.sendall(post("/v1/embeddings", b'{"model":"m","input":["a"],"encoding_format":"float"}'))
        numbers = json.loads(Answer(sock).body)["data"]
        sock.sendall(post("/v1/embeddings", b'{"model":"m","input":["a"],"encoding_format":"base64"}'))
        packed = json.loads(Answer(sock).body)["data"]

    assert [each["index"] for each in packed] == list(range(64))
    for number, pack in zip(numbers, packed, strict=True):
        floats = struct.unpack("<1024f", base64.b64decode(pack["embedding"]))
        assert floats == pytest.approx(number["embedding"], rel=1e-9)
        assert struct.unpack("<1024f", struct.pack("<1024f", *number["embedding"])) == floats


def test_a_client_that_reads_late_gets_all_of_an_answer(server: Served) -> None:
    with server.connect() as slow, server.connect() as quick:
        slow.sendall(b"GET /v1/files/a/content HTTP/1.1\r\n\r\n" + b"GET /v1/models HTTP/1.1\r\n\r\n" * 20)
        time.sleep(0.2)
        quick.sendall(post(CHAT, chat("small")))
        assert Answer(quick).status == 200

        got = 0
        while got < 200 * 1024 * 1024 + 20 * 850_000:
            got += len(slow.recv(1024 * 1024))


def test_what_is_no_http_closes_its_connection_alone(server: Served) -> None:
    with server.connect() as good, server.connect() as bad:
        bad.sendall(b"hello\r\n\r\n")
        assert bad.recv(100) == b""
        good.sendall(post(CHAT, chat("small")))
        assert Answer(good).status == 200
