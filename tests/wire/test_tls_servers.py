"""What TLS settings do to real servers: whom they trust, who they are, and what they insist on."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]  # a WSGI application may be anything
from hypercorn.config import Config
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope

from mistral_async.settings import TLS
from mistral_async.wire.dial import Dialer
from mistral_async.wire.tls import make_context, offered
from tests.wire.authority import PASSWORD, Authority
from tests.wire.listening import Listener, alerting, echo

BOTH = ("h2", "http/1.1")


def dialer(tls: TLS | ssl.SSLContext | None) -> Dialer:
    return Dialer(tls=make_context(tls), proxy=lambda origin: None)


async def shake(tls: TLS | ssl.SSLContext | None, port: int) -> ssl.SSLObject:
    """A connection that both sides have used; closed again."""
    dialed = await dialer(tls).dial(f"https://localhost:{port}", alpn=BOTH)
    listener = Listener()
    dialed.hand_to(listener)
    dialed.transport.write(b"there and back")
    await listener.until(b"there and back")
    agreed: ssl.SSLObject = dialed.transport.get_extra_info("ssl_object")
    dialed.transport.abort()
    return agreed


async def refused(tls: TLS | ssl.SSLContext | None, port: int) -> ssl.SSLError:
    """Why there is no connection, or only one that ends at once."""
    with pytest.raises(ssl.SSLError) as caught:
        dialed = await dialer(tls).dial(f"https://localhost:{port}", alpn=BOTH)
        # With TLS 1.3 the client is done before the server has looked at it: the alert is the first thing it reads.
        listener = Listener()
        dialed.hand_to(listener)
        await asyncio.wait_for(listener.lost.wait(), 5)
        assert listener.failure is not None
        raise listener.failure
    return caught.value


async def test_a_server_is_trusted_whose_authority_is_given(authority: Authority, another_authority: Authority) -> None:
    async with echo(authority.server()) as server:
        assert await shake(TLS(ca=authority.ca), server.port)

        assert "unable to get local issuer" in str(await refused(None, server.port))
        assert "unable to get local issuer" in str(await refused(TLS(), server.port))
        assert "unable to get local issuer" in str(await refused(TLS(ca=another_authority.ca), server.port))


async def test_a_certificate_for_another_host_is_refused_unless_told_so(authority: Authority) -> None:
    async with echo(authority.server("other.test")) as server:
        assert "Hostname mismatch" in str(await refused(TLS(ca=authority.ca), server.port))

        assert await shake(TLS(ca=authority.ca, verify_hostname=False), server.port)


async def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    async with echo(authority.server(expired=True)) as server:
        assert "certificate has expired" in str(await refused(TLS(ca=authority.ca), server.port))
        assert "certificate has expired" in str(await refused(TLS(ca=authority.ca, verify_hostname=False), server.port))


async def test_a_server_that_vouches_for_itself_is_refused_unless_nothing_is_verified(tmp_path: Path) -> None:
    async with echo(_self_signed(tmp_path)) as server:
        assert "self-signed certificate" in str(await refused(TLS(), server.port))

        assert await shake(TLS(verify=False), server.port)
        assert await shake(TLS(ca=tmp_path / "self.pem"), server.port)  # where it is known, it may


async def test_a_server_of_an_old_version_is_refused(authority: Authority) -> None:
    old = authority.server()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with alerting(old) as port:
        assert (await shake(TLS(ca=authority.ca), port)).version() == "TLSv1.2"

        assert "PROTOCOL_VERSION" in str(await refused(TLS(ca=authority.ca, minimum_version="1.3"), port))


async def test_ciphers_are_those_that_were_named(authority: Authority) -> None:
    old = authority.server()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256")
    tls = TLS(ca=authority.ca, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
    with alerting(old) as port:
        assert ((await shake(tls, port)).cipher() or ("",))[0] == "ECDHE-ECDSA-AES128-GCM-SHA256"

        old.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
        assert "HANDSHAKE_FAILURE" in str(await refused(tls, port))


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_server_that_wants_to_know_its_clients_gets_the_certificate(sealed: bool, authority: Authority) -> None:
    certificate, key = authority.client_files("ann")
    tls = TLS(
        ca=authority.ca,
        certificate=certificate,
        key=authority.encrypted(key) if sealed else key,
        key_password=PASSWORD if sealed else None,
    )
    async with echo(_demanding(authority)) as server:
        dialed = await dialer(tls).dial(server.origin(), alpn=BOTH)
        await server.until_live(1)

        assert "ann" in str(server.peer.subject)
        dialed.transport.abort()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_that_the_server_does_not_know_is_refused(
    version: ssl.TLSVersion, authority: Authority, another_authority: Authority
) -> None:
    demanding = _demanding(authority)
    demanding.maximum_version = version
    certificate, key = another_authority.client_files()
    with alerting(demanding) as port:
        unnamed = await refused(TLS(ca=authority.ca), port)
        unknown = await refused(TLS(ca=authority.ca, certificate=certificate, key=key), port)

    assert re.search(r"CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE", str(unnamed))
    assert "UNKNOWN_CA" in str(unknown)


async def test_an_authority_may_be_in_a_directory_that_openssl_has_hashed(authority: Authority, tmp_path: Path) -> None:
    directory = tmp_path / "trusted"
    directory.mkdir()
    (directory / _hashed(authority.ca)).write_bytes(authority.ca.read_bytes())
    async with echo(authority.server()) as server:
        assert await shake(TLS(ca=directory), server.port)


async def test_a_context_of_the_users_is_used_as_it_is(authority: Authority) -> None:
    certificate, key = authority.client_files("ann")
    own = ssl.create_default_context(cafile=authority.ca)
    own.load_cert_chain(certificate, key)
    async with echo(_demanding(authority, alpn=BOTH)) as server:
        dialed = await dialer(own).dial(server.origin(), alpn=BOTH)
        await server.until_live(1)

        assert dialed.alpn == "h2"
        assert "ann" in str(server.peer.subject)
        assert offered(own) == []
        dialed.transport.abort()


async def test_a_server_without_any_of_our_protocols_is_told(authority: Authority) -> None:
    async with _hypercorn(authority, ["h2"]) as origin:
        dialed = await dialer(TLS(ca=authority.ca)).dial(origin, alpn=["http/1.1"])

        assert dialed.alpn is None  # OpenSSL goes on without, where the other side allows it
        dialed.transport.abort()


@pytest.mark.parametrize(
    ("theirs", "ours", "agreed"),
    [
        (["h2", "http/1.1"], ["h2", "http/1.1"], "h2"),
        (["h2", "http/1.1"], ["http/1.1"], "http/1.1"),
        (["http/1.1"], ["h2", "http/1.1"], "http/1.1"),
    ],
)
async def test_hypercorn_agrees_on_a_protocol(
    theirs: list[str], ours: list[str], agreed: str, authority: Authority
) -> None:
    async with _hypercorn(authority, theirs) as origin:
        dialed = await dialer(TLS(ca=authority.ca)).dial(origin, alpn=ours)
        listener = Listener()
        dialed.hand_to(listener)
        if agreed == "h2":
            # Source: RFC 9113 section 3.4 (the server's part of the preface is a SETTINGS frame).
            dialed.transport.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
            await _until(lambda: listener.received[3:4] == b"\x04")

        assert dialed.alpn == agreed
        dialed.transport.close()
        await asyncio.wait_for(listener.lost.wait(), 5)


async def test_aiohttp_answers_over_tls(authority: Authority) -> None:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.server())
    await site.start()
    try:
        origin = f"https://localhost:{runner.addresses[0][1]}"
        dialed = await dialer(TLS(ca=authority.ca)).dial(origin, alpn=BOTH)
        listener = Listener()
        dialed.hand_to(listener)
        dialed.transport.write(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        await asyncio.wait_for(listener.lost.wait(), 5)

        assert listener.received.startswith(b"HTTP/1.1 200 OK")
        assert listener.received.endswith(b"hello")
    finally:
        await runner.cleanup()


async def _until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not there():
            await asyncio.sleep(0.005)


def _demanding(authority: Authority, *, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    made = authority.server(alpn=alpn)
    authority.demand_client(made)
    return made


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "self.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (directory / "self.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(directory / "self.pem", directory / "self.key")
    return made


def _hashed(certificate: Path) -> str:
    """What `openssl rehash` would call it. Source: X509_NAME_hash(3): of the name in lower case, without its header."""
    subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    plain = x509.Name([x509.NameAttribute(each.oid, str(each.value).lower()) for each in subject]).public_bytes()
    digest = hashlib.sha1(plain[2 if plain[1] < 0x80 else 3 :], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}.0"


class _hypercorn:  # used as a function is
    """The origin of a running hypercorn, whose application nobody asks anything."""

    def __init__(self, authority: Authority, alpn: list[str]) -> None:
        certificate, key = authority.server_files()
        self._config = Config()
        self._config.certfile, self._config.keyfile = str(certificate), str(key)
        self._config.alpn_protocols = alpn
        self._config.errorlog = None
        self._config.graceful_timeout = 0.1
        self._end = asyncio.Event()

    async def __aenter__(self) -> str:
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
            self._config.bind = [f"fd://{bound.detach()}"]
        self._serving = asyncio.create_task(serve(_silent, self._config, shutdown_trigger=self._end.wait))
        return f"https://localhost:{port}"

    async def __aexit__(self, *_: object) -> None:
        self._end.set()
        await asyncio.wait_for(self._serving, 5)


async def _silent(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    if scope["type"] != "lifespan":
        await asyncio.Event().wait()
