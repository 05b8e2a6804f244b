"""Talks to a local server by aiohttp's client and has every answer judged by the specification."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from mistral_async.testing import LocalServer
from tests.openapi_check import check_answer


class Answer:
    """One answer, read to its end."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[Any]:
        """The data of each event but the last, decoded."""
        *data, end = [block.removeprefix("data: ") for block in self.body.decode().split("\n\n")[:-1]]
        assert end == "[DONE]"
        return [json.loads(each) for each in data]


async def read_broken(response: aiohttp.ClientResponse) -> bytes:
    """What arrives of an answer until it breaks off; one that does not break off fails the test."""
    received = b""
    try:
        async for chunk in response.content.iter_any():
            received += chunk
    except aiohttp.ClientPayloadError:
        return received
    raise AssertionError("the answer was complete")


class Api:
    """Sends what it is told, as it is told."""

    def __init__(self, server: LocalServer, *, key: str | None = None) -> None:
        self._server = server
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {key or server.api_key}"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def __call__(self, method: str, path: str, **options: Any) -> Answer:
        """Send; ``path`` is taken as percent-encoded. A 200 that the specification does not allow fails the test."""
        url = URL(self._server.url + path, encoded=True)
        async with self._session.request(method, url, **options) as response:
            body = await response.read()
            answer = Answer(response.status, response.headers, body)
        operation = self._server.requests[-1].operation if len(self._server.requests) else None
        if answer.status == 200 and operation is not None and operation.startswith(f"{method} "):
            check_answer(method, operation.removeprefix(f"{method} "), answer.headers["content-type"], body)
        return answer

    async def get(self, path: str, **options: Any) -> Answer:
        return await self("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """Send ``body`` as JSON; none where it is None."""
        return await self("POST", path, **options if body is None else {"json": body, **options})

    async def delete(self, path: str) -> Answer:
        return await self("DELETE", path)

    async def upload(self, content: bytes, filename: str = "data.jsonl", **fields: str) -> Answer:
        form = aiohttp.FormData(quote_fields=False)
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("file", content, filename=filename, content_type="application/octet-stream")
        return await self("POST", "/v1/files", data=form)

    async def ask(self, content: Any = "What is the capital of France?", **fields: Any) -> Answer:
        """A chat completion for one message by the user."""
        body = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": content}]}
        return await self.post("/v1/chat/completions", {**body, **fields})


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something holds; five seconds at most."""
    async with asyncio.timeout(5):
        for _ in itertools.count():
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.002)


def text(answer: Answer) -> str:
    """What the first choice of a completion says."""
    content: str = answer.json()["choices"][0]["message"]["content"]
    return content


def streamed(answer: Answer, index: int = 0) -> str:
    """What one choice of a streamed completion says, all deltas together."""
    choices = [choice for event in answer.events() for choice in event["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
