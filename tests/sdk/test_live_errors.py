"""What goes wrong, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import pickle
import socket
from typing import Any

import pytest

from mistral_async import (
    APIError,
    AuthenticationError,
    BadRequestError,
    Call,
    ConflictError,
    ConnectError,
    ConnectionLost,
    MistralClient,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    RateLimitError,
    RequestValidationError,
    ResponseDecodeError,
    ServerError,
    Timeout,
    TimeoutError,
    TLSError,
    UnprocessableEntityError,
)
from mistral_async.models import UserMessage
from mistral_async.testing import LocalServer

BODIES = {
    "error object": ({"object": "error", "message": "no", "type": "t", "param": "p", "code": 1300}, "no"),
    "message is an object": ({"object": "error", "message": {"detail": [{"loc": ["body"], "msg": "no"}]}}, "body: no"),
    "detail list": ({"detail": [{"loc": ["body", "x"], "msg": "no", "type": "missing"}]}, "body.x: no"),
    "detail text": ({"detail": "Unauthorized"}, "Unauthorized"),
    "message alone": ({"message": "no"}, "no"),
    "message and request id": ({"message": "no", "request_id": "r1"}, "no"),
    "HTML page": (b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "502 Bad Gateway"),
    "empty": (b"", "no body"),
    "invalid UTF-8": (b"\xff\xfe\xfa", "\ufffd"),
    "20 MB": (b"x" * 20_000_000, "xxx"),
}
CLASSES = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    418: APIError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: ServerError,
    503: ServerError,
    302: APIError,
}


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("shape", BODIES)
async def test_every_status_with_every_body_is_an_error_of_bounded_size(
    status: int, shape: str, unjudged: MistralClient, server: LocalServer
) -> None:
    body, said = BODIES[shape]
    server.fail_next(status=status, body=body, headers={"x-kong-request-id": "k1", "retry-after": "7"})

    with pytest.raises(APIError) as caught:
        await unjudged.models()

    error = caught.value
    assert type(error) is CLASSES[status]
    assert said in str(error)
    assert "GET /v1/models" in str(error)
    assert len(str(error)) < 700
    assert len(error.body) <= 65536
    assert (error.status, error.request_id, error.retry_after) == (status, "k1", 7.0)
    assert server.api_key not in repr(error) + str(vars(error))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, again.body) == (str(error), status, error.body)


async def test_a_wrong_key_is_an_authentication_error_that_does_not_show_it(server: LocalServer) -> None:
    async with MistralClient(api_key="wrong-key-123", base_url=server.url) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.models()

    assert "wrong-key-123" not in repr(caught.value) + str(vars(caught.value)) + repr(client)


async def test_a_server_that_repeats_the_key_does_not_get_it_into_an_error(server: LocalServer) -> None:
    server.fail_next(status=401, body={"message": f"the key {server.api_key} is unknown"})
    async with server.client() as client:
        with pytest.raises(AuthenticationError, match=r"the key \*\*\* is unknown") as caught:
            await client.models()

    assert server.api_key.encode() not in pickle.dumps(caught.value)


async def test_the_causes_of_an_error_do_not_hold_the_key_either() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(NOT_HTTP)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with MistralClient(api_key="secret-key-of-ours", base_url=url) as client:
            with pytest.raises(ProtocolError) as caught:
                await client.models()

    shown = ""
    error: BaseException | None = caught.value
    while error is not None:
        shown += repr(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    assert "secret-key" not in shown


async def test_nothing_that_sends_can_be_pickled_with_the_key_in_it(client: MistralClient) -> None:
    call = client.models()
    for thing in (client.files, client.files["x"], call):
        with pytest.raises(TypeError, match="holds the key"):
            pickle.dumps(thing)
    call.close()


async def test_a_paid_answer_that_is_no_stream_is_kept(unjudged: MistralClient, server: LocalServer) -> None:
    answer = {"id": "1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}}]}
    server.answer_next(answer)

    with pytest.raises(ResponseDecodeError, match="application/json instead of a stream") as caught:
        async for _ in unjudged.chat.completions.post(
            model="mistral-small-latest", messages=[UserMessage(content="x")]
        ):
            pass

    assert json.loads(caught.value.body) == answer


async def test_a_misspelt_field_is_refused_before_anything_is_sent(client: MistralClient, server: LocalServer) -> None:
    with pytest.raises(RequestValidationError, match=r"there is no field 'temprature'; did you mean 'temperature'\?"):
        await misspelt(client)

    assert len(server.requests) == 0


async def test_validation_can_be_turned_off(server: LocalServer) -> None:
    async with server.client(validation=False) as client:
        with pytest.raises(UnprocessableEntityError) as caught:
            await misspelt(client)

    assert caught.value.detail


async def test_a_field_that_the_specification_does_not_know_can_be_sent(
    unjudged: MistralClient, server: LocalServer
) -> None:
    server.answer_next({"choices": []})
    call = unjudged.chat.completions.post(model="mistral-small-latest", messages=[UserMessage(content="hi")])
    with pytest.raises(UnprocessableEntityError):  # the server keeps to the specification
        await call.options(extra_body={"brand_new": 1})

    assert json.loads(server.requests[-1].body)["brand_new"] == 1


async def test_nobody_listening_is_a_connect_error(unused_port: int) -> None:
    async with MistralClient(api_key="k", base_url=f"http://127.0.0.1:{unused_port}") as client:
        with pytest.raises(ConnectError, match=r"no connection to 127.0.0.1.*\(GET /v1/models\)") as caught:
            await client.models()

    assert caught.value.retry_safe


async def test_a_server_that_never_answers_is_a_timeout(server: LocalServer) -> None:
    server.hold_next(5)
    async with server.client(timeout=0.1, retry=None) as client:
        with pytest.raises(TimeoutError, match="raise `timeout` for long answers") as caught:
            await client.models()
        server.hold_next(0.2)
        assert (await client.models().options(timeout=5)).data

    assert caught.value.limit == "read"


async def test_a_server_that_takes_no_connection_is_a_timeout_of_connecting() -> None:
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):  # who waits to be accepted fills the queue, and the next one waits for a place in it
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with MistralClient(api_key="k", base_url=url, timeout=Timeout(connect=0.2)) as client:
            with pytest.raises(TimeoutError, match=r"no connection to 127.0.0.1:\d+ within 0.2 s") as caught:
                await client.batch.jobs.post(endpoint="/v1/ocr")

    assert (caught.value.limit, caught.value.retry_safe) == ("connect", True)


async def test_an_answer_that_takes_too_long_altogether_is_a_timeout(server: LocalServer) -> None:
    server.pace = 0.05
    async with server.client(timeout=Timeout(read=5, total=0.2)) as client:
        with pytest.raises(TimeoutError, match=r"no complete answer from 127.0.0.1:\d+ within 0.2 s") as caught:
            async for _ in client.chat.completions.post(
                model="mistral-small-latest", messages=[UserMessage(content="Tell me a lot")]
            ):
                pass

    assert caught.value.limit == "total"


async def test_a_host_that_is_none_is_a_connect_error_that_says_so() -> None:
    async with MistralClient(api_key="k", base_url="http://1.2.3.4.5:80") as client:
        with pytest.raises(ConnectError, match="is no host") as caught:
            await client.models()

    assert caught.value.permanent


async def test_an_endless_answer_that_is_no_stream_is_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
            while True:
                writer.write(b"x" * 1_000_000)
                await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with MistralClient(api_key="k", base_url=url) as client:
            with pytest.raises(ResponseDecodeError, match="text/plain instead of a stream") as caught:
                async for _ in client.chat.completions.post(model="m", messages=[]):
                    pass

    assert len(caught.value.body) == 16 * 1024 * 1024


async def test_an_answer_that_ends_too_soon_is_a_lost_connection(unjudged: MistralClient, server: LocalServer) -> None:
    server.cut_next(after_bytes=10)
    with pytest.raises(ConnectionLost, match="in the middle of its answer"):
        await unjudged.models()

    server.cut_next()
    with pytest.raises(ConnectionLost, match="before it answered") as caught:
        await unjudged.fine_tuning.models["m"].archive.post()
    assert caught.value.retry_safe
    server.cut_next()
    with pytest.raises(ConnectionLost, match="before it answered") as caught:
        await unjudged.batch.jobs["j"].cancel.post()


NOT_HTTP = b"220 hello, this is not HTTP\r\n\r\n"
NOT_GZIP = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 10\r\n\r\n0123456789"


@pytest.mark.parametrize(("bytes_sent", "said"), [(NOT_HTTP, "what is not HTTP"), (NOT_GZIP, "cannot be decompressed")])
async def test_what_is_not_http_is_a_protocol_error(bytes_sent: bytes, said: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(bytes_sent)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with MistralClient(api_key="k", base_url=url) as client:
            with pytest.raises(ProtocolError, match=said):
                await client.models()


async def test_a_server_without_tls_is_a_tls_error(server: LocalServer) -> None:
    async with MistralClient(api_key="k", base_url=server.url.replace("http://", "https://")) as client:
        with pytest.raises(TLSError, match="no secure connection"):
            await client.models()


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000, b"null"])
async def test_an_answer_that_cannot_be_read_keeps_its_body(
    body: bytes, unjudged: MistralClient, server: LocalServer
) -> None:
    server.answer_next(body)

    with pytest.raises(ResponseDecodeError) as caught:
        await unjudged.models()

    assert caught.value.body == body
    assert len(str(caught.value)) < 300


async def test_strict_responses_raise_where_leniency_would_keep(server: LocalServer) -> None:
    answer = {"object": "list", "data": [{"id": "m", "type": "base"}]}
    server.answer_next(answer, times=2)
    async with server.client() as lenient, server.client(strict_responses=True) as strict:
        assert (await lenient.models()).data[0].id == "m"
        with pytest.raises(ResponseDecodeError, match="capabilities"):
            await strict.models()


def misspelt(client: MistralClient) -> Call[object]:
    """A call as somebody writes it whose editor does not check types."""
    post: Any = client.chat.completions.post
    call: Call[object] = post(model="mistral-small-latest", messages=[], temprature=1)
    return call


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
