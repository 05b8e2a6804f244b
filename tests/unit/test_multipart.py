"""Forms: what is sent is what a server reads."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mistral_async.codec.file_input import DEFAULT_NAME, FilePart
from mistral_async.codec.file_reader import READ_SIZE
from mistral_async.codec.multipart import MultipartBody
from mistral_async.http import Body
from tests.reading import Part, parts_of, plain, sent

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NAMES = st.one_of(
    TEXTS.filter(bool), st.sampled_from(['"', "%22", "a\r\nX: y", "\0", "\\", "a;b=c", ";;", "ü.txt", "\x7f"])
)
CONTENTS = st.one_of(
    st.binary(max_size=50),
    st.sampled_from([b"", b"\r\n", b"--", b"\r\n--mistral-async-", b"\n\r\n--\r\n", b"\0" * 9]),
)


@given(
    st.lists(st.tuples(NAMES, TEXTS), max_size=4), st.lists(st.tuples(NAMES, NAMES, CONTENTS), min_size=1, max_size=3)
)
@example([("a", "\r\n--x\r\n")], [("f", "n", b"\r\n")])
async def test_whatever_a_form_holds_reads_back(
    fields: list[tuple[str, str]], files: list[tuple[str, str, bytes]]
) -> None:
    body = MultipartBody(fields, [FilePart(field, (name, content, "a/b")) for field, name, content in files])

    data = await sent(body)

    assert len(data) == body.length
    assert await parts_of(data, body.content_type) == [
        *(Part(plain(name), None, None, value.encode()) for name, value in fields),
        *(Part(plain(field), plain(name), "a/b", content) for field, name, content in files),
    ]


async def test_a_form_without_files_reads_back() -> None:
    body = MultipartBody([("purpose", "batch"), ("purpose", "")], [])

    data = await sent(body)

    assert body.replayable
    assert len(data) == body.length
    assert [(part.name, part.content) for part in await parts_of(data, body.content_type)] == [
        ("purpose", b"batch"),
        ("purpose", b""),
    ]


async def head_of(field: str, *file: Any) -> bytes:
    """The header fields of a file's part, as they are sent."""
    body = MultipartBody([], [FilePart(field, file)], boundary="b")
    return (await sent(body)).removeprefix(b"--b\r\n").removesuffix(b"\r\n--b--\r\n")


@given(st.text(st.characters(max_codepoint=127)))
async def test_no_name_can_add_a_header(name: str) -> None:
    head = await head_of(name, name or "x", b"")

    assert re.fullmatch(rb'[^\r\n]*name="[^"]*"; filename="[^"]*"\r\nContent-Type: [^\r\n]*\r\n\r\n', head)
    assert not re.search(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", head)


@pytest.mark.parametrize("media_type", ["text/plain\r\nX-Evil: 1", "text/plain\n", "a\rb", "a\0b", "ü"])
def test_a_media_type_that_is_no_header_value_is_refused(media_type: str) -> None:
    with pytest.raises(ValueError, match="media type"):
        MultipartBody([], [FilePart("file", ("name", b"", media_type))])


async def test_a_file_name_that_is_no_text_to_the_outside_is_sent_all_the_same() -> None:
    assert b'filename="caf?.txt"' in await head_of("file", "caf\udce9.txt", b"")  # a name that is not UTF-8 on disk


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.pdf", "application/pdf"),
        ("a.txt", "text/plain"),
        ("nothing-known", "application/octet-stream"),
    ],
)
def test_the_media_type_is_guessed_from_the_name(name: str, media_type: str) -> None:
    assert FilePart("file", (name, b"")).media_type == media_type


def test_bytes_without_a_name_get_one() -> None:
    assert FilePart("file", b"x").name == FilePart("file", ("", b"x")).name == DEFAULT_NAME


def test_each_form_has_a_boundary_of_its_own() -> None:
    assert MultipartBody([], []).boundary != MultipartBody([], []).boundary


def test_a_form_is_a_body() -> None:
    assert isinstance(MultipartBody([], []), Body)


async def test_large_content_is_sent_in_pieces() -> None:
    content = bytes(range(256)) * (READ_SIZE // 100)

    chunks = [chunk async for chunk in FilePart("file", content).chunks()]

    assert b"".join(chunks) == content
    assert max(map(len, chunks)) == READ_SIZE


async def test_a_form_can_be_sent_twice_where_its_files_can() -> None:
    body = MultipartBody([("a", "b")], [FilePart("file", b"content")])

    assert body.replayable
    assert await sent(body) == await sent(body)


async def once() -> AsyncIterator[bytes]:
    yield b"content"


async def test_a_form_with_a_file_that_can_be_read_once_is_replayable_until_that_file_is_begun() -> None:
    body = MultipartBody([("a", "b")], [FilePart("file", ("n", once()))])
    states = [body.replayable]

    async with contextlib.aclosing(aiter(body)) as chunks:
        async for chunk in chunks:
            states.append(body.replayable)
            if chunk == b"content":
                break

    assert states == [True, True, True, False]  # the fields and the head of the file's part can be made again


async def test_a_form_that_cannot_be_sent_again_says_so_before_its_first_byte() -> None:
    body = MultipartBody([("a", "b")], [FilePart("other", b"x"), FilePart("file", ("n", once()))])
    assert b"content" in await sent(body)

    with pytest.raises(RuntimeError, match="the file 'n' can be read only once"):
        await anext(aiter(body))


async def test_a_form_left_before_the_file_that_can_be_read_once_gives_everything_the_next_time() -> None:
    body = MultipartBody([("a", "b")], [FilePart("file", once())])
    async with contextlib.aclosing(aiter(body)) as chunks:
        await anext(chunks)

    assert b"content" in await sent(body)
