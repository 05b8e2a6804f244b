"""Header blocks are read as RFC 7541 says."""

from __future__ import annotations

import logging
from typing import TypeAlias

import pytest
from hpack import Encoder
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable

from mistral_async.wire.http2 import huffman
from mistral_async.wire.http2.frames import ConnectionFault
from mistral_async.wire.http2.hpack_decoder import MEMO_SIZE, HeaderDecoder
from mistral_async.wire.http2.static_table import STATIC_TABLE
from tests.http2.hpack_integer import integer

Fields: TypeAlias = list[tuple[bytes, bytes]]

GET = [(b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/")]
WWW = (b":authority", b"www.example.com")
REQUESTS: list[Fields] = [
    [*GET, WWW],
    [*GET, WWW, (b"cache-control", b"no-cache")],
    [GET[0], (b":scheme", b"https"), (b":path", b"/index.html"), WWW, (b"custom-key", b"custom-value")],
]
DATE = b"Mon, 21 Oct 2013 20:13:2%d GMT"
PLACE = (b"location", b"https://www.example.com")
COOKIE = b"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"
PRIVATE = (b"cache-control", b"private")
RESPONSES: list[Fields] = [
    [(b":status", b"302"), PRIVATE, (b"date", DATE % 1), PLACE],
    [(b":status", b"307"), PRIVATE, (b"date", DATE % 1), PLACE],
    [
        (b":status", b"200"),
        PRIVATE,
        (b"date", DATE % 2),
        PLACE,
        (b"content-encoding", b"gzip"),
        (b"set-cookie", COOKIE),
    ],
]
TABLE_OF_256 = bytes.fromhex("3fe101")

# Source: RFC 7541 appendix C, from C.2 on.
EXAMPLES: list[tuple[str, list[str], list[Fields]]] = [
    ("C.2.1", ["400a637573746f6d2d6b65790d637573746f6d2d686561646572"], [[(b"custom-key", b"custom-header")]]),
    ("C.2.2", ["040c2f73616d706c652f70617468"], [[(b":path", b"/sample/path")]]),
    ("C.2.3", ["100870617373776f726406736563726574"], [[(b"password", b"secret")]]),
    ("C.2.4", ["82"], [[(b":method", b"GET")]]),
    (
        "C.3",
        [
            "828684410f7777772e6578616d706c652e636f6d",
            "828684be58086e6f2d6361636865",
            "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ],
        REQUESTS,
    ),
    (
        "C.4",
        [
            "828684418cf1e3c2e5f23a6ba0ab90f4ff",
            "828684be5886a8eb10649cbf",
            "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
        ],
        REQUESTS,
    ),
    (
        "C.5",
        [
            "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a"
            "2f2f7777772e6578616d706c652e636f6d",
            "4803333037c1c0bf",
            "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b4851"
            "4b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
        ],
        RESPONSES,
    ),
    (
        "C.6",
        [
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43"
            "d3",
            "4883640effc1c0bf",
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27"
            "087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        ],
        RESPONSES,
    ),
]


@pytest.mark.parametrize(("name", "blocks", "sections"), EXAMPLES, ids=[name for name, _, _ in EXAMPLES])
def test_the_examples_of_the_standard_are_read_as_it_says(name: str, blocks: list[str], sections: list[Fields]) -> None:
    decoder = HeaderDecoder()
    if name in ("C.5", "C.6"):
        decoder.decode(TABLE_OF_256)

    assert [decoder.decode(bytes.fromhex(block)) for block in blocks] == sections


def test_the_static_table_and_the_code_are_those_of_the_hpack_package() -> None:
    encoder = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)

    assert tuple(HeaderTable.STATIC_TABLE) == STATIC_TABLE
    assert [huffman.decode(encoder.encode(bytes((byte,)))) for byte in range(256)] == [bytes((n,)) for n in range(256)]


def fault(block: bytes, decoder: HeaderDecoder | None = None) -> str:
    with pytest.raises(ConnectionFault) as caught:
        (decoder or HeaderDecoder()).decode(block)
    return f"{caught.value.code.name}: {caught.value.what}"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("80", "index 0"),
        ("be", "not in the table"),
        ("ffffffffff0f", "not in the table"),
        ("7e", "not in the table"),
        ("ff8080808080", "too long"),
        ("ff808080808000", "too long"),
        ("ff80", "ends early"),
        ("00", "ends early"),
        ("000161", "ends early"),
        ("00016102", "ends early"),
        ("0001610262", "ends early"),
        ("8220", "out of place"),
        ("202020", "out of place"),
        ("3fe21f", "not allowed"),
        ("00016184ffffffff", "after its end"),
        ("0001618100", "within a symbol"),
        ("0001618207ff", "within a symbol"),
    ],
)
def test_a_block_that_breaks_the_rules_says_how(block: str, said: str) -> None:
    what = fault(bytes.fromhex(block))

    assert what.startswith("COMPRESSION_ERROR: a header block ")
    assert said in what


def test_a_list_that_is_too_long_is_refused_before_it_is_all_read() -> None:
    decoder = HeaderDecoder()
    decoder.decode(b"\x40\x01a" + integer(4000, 7, 0) + bytes(4000))

    assert fault(b"\xbe" * 17 + b"\x80", decoder).startswith("ENHANCE_YOUR_CALM: more than 65536 bytes")


def test_no_string_is_mistaken_for_another_once_many_are_remembered() -> None:
    encode = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode
    decoder = HeaderDecoder()
    values = [b"%d" % number for number in range(3 * MEMO_SIZE)]

    for value in values + values:
        string = encode(value)
        assert decoder.decode(b"\x08" + bytes((0x80 | len(string),)) + string) == [(b":status", value)]


def test_what_a_block_says_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    block = Encoder().encode([(b"set-cookie", b"made-up")])

    with caplog.at_level(logging.DEBUG):
        HeaderDecoder().decode(block)

    assert caplog.records == []
