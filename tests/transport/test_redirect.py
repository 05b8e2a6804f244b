"""Where a redirect is followed to, with what, and where it is not."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_async.errors import ConnectionLost
from mistral_async.http import Headers, Request, TimeLimit
from mistral_async.settings import CircuitBreaker
from mistral_async.transport.auth import Auth
from mistral_async.transport.circuits import Circuits
from mistral_async.transport.prefetch import Prefetch
from mistral_async.transport.redirect import MOST, STATUSES, Redirect
from tests.fakes import FOREVER, ScriptedResponse, ScriptedWire

KEY = "secret-key-of-ours"
HEADERS = {
    "accept": "application/octet-stream",
    "accept-encoding": "identity",
    "range": "bytes=5-",
    "user-agent": "u",
    "cookie": "c=1",
    "proxy-authorization": "Basic cDpx",
    "x-of-my-own": "1",
}
GET = Request(
    method="GET", url="https://api.test/v1/files/f/content?a=b", path="/v1/files/{id}/content", headers=HEADERS
)


def to(location: str, status: int = 302) -> ScriptedResponse:
    return ScriptedResponse(status, b"moved", {"location": location})


async def followed(location: str, request: Request = GET) -> list[Request]:
    """The requests that were sent after the first."""
    wire = ScriptedWire(to(location), 200)
    await Redirect(wire).send(request)
    return wire.requests[1:]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", sorted(STATUSES))
async def test_a_request_that_only_looks_is_sent_again_to_where_the_answer_is(method: str, status: int) -> None:
    wire = ScriptedWire(to("/elsewhere?x=y", status), b"here")
    request = msgspec.structs.replace(GET, method=method)

    response = await Redirect(wire).send(request)

    assert (response.status, await response.read()) == (200, b"here")
    assert wire.requests == [request, msgspec.structs.replace(request, url="https://api.test/elsewhere?x=y")]
    assert wire.responses[0].closed == 1


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://api.test/x", "https://api.test/x"),
        ("HTTPS://API.test:443/X", "https://api.test/X"),
        ("//api.test/x", "https://api.test/x"),
        ("/x", "https://api.test/x"),
        ("x", "https://api.test/v1/files/f/x"),
        ("../x", "https://api.test/v1/files/x"),
        ("?x=1", "https://api.test/v1/files/f/content?x=1"),
        ("https://api.test", "https://api.test/"),
        ("https://api.test?x", "https://api.test/?x"),
        ("/x#part", "https://api.test/x"),
        (" /x ", "https://api.test/x"),
        ("/a b", "https://api.test/a%20b"),
        ("/a%20b%2Fc?d=%26", "https://api.test/a%20b%2Fc?d=%26"),
        ("/%C3%A9/é", "https://api.test/%C3%A9/%E9"),
        ("/\tx", "https://api.test/%09x"),
        ('/"<x>"', "https://api.test/%22%3Cx%3E%22"),
        ("https://other.test", "https://other.test/"),
        ("https://Other.test:8443/x?y", "https://other.test:8443/x?y"),
        ("https://other.test:/x", "https://other.test/x"),
        ("https://[::1]:8443/x", "https://[::1]:8443/x"),
        ("https://127.0.0.1/x", "https://127.0.0.1/x"),
    ],
)
async def test_a_location_is_resolved(location: str, url: str) -> None:
    assert [request.url for request in await followed(location)] == [url]


@pytest.mark.parametrize(
    "location",
    [
        "",
        " ",
        "http://api.test/x",
        "http://other.test/x",
        "HTTP://api.test:443/x",
        "ftp://api.test/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:///x",
        "https://",
        "https:x",
        "//",
        "///x",
        "https://user:password@api.test/x",
        "https://user@other.test/x",
        "https://@other.test/x",
        "https://other.test:0/x",
        "https://other.test:99999/x",
        "https://other.test:port/x",
        "https://[::1/x",
        "https://[fe80::1%25eth0]/x",
        "https://other test/x",
        "https://öther.test/x",
        "https://other.test%2F/x",
        "https://other.test\\x",
    ],
)
async def test_where_nothing_may_be_sent_to_the_redirect_is_the_answer(location: str) -> None:
    redirect = to(location)

    response = await Redirect(ScriptedWire(redirect)).send(GET)

    assert (response, redirect.received, redirect.closed) == (redirect, 0, 0)


@pytest.mark.parametrize("status", [200, 300, 304, 305, 306, 404, 503])
async def test_no_other_status_is_a_redirect(status: int) -> None:
    assert (await Redirect(ScriptedWire(to("/x", status))).send(GET)).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", sorted(STATUSES))
async def test_what_does_more_than_look_is_not_sent_again(method: str, status: int) -> None:
    request = msgspec.structs.replace(GET, method=method)

    assert (await Redirect(ScriptedWire(to("/x", status))).send(request)).status == status


async def test_what_has_a_body_is_not_sent_again() -> None:
    assert (await Redirect(ScriptedWire(to("/x"))).send(msgspec.structs.replace(GET, body=b"{}"))).status == 302


async def test_from_plain_http_it_may_go_to_https_and_stay_plain() -> None:
    plain = msgspec.structs.replace(GET, url="http://api.test/x")

    assert (await followed("/y", plain))[0].url == "http://api.test/y"
    assert (await followed("https://api.test/y", plain))[0].url == "https://api.test/y"


async def test_five_are_followed_and_the_sixth_is_the_answer() -> None:
    wire = ScriptedWire(*[to(f"/{number}") for number in range(MOST + 1)])

    response = await Redirect(wire).send(GET)

    assert (response, wire.responses[-1].closed) == (wire.responses[-1], 0)
    assert [request.url[-2:] for request in wire.requests[1:]] == ["/0", "/1", "/2", "/3", "/4"]


@pytest.mark.parametrize(
    "location",
    [
        "https://other.test/x",
        "https://api.test.other/x",
        "https://api.test:8443/x",
        "https://api.test./x",
        "//other.test/x",
        "https://other.test/?https://api.test/",
        "https://other.test/#https://api.test/",
    ],
)
async def test_another_origin_gets_neither_the_key_nor_what_is_the_users_own(location: str) -> None:
    wire = ScriptedWire(to(location), 200)

    await Redirect(Auth(wire, KEY, "https://api.test")).send(GET)

    first, second = wire.requests
    assert first.headers == {**HEADERS, "authorization": f"Bearer {KEY}"}
    assert second.headers == {name: HEADERS[name] for name in ("accept", "accept-encoding", "range", "user-agent")}


async def test_a_key_that_the_user_put_on_stays_here_too() -> None:
    wire = ScriptedWire(to("https://other.test/x"), 200)

    await Redirect(Auth(wire, KEY, "https://api.test")).send(GET.with_headers({"authorization": "Bearer another"}))

    assert [request.headers.get("authorization") for request in wire.requests] == ["Bearer another", None]


@pytest.mark.parametrize("location", ["/x", "https://api.test/x", "HTTPS://API.TEST:443/x"])
async def test_the_same_origin_gets_everything_however_it_is_spelt(location: str) -> None:
    wire = ScriptedWire(to(location), 200)

    await Redirect(Auth(wire, KEY, "https://api.test")).send(GET)

    assert [request.headers for request in wire.requests] == [{**HEADERS, "authorization": f"Bearer {KEY}"}] * 2


async def test_the_spelling_of_an_origin_with_a_port_is_kept() -> None:
    here = msgspec.structs.replace(GET, url="https://API.test:443/x")

    assert [request.url for request in await followed("https://api.test/y", here)] == ["https://API.test:443/y"]


@pytest.mark.parametrize("end", [[b"x" * 70_000, FOREVER], [b"x", ConnectionLost("gone")]])
async def test_a_redirect_whose_own_body_is_long_or_breaks_off_is_followed_all_the_same(
    end: list[bytes | Exception | type[asyncio.Event]],
) -> None:
    wire = ScriptedWire(ScriptedResponse(302, end, {"location": "/x"}), 200)

    assert (await Redirect(Prefetch(wire, 1000)).send(GET)).status == 200
    assert wire.responses[0].dropped


async def test_a_redirect_is_read_to_its_end_so_that_its_connection_can_be_used_again() -> None:
    wire = ScriptedWire(to("/x"), 200)

    assert (await Redirect(Prefetch(wire, 1000)).send(GET)).status == 200
    assert not wire.responses[0].dropped


async def test_at_each_hop_it_is_asked_anew_whether_the_request_has_begun() -> None:
    wire, limit = ScriptedWire(to("/x"), to("https://other.test/"), 200), TimeLimit(1000.0)
    limit.begun = True

    await Redirect(wire).send(msgspec.structs.replace(GET, deadline=limit))

    assert [request.deadline and (request.deadline.at, request.deadline.begun) for request in wire.requests] == [
        (1000.0, True),
        (1000.0, False),
        (1000.0, False),
    ]


async def test_each_hop_counts_for_the_circuit_of_its_own_origin() -> None:
    circuits = Circuits(ScriptedWire(to("https://other.test/x"), 503), CircuitBreaker())

    await Redirect(circuits).send(GET)

    counted = {origin: (known.requests, known.failures) for origin, known in circuits.states().items()}
    assert counted == {"https://api.test": (1, 0), "https://other.test": (1, 1)}


async def test_who_is_cancelled_in_a_redirect_leaves_nothing_open() -> None:
    wire = ScriptedWire(ScriptedResponse(302, [FOREVER], {"location": "/x"}))
    sending = asyncio.create_task(Redirect(Prefetch(wire, 1000)).send(GET))
    await asyncio.sleep(0)

    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert wire.responses[0].dropped


PARTS = st.sampled_from(
    [
        "http:",
        "https:",
        "//",
        "/",
        "api.test",
        "other.test",
        ":",
        "443",
        "80",
        "@",
        "[",
        "]",
        "%",
        "?",
        "#",
        "\\",
        " ",
        "é",
        "..",
    ]
)


@given(st.lists(PARTS | st.text(st.characters(max_codepoint=255), max_size=3), max_size=8))
async def test_whatever_a_location_is_only_the_keys_origin_gets_the_key(parts: list[str]) -> None:
    location = "".join(parts)
    redirect = ScriptedResponse(302, b"", {})
    redirect.headers = Headers(((b"Location", location.encode("latin-1")),))
    wire = ScriptedWire(redirect, 200)

    await Redirect(Auth(wire, KEY, "https://api.test")).send(GET)

    for request in wire.requests[1:]:
        assert request.url.isascii()
        assert request.url.startswith("https://")
        assert request.url.isprintable()
        assert " " not in request.url
        assert ("authorization" in request.headers) == request.url.startswith("https://api.test/")


async def test_what_is_below_is_closed() -> None:
    wire = ScriptedWire()

    await Redirect(wire).aclose()

    assert not wire.open
