"""How often a connection writes: once for all that one turn of the loop brings, unless that is a lot."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mistral_async.http import Request
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.http2.exchange import Exchange
from tests.http2.frames_of import settings


class Record(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False


def opened(count: int) -> tuple[Record, list[Exchange]]:
    transport, connection = Record(), Http2Connection(on_change=lambda: None)
    connection.connection_made(transport)
    connection.data_received(settings({3: 1000}))
    transport.written.clear()
    request = Request(method="POST", url="https://mistral.test/v1/things", path="/v1/things", body=b"{}")
    return transport, [connection.open(request) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 64])
async def test_the_requests_of_one_turn_go_out_in_one_write(count: int) -> None:
    transport, exchanges = opened(count)

    assert transport.written == []
    await asyncio.sleep(0)
    assert len(transport.written) == 1
    assert len(exchanges) == count


async def test_a_thousand_requests_at_once_go_out_in_portions_that_are_copied_cheaply() -> None:
    transport, exchanges = opened(1000)

    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert len(exchanges) == 1000
    assert 5 < len(transport.written) < 20
    assert max(map(len, transport.written)) < 20_000
