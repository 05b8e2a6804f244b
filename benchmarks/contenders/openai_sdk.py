"""openai, with its aiohttp extra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from openai import AsyncOpenAI, DefaultAioHttpClient

from benchmarks.contenders.contender import EMBEDDING_MODEL, FILE_ID, KEY, QUESTION, TEXTS, Encoding


class OpenAISDK:
    """One client for all calls; it finds the certificate to trust in the environment (``SSL_CERT_FILE``)."""

    def __init__(self, url: str, ca: str | None) -> None:
        self._client = AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", http_client=DefaultAioHttpClient())

    async def chat(self, model: str) -> str:
        reply = await self._client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": QUESTION}]
        )
        return reply.choices[0].message.content or ""

    async def events(self, model: str) -> int:
        events = 0
        stream = await self._client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": QUESTION}], stream=True
        )
        async for chunk in stream:
            events += chunk.choices[0].delta.content is not None
        return events

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        if encoding == "float":
            reply = await self._client.embeddings.create(model=EMBEDDING_MODEL, input=TEXTS, encoding_format="float")
        else:  # it asks for base64 by itself, and unpacks what comes
            reply = await self._client.embeddings.create(model=EMBEDDING_MODEL, input=TEXTS)
        return [vector.embedding for vector in reply.data]

    async def models(self) -> Sequence[object]:
        return (await self._client.models.list()).data

    async def upload(self, path: Path) -> int:
        return (await self._client.files.create(file=path, purpose="batch")).bytes

    async def download(self) -> int:
        received = 0
        async with self._client.files.with_streaming_response.content(FILE_ID) as response:
            async for piece in response.iter_bytes():
                received += len(piece)
        return received

    async def aclose(self) -> None:
        await self._client.close()
