"""The head of a request, of which a connection makes only what it has not made before."""

from __future__ import annotations

import pytest

from mistral_async.http import Request
from mistral_async.wire.http2.head import MEMO_SIZE, MEMO_VALUE, Heads


def request(url: str = "https://user@mistral.test:8443/v1/things?a=b#part", **headers: str) -> Request:
    return Request(method="POST", url=url, path="/v1/things", headers=headers, body=b"ab")


def test_a_head_is_the_same_the_second_time() -> None:
    heads = Heads()

    first, second = heads.of(request(host="elsewhere", accept="a")), heads.of(request(host="elsewhere", accept="a"))

    assert first == second
    assert first == [
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"mistral.test:8443"),
        (b":path", b"/v1/things?a=b"),
        (b"accept", b"a"),
        (b"content-length", b"2"),
    ]


def test_no_head_is_mistaken_for_another_once_many_are_remembered() -> None:
    heads = Heads()
    numbers = [*range(3 * MEMO_SIZE), *range(10)]

    for number in numbers:
        made = heads.of(request(f"https://mistral.test/v1/{number}", tag=str(number), long=f"{number}" * MEMO_VALUE))
        assert made[3:6] == [
            (b":path", b"/v1/%d" % number),
            (b"tag", b"%d" % number),
            (b"long", b"%d" % number * MEMO_VALUE),
        ]


def test_a_field_that_cannot_be_sent_is_refused_each_time() -> None:
    heads = Heads()

    for _ in range(2):
        with pytest.raises(UnicodeEncodeError):
            heads.of(request(**{"x-a": "\u20ac"}))
