"""Compressed answers and redirects over real sockets, as a client sees them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from mistral_async import MistralClient, ResponseDecodeError
from mistral_async.errors import APIError, ProtocolError
from mistral_async.settings.client import Compression
from tests.wire.compressing import compressed

MODELS = b'{"object":"list","data":[]}'
FILE = b"one line of a file\n" * 100_000


@asynccontextmanager
async def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncGenerator[str, None]:
    """A server that gives this answer to everything; its origin."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_a_compressed_answer_is_read_whole_and_in_pieces(coding: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-encoding": coding})
        await response.prepare(request)
        packed = compressed(FILE if request.path.endswith("content") else MODELS, coding)
        for start in range(0, len(packed), 100):
            await response.write(packed[start : start + 100])
        return response

    async with serving(answer) as origin, MistralClient(api_key="k", base_url=origin) as client:
        assert (await client.models()).data == []
        assert await client.files["f"].content() == FILE
        assert b"".join([chunk async for chunk in client.files["f"].content()]) == FILE


@pytest.mark.parametrize(
    ("compression", "offered"),
    [
        ("auto", ["gzip, deflate, br, zstd", "identity"]),
        ("always", ["gzip, deflate, br, zstd"] * 2),
        ("never", ["identity"] * 2),
    ],
)
async def test_what_is_offered_is_what_the_setting_says(compression: Compression, offered: list[str]) -> None:
    seen: list[str | None] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("accept-encoding"))
        return web.Response(body=MODELS, content_type="application/json")

    async with (
        serving(answer) as origin,
        MistralClient(api_key="k", base_url=origin, compression=compression) as client,
    ):
        await client.models()
        async for _ in client.files["f"].content():
            pass

    assert seen == offered


async def test_a_request_is_never_compressed() -> None:
    seen: list[tuple[str | None, bytes]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("content-encoding"), (await request.read())[:8]))
        return web.Response(body=b"{}", content_type="application/json")

    async with serving(answer) as origin, MistralClient(api_key="k", base_url=origin, compression="always") as client:
        await client.embeddings.post(model="m", input="x" * 10_000)

    assert seen == [(None, b'{"model"')]


async def test_a_bomb_stops_at_the_size_that_may_be_held() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=compressed(bytes(10_000_000), "gzip"), headers={"content-encoding": "gzip"})

    async with (
        serving(answer) as origin,
        MistralClient(api_key="k", base_url=origin, max_response_size=100_000) as client,
    ):
        with pytest.raises(ResponseDecodeError, match=r"larger than `max_response_size` \(100000 bytes\)"):
            await client.models()


async def test_a_body_that_is_not_what_it_says_is_an_error() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=MODELS, headers={"content-encoding": "gzip"})

    async with serving(answer) as origin, MistralClient(api_key="k", base_url=origin, retry=None) as client:
        with pytest.raises(ProtocolError, match=r"cannot be decompressed: gzip: .*incorrect header check"):
            await client.models()


async def test_a_download_is_followed_to_another_origin_without_the_key() -> None:
    seen: list[list[str | None]] = []

    def note(request: web.Request) -> None:
        names = ("authorization", "x-mine", "accept-encoding")
        seen.append([request.raw_path, *(request.headers.get(name) for name in names)])

    async def store(request: web.Request) -> web.StreamResponse:
        note(request)
        return web.Response(body=FILE)

    async with serving(store) as elsewhere:

        async def api(request: web.Request) -> web.StreamResponse:
            note(request)
            return web.Response(status=302, headers={"location": f"{elsewhere}/signed?by=a%2Fb"})

        async with (
            serving(api) as origin,
            MistralClient(api_key="k" * 20, base_url=origin, headers={"x-mine": "1"}) as client,
        ):
            assert b"".join([chunk async for chunk in client.files["f"].content()]) == FILE
            with pytest.raises(APIError) as caught:
                await client.files["f"].delete()

    assert seen == [
        ["/v1/files/f/content", f"Bearer {'k' * 20}", "1", "identity"],
        ["/signed?by=a%2Fb", None, None, "identity"],
        ["/v1/files/f", f"Bearer {'k' * 20}", "1", "gzip, deflate, br, zstd"],
    ]
    assert caught.value.status == 302
