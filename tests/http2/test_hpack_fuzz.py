"""Whatever a server says, header blocks are read as the hpack package reads them, or refused where it refuses them.

HYPOTHESIS_PROFILE=long compares more than a hundred thousand blocks instead of a thousand.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import pytest
from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mistral_async.wire.http2 import huffman
from mistral_async.wire.http2.frames import ConnectionFault
from mistral_async.wire.http2.hpack_decoder import MAX_HEADER_LIST_SIZE, HeaderDecoder
from tests.http2.hpack_integer import integer

Fields: TypeAlias = list[tuple[bytes, bytes]]

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FUZZ = settings(
    max_examples=50_000 if LONG else 300,
    derandomize=not LONG,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

HUFFMAN = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
paddings = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5])
indexes = st.one_of(st.integers(1, 61), st.integers(62, 70), st.sampled_from([0, 62, 62, 63, 71, 100, 187, 188, 2**35]))
LARGE = [b"y" * 2000, b"z" * 4000, b"z" * 4064, b"z" * 4096, b"w" * 66000]  # a table holds two of the first
CODED = {value: HUFFMAN.encode(value) for value in LARGE}
values = st.one_of(
    st.sampled_from([b"", b"a", b"application/json", b"x" * 100]),
    st.sampled_from(
        [b"2026-11-22", b"Sun, 22 Nov 2026 18:00:00 GMT", b"9e0f1a2b3c4d5e6f-CDG", b"\xc3\xa9\n\xff", b"c" * 500]
    ),
    st.binary(max_size=20),
)


@st.composite
def strings(draw: st.DrawFn) -> bytes:
    value = draw(st.one_of(values, values, values, st.sampled_from(LARGE)))
    coded = draw(st.sampled_from(["plain", "plain", "huffman", "huffman", "noise"]))
    padding = draw(paddings)
    if coded == "plain":
        return integer(len(value), 7, 0, padding) + value
    if coded == "huffman":
        value = CODED.get(value) or HUFFMAN.encode(value)
    return integer(len(value), 7, 0x80, padding) + value


@st.composite
def representations(draw: st.DrawFn) -> bytes:
    """One field as section 6 says, or a size of the table."""
    kind = draw(st.sampled_from(["indexed", "indexed", "kept", "kept", "literal", "never", "size"]))
    padding = draw(paddings)
    if kind == "indexed":
        return integer(draw(indexes), 7, 0x80, padding)
    if kind == "size":
        return integer(draw(st.sampled_from([0, 32, 40, 100, 256, 2100, 4095, 4096, 4097, 2**20])), 5, 0x20, padding)
    bits, first = {"kept": (6, 0x40), "literal": (4, 0), "never": (4, 0x10)}[kind]
    index = draw(st.one_of(st.just(0), indexes))
    name = b"" if index else draw(strings())
    return integer(index, bits, first, padding) + name + draw(strings())


names = st.sampled_from([b"date", b"content-type", b"x-request-id", b"cf-ray", b"server", b"set-cookie", b"a" * 300])
sections = st.lists(st.tuples(names, values), max_size=12)
sizes = st.one_of(st.none(), st.none(), st.sampled_from([0, 100, 1000, 4096]))


@st.composite
def spoken(draw: st.DrawFn) -> list[bytes]:
    """Blocks of a server that does as it should, all on one connection."""
    encoder = Encoder()
    blocks: list[bytes] = []
    for section, size, coded in draw(st.lists(st.tuples(sections, sizes, st.booleans()), min_size=1, max_size=6)):
        if size is not None:
            encoder.header_table_size = size
        blocks.append(encoder.encode(section, huffman=coded))
    return blocks


@st.composite
def spoilt(draw: st.DrawFn, blocks: st.SearchStrategy[list[bytes]]) -> list[bytes]:
    """The same, but for a byte or two of one block."""
    given_blocks = draw(blocks)
    which = draw(st.integers(0, len(given_blocks) - 1))
    block = bytearray(given_blocks[which])
    if block:
        at = draw(st.integers(0, len(block) - 1))
        match draw(st.sampled_from(["change", "change", "cut", "insert", "remove", "again"])):
            case "change":
                block[at] = draw(st.integers(0, 255))
            case "cut":
                del block[at:]
            case "insert":
                block.insert(at, draw(st.integers(0, 255)))
            case "remove":
                del block[at]
            case _:
                block += block[at:] * draw(st.integers(1, 40))
    return [*given_blocks[:which], bytes(block), *given_blocks[which + 1 :]]


made = st.lists(st.lists(representations(), max_size=6).map(b"".join), min_size=1, max_size=6)
conversations = st.one_of(
    spoken(), made, spoilt(spoken()), spoilt(made), st.lists(st.binary(max_size=60), min_size=1, max_size=4)
)


def read_by_hpack(decoder: Decoder, block: bytes) -> Fields | str:
    if updates(block) > 2:
        return "COMPRESSION_ERROR"  # the one thing that we refuse and it does not: see section 4.2
    try:
        return [(bytes(name), bytes(value)) for name, value in decoder.decode(block, raw=True)]
    except OversizedHeaderListError:
        return "ENHANCE_YOUR_CALM"
    except HPACKError:
        return "COMPRESSION_ERROR"


def read_by_us(decoder: HeaderDecoder, block: bytes) -> Fields | str:
    try:
        return decoder.decode(block)
    except ConnectionFault as caught:
        return caught.code.name


def updates(block: bytes) -> int:
    """How many sizes of the table a block begins with."""
    found = at = 0
    while block[at : at + 1] and 0x20 <= block[at] < 0x40:
        found += 1
        at += 1
        if block[at - 1] == 0x3F:
            while block[at : at + 1] and block[at] >= 0x80:
                at += 1
            at += 1
    return found


@FUZZ
@given(conversations)
@example([b"\x40\x01a\x01b" * 200, b"\xbe\xbf", b"\x3f\x09", b"\xbe", b"\xbf"])
@example([b"\x3f\xe1\x1f", b"\x20\x3f\xe1\x1f\x40\x01a\x01b", b"\xbe"])
def test_blocks_are_read_as_the_hpack_package_reads_them(blocks: list[bytes]) -> None:
    ours, theirs = HeaderDecoder(), Decoder(max_header_list_size=MAX_HEADER_LIST_SIZE)

    for block in blocks:
        expected = read_by_hpack(theirs, block)
        assert read_by_us(ours, block) == expected
        if isinstance(expected, str):
            return  # the connection is over

    entries = list(theirs.header_table.dynamic_entries)
    for at, entry in enumerate(entries):
        assert ours.decode(integer(62 + at, 7, 0x80)) == [entry]
    assert read_by_us(ours, integer(62 + len(entries), 7, 0x80)) == "COMPRESSION_ERROR"


@FUZZ
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(HUFFMAN.encode), st.binary(max_size=3)))
def test_strings_are_read_as_the_hpack_package_reads_them(encoded: bytes) -> None:
    try:
        expected = decode_huffman(encoded)
    except HPACKError:
        with pytest.raises(huffman.NotHuffman):
            huffman.decode(encoded)
    else:
        assert huffman.decode(encoded) == expected
