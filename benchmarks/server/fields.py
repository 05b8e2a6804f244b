"""The header fields of the answers: steady ones, and two that are another on each answer.

They are what a gateway before such an API sends: ten on each answer.
"""

from __future__ import annotations

import random
import time
from email.utils import formatdate

from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

from benchmarks.server.answers import DOWNLOADED, PACED, STREAMED, Answer

CORRELATION, RAY = b"mistral-correlation-id", b"cf-ray"  # the changing ones
CORRELATION_SIZE, RAY_SIZE = 36, 20  # bytes of their values
CORRELATION_CODED, RAY_CODED = 25, 15  # bytes of their values in Huffman's code
_STEADY = (
    (b"server", b"cloudflare"),
    (b"strict-transport-security", b"max-age=15552000; includeSubDomains; preload"),
    (b"x-kong-upstream-latency", b"187"),
    (b"x-kong-proxy-latency", b"9"),
    (b"x-ratelimitbysize-remaining-minute", b"499873"),
)
_POOL = 1024  # pieces of each kind: a value comes again after the square of it
_SHORT, _LONG = "012ace", "3456789bdf"  # hexadecimal digits whose Huffman codes have 5 and 6 bits

huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode


_Piece = tuple[bytes, bytes]  # a part of a changing value as it is, and in Huffman's code, where it fills whole bytes


def steady(answer: Answer, date: bytes, *, chunked: bool) -> list[tuple[bytes, bytes]]:
    """What all answers of a kind have in common, while the date is this one. ``chunked`` is for HTTP/1.1."""
    fields = [(b"date", date), (b"content-type", answer.media_type)]
    if answer.how not in (STREAMED, PACED):
        fields.append((b"content-length", b"%d" % answer.size))
    elif chunked:
        fields.append((b"transfer-encoding", b"chunked"))
    else:
        fields.append((b"cache-control", b"no-cache"))
    fields += _STEADY
    return fields


def date_of(seconds: int) -> bytes:
    """Source: RFC 9110 section 5.6.7."""
    return formatdate(seconds, usegmt=True).encode()


class Numbers:
    """Values for the changing fields, each put together from two pieces: no two answers have the same.

    They look random, but for the number of digits with a long code, which makes their code end with a byte.
    """

    def __init__(self, chance: random.Random) -> None:
        first, second = (
            _pieces(chance, "xxxxxxxx-xxxx-xxxx-", long=6),
            _pieces(chance, "xxxx-xxxxxxxxxxxx", long=10),
        )
        third, fourth = _pieces(chance, "xxxxxxxxxx", long=6), _pieces(chance, "xxxxxx", long=2, end="-CDG")
        # What is another each time, and what is another when all of that has been.
        self._often = list(zip(first, fourth, strict=True))
        self._seldom = list(zip(second, third, strict=True))
        self._number = -1

    def plain(self) -> tuple[bytes, bytes]:
        """Another pair."""
        self._number = number = self._number + 1
        first, fourth = self._often[number % _POOL]
        second, third = self._seldom[number // _POOL % _POOL]
        return first[0] + second[0], third[0] + fourth[0]

    def coded(self) -> tuple[bytes, bytes]:
        """Another pair, in Huffman's code."""
        self._number = number = self._number + 1
        first, fourth = self._often[number % _POOL]
        second, third = self._seldom[number // _POOL % _POOL]
        return first[1] + second[1], third[1] + fourth[1]


def _pieces(chance: random.Random, pattern: str, *, long: int, end: str = "") -> list[_Piece]:
    digits = pattern.count("x")
    texts: set[str] = set()
    while len(texts) < _POOL:
        drawn = chance.choices(_LONG, k=long) + chance.choices(_SHORT, k=digits - long)
        chance.shuffle(drawn)
        texts.add("".join(drawn.pop() if place == "x" else place for place in pattern) + end)
    return [(text.encode(), huffman(text.encode())) for text in texts]


class Heads:
    """Heads of HTTP/1.1, cut where the changing values go."""

    def __init__(self) -> None:
        self.second = 0  # Unix time
        self.date = b""
        self._known: dict[Answer, tuple[bytes, bytes, bytes]] = {}

    def look(self) -> None:
        """Look at the clock."""
        second = int(time.time())
        if second != self.second:
            self.second, self.date = second, date_of(second)
            self._known.clear()

    def parts(self, answer: Answer) -> tuple[bytes, bytes, bytes]:
        """What comes before, between and after the two values."""
        parts = self._known.get(answer)
        if parts is None:
            status = b"200 OK" if answer.status == 200 else b"404 Not Found"
            lines = [name.title() + b": " + value for name, value in steady(answer, self.date, chunked=True)]
            start = b"\r\n".join((b"HTTP/1.1 " + status, *lines, CORRELATION.title() + b": "))
            parts = start, b"\r\n" + RAY.title() + b": ", b"\r\n\r\n"
            if answer.how is not DOWNLOADED:
                self._known[answer] = parts
        return parts
