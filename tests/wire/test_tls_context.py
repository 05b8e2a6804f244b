"""Contexts: what they offer by ALPN, and that one of the user's is left as it was."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.settings import TLS
from mistral_async.wire.tls import make_context, offered, offering
from tests.wire.authority import Authority

BOTH = ["h2", "http/1.1"]


def begin(tls: ssl.SSLContext) -> bytes:
    """The first message of a handshake."""
    outgoing = ssl.MemoryBIO()
    connection = tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("kind", ["settings", "own", "system"])
def test_what_is_wanted_is_offered(kind: str, authority: Authority) -> None:
    kinds: dict[str, TLS | ssl.SSLContext | None] = {
        "settings": TLS(ca=authority.ca),
        "own": ssl.create_default_context(),
        "system": None,
    }
    given = kinds[kind]

    made = make_context(given, alpn=BOTH)

    assert b"\x00\x0c\x02h2\x08http/1.1" in begin(made)
    assert b"h2" not in begin(make_context(given, alpn=["http/1.1"]))
    assert offered(made) == BOTH


@pytest.mark.parametrize("before", [[], ["h2"], ["http/1.1"], ["x" * 255, "spdy/3", "h2"]])
def test_a_context_of_the_users_offers_afterwards_what_it_did_before(before: list[str]) -> None:
    own = ssl.create_default_context()
    if before:
        own.set_alpn_protocols(before)

    begin(make_context(own, alpn=BOTH))

    assert offered(own) == before
    assert make_context(own) is own


def test_a_context_of_the_users_offers_what_it_did_where_a_connection_cannot_begin() -> None:
    own = ssl.create_default_context()

    with pytest.raises(ValueError, match="idna"):
        make_context(own, alpn=BOTH).wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=".no.host")

    assert offered(own) == []


def test_what_the_user_changes_later_is_seen() -> None:
    own = ssl.create_default_context()
    made = make_context(own, alpn=["http/1.1"])
    own.set_alpn_protocols(["h2"])
    own.minimum_version = ssl.TLSVersion.TLSv1_3

    begin(made)

    assert offered(own) == ["h2"]
    assert made.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context is own


def test_what_borrows_from_what_borrows_asks_the_lender() -> None:
    own = ssl.create_default_context()

    made = offering(make_context(own, alpn=BOTH), ["http/1.1"])

    assert offered(made) == ["http/1.1"]
    assert offered(make_context(own, alpn=BOTH)) == BOTH


def test_two_threads_borrow_one_context_in_turn() -> None:
    own = ssl.create_default_context()
    seen: dict[str, set[str]] = {"h2": set(), "http/1.1": set()}

    def use(alpn: str) -> None:
        made = make_context(own, alpn=[alpn])
        for _ in range(100):
            seen[alpn].update(offered(made))

    threads = [threading.Thread(target=use, args=(alpn,)) for alpn in seen for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert seen == {"h2": {"h2"}, "http/1.1": {"http/1.1"}}
    assert offered(own) == []


def test_the_systems_trust_is_loaded_once() -> None:
    assert make_context(None) is make_context(None)
    assert serials(make_context(None)) == serials(make_context(TLS()))


def serials(trust: ssl.SSLContext) -> set[object]:
    return {known["serialNumber"] for known in trust.get_ca_certs()}


def test_a_ca_takes_the_place_of_the_systems_trust(authority: Authority) -> None:
    (only,) = make_context(TLS(ca=authority.ca)).get_ca_certs()

    assert "trustme" in str(only["subject"])


def test_settings_say_what_is_checked() -> None:
    usual, unnamed, trusting = (
        make_context(TLS()),
        make_context(TLS(verify_hostname=False)),
        make_context(TLS(verify=False)),
    )

    assert (usual.verify_mode, usual.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (unnamed.verify_mode, unnamed.check_hostname) == (ssl.CERT_REQUIRED, False)
    assert (trusting.verify_mode, trusting.check_hostname) == (ssl.CERT_NONE, False)
    assert usual.minimum_version == ssl.TLSVersion.TLSv1_2
    assert make_context(TLS(minimum_version="1.3")).minimum_version == ssl.TLSVersion.TLSv1_3


def test_a_servers_context_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^tls: the context is a server's; ssl\.create_default_context\(\) makes"):
        make_context(ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))


def test_a_file_that_is_gone_when_the_context_is_made_is_named(authority: Authority, tmp_path: Path) -> None:
    tls = TLS(ca=authority.ca)
    authority.ca.unlink()

    with pytest.raises(ValueError, match=r"^tls: ca: no such file: "):
        make_context(tls)


@given(alpn=st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20), max_size=8))
def test_what_is_offered_is_read_as_it_was_set(alpn: list[str]) -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    own.set_alpn_protocols(alpn)

    assert offered(own) == alpn
