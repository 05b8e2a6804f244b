"""Read a form back, with the parser of somebody else."""

from __future__ import annotations

import asyncio
import re
import warnings
from typing import NamedTuple

import aiohttp
from aiohttp.base_protocol import BaseProtocol

from mistral_async.http import Body

_DISPOSITION = re.compile(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?')


class Part(NamedTuple):
    name: str
    file_name: str | None
    media_type: str | None
    content: bytes


async def sent(body: Body) -> bytes:
    """All bytes of a body."""
    return b"".join([chunk async for chunk in body])


async def parts_of(data: bytes, content_type: str) -> list[Part]:
    """What a server makes of a form: its structure is read by aiohttp, names as browsers write them."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    stream.feed_data(data)
    stream.feed_eof()
    reader = aiohttp.MultipartReader({"Content-Type": content_type}, stream)
    parts: list[Part] = []
    while (part := await _next_part(reader)) is not None:
        assert isinstance(part, aiohttp.BodyPartReader)
        assert set(part.headers) <= {"Content-Disposition", "Content-Type"}
        match = _DISPOSITION.fullmatch(part.headers["Content-Disposition"])
        assert match is not None, part.headers
        content = bytes(await part.read())
        file_name = None if match[2] is None else plain(match[2])
        parts.append(Part(plain(match[1]), file_name, part.headers.get("Content-Type"), content))
    assert await stream.read() == b""
    return parts


async def _next_part(reader: aiohttp.MultipartReader) -> object:
    with warnings.catch_warnings():
        # aiohttp cannot read every quoted name ("a;b;c"): names are read here.
        warnings.simplefilter("ignore", aiohttp.BadContentDispositionHeader)
        warnings.simplefilter("ignore", aiohttp.BadContentDispositionParam)
        return await reader.next()


def plain(name: str) -> str:
    """A name without the escapes of characters that a header cannot hold."""
    return re.sub("%(0[0-9A-F]|1[0-9A-F]|22|7F)", lambda match: chr(int(match[1], 16)), name)
