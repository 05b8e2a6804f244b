"""Responses of which a part is in memory: each byte of a body is given once, however it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ConnectionLost
from mistral_async.http import Response
from mistral_async.transport.held import Begun, Held, beginning
from tests.fakes import ScriptedResponse

Made: TypeAlias = Callable[[list[bytes]], Response]


def held(chunks: list[bytes]) -> Response:
    return Held(ScriptedResponse(404, b"", {"a": "b"}), b"".join(chunks))


def begun(chunks: list[bytes]) -> Response:
    return Begun(ScriptedResponse(404, chunks[1:], {"a": "b"}), b"".join(chunks[:1]))


@pytest.mark.parametrize("made", [held, begun])
@given(chunks=st.lists(st.binary(min_size=1, max_size=3), max_size=4), received=st.integers(0, 6))
async def test_what_was_received_is_not_read_again(made: Made, chunks: list[bytes], received: int) -> None:
    response = made(chunks)

    body = b"".join([await response.receive() for _ in range(received)])

    assert body + await response.read() == b"".join(chunks)
    assert (await response.read(), await response.receive()) == (b"", b"")


@pytest.mark.parametrize("made", [held, begun])
def test_the_head_is_that_of_the_response_below(made: Made) -> None:
    response = made([b"x"])

    assert (response.status, response.headers["a"], response.http_version, response.attempts) == (404, "b", "1.1", 1)


async def test_a_beginning_is_what_came_before_the_connection_broke() -> None:
    inner = ScriptedResponse(500, [b"half", ConnectionLost("gone")])

    assert await beginning(inner, 10) == b"half"
    assert inner.dropped
