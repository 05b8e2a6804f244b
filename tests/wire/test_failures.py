"""What ends a connection is named for what it is."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from mistral_async.errors import ConnectionLost, TLSError, TransportError
from mistral_async.wire.aiohttp_failures import Broken, failure_of
from mistral_async.wire.http2.connection import Http2Connection
from tests.fakes import a_request


def fault(reason: str) -> ssl.SSLError:
    made = ssl.SSLError(1, f"[SSL: {reason}] made up")
    made.reason = reason
    return made


def broken_by(reason: str) -> Broken:
    broken = Broken("gone")
    broken.__cause__ = fault(reason)
    return broken


class Nowhere(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: object) -> None: ...

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


REFUSALS = ["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA"]


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_certificate_that_the_server_refuses_late_is_a_tls_error(reason: str) -> None:
    assert isinstance(failure_of(broken_by(reason), a_request()), TLSError)
    assert isinstance(failure_of(broken_by(reason), a_request(), answered=True), ConnectionLost)


def test_a_connection_whose_tls_breaks_later_is_lost() -> None:
    assert isinstance(failure_of(broken_by("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), a_request()), ConnectionLost)


@pytest.mark.parametrize(
    ("reason", "error"),
    [*((reason, TLSError) for reason in REFUSALS), ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", ConnectionLost)],
)
async def test_so_it_is_over_http2(reason: str, error: type[TransportError]) -> None:
    connection = Http2Connection(on_change=lambda: None)
    connection.connection_made(Nowhere())
    sending = asyncio.create_task(connection.send(a_request()))
    await asyncio.sleep(0)

    connection.connection_lost(fault(reason))

    with pytest.raises(error):
        await sending
