"""What ends a connection is named for what it is."""

from __future__ import annotations

import asyncio
import ssl

import aiohttp
import pytest

from mistral_async.errors import ClientClosed, ConnectError, ConnectionLost, ProxyError, TLSError, TransportError
from mistral_async.origin import NoHost
from mistral_async.wire.aiohttp_failures import Broken, cause_of, failure_of
from mistral_async.wire.failures import ProxyRefused, closed_here, lost, no_connection
from mistral_async.wire.http2.connection import Http2Connection
from mistral_async.wire.proxies import unreachable
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
async def test_http2_tells_a_late_refusal_from_what_breaks_later(reason: str, error: type[TransportError]) -> None:
    connection = Http2Connection(on_change=lambda: None)
    connection.connection_made(Nowhere())
    sending = asyncio.create_task(connection.send(a_request()))
    await asyncio.sleep(0)

    connection.connection_lost(fault(reason))

    with pytest.raises(error):
        await sending


@pytest.mark.parametrize(
    ("cause", "error", "permanent"),
    [
        (NoHost("the URL names no host"), ConnectError, True),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), TLSError, True),
        (ssl.SSLError(1, "[SSL: TLSV1_ALERT_NO_APPLICATION_PROTOCOL]"), TLSError, True),
        (ProxyRefused("it wants other credentials", permanent=True), ProxyError, True),
        (ProxyRefused("it answered CONNECT with 502"), ProxyError, False),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), TLSError, False),
        (fault("SSLV3_ALERT_HANDSHAKE_FAILURE"), TLSError, True),
        (fault("TLSV1_ALERT_PROTOCOL_VERSION"), TLSError, True),
        (fault("UNSUPPORTED_PROTOCOL"), TLSError, True),
        (fault("SSLV3_ALERT_BAD_CERTIFICATE"), TLSError, True),
        (fault("TLSV1_ALERT_INTERNAL_ERROR"), TLSError, False),
        (ConnectionRefusedError(111, "Connect call failed"), ConnectError, False),
    ],
)
def test_a_connection_that_will_never_be_made_is_told_from_one_that_may(
    cause: OSError, error: type[ConnectError], permanent: bool
) -> None:
    failure = no_connection(cause, a_request())

    assert (type(failure), failure.permanent, failure.retry_safe) == (error, permanent, True)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionResetError(), "connection reset error"),
        (OSError(), "os error"),
        (None, "it failed"),
        (ssl.SSLEOFError(), "ssleof error"),
        (OSError("two\nlines"), "two lines"),
    ],
)
def test_what_says_nothing_is_called_by_its_class(cause: OSError | None, said: str) -> None:
    assert f"mistral.test: {said} (" in str(no_connection(cause, a_request()))
    if cause is not None:
        assert str(unreachable("proxy.test:80", cause)) == f"no connection to proxy.test:80: {said}"


def test_the_cause_comes_without_the_frames_that_hold_the_headers() -> None:
    try:
        try:
            raise OSError("inner")  # for its traceback
        except OSError as inner:
            raise aiohttp.ClientOSError("outer") from inner
    except aiohttp.ClientOSError as exc:
        cause = cause_of(exc)

    assert cause is not None
    assert cause.__traceback__ is None
    assert cause.__cause__ is not None
    assert cause.__cause__.__traceback__ is None


def test_what_is_said_of_tls_to_a_proxy_goes_for_it_as_well() -> None:
    assert unreachable("proxy.test:443", fault("TLSV1_ALERT_PROTOCOL_VERSION")).permanent
    assert not unreachable("proxy.test:443", OSError("gone")).permanent


def test_what_a_server_did_is_said_with_its_name_and_when() -> None:
    before, within = lost(a_request(), answered=False), lost(a_request(), "reset the stream", answered=True)

    assert str(before).startswith("mistral.test closed the connection before it answered (")
    assert str(within).startswith("mistral.test reset the stream in the middle of its answer (")
    assert not lost(a_request(repeatable=False), answered=False).retry_safe
    assert lost(a_request(repeatable=False), answered=False, processed=False).retry_safe


@pytest.mark.parametrize(("processed", "safe"), [(True, False), (False, True)])
def test_a_client_that_was_closed_is_no_fault_of_the_servers(processed: bool, safe: bool) -> None:
    error = closed_here(a_request(repeatable=False), answered=False, processed=processed)

    assert type(error) is ClientClosed
    assert str(error).startswith("the client was closed ")
    assert (error.retry_safe, error.permanent) == (safe, True)
