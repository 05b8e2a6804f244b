"""mistral_async, as its README shows it: the version of HTTP is negotiated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders.contender import EMBEDDING_MODEL, FILE_ID, KEY, QUESTION, TEXTS, Encoding
from mistral_async import TLS, MistralClient


class Ours:
    """One client for all calls, with its default settings."""

    def __init__(self, url: str, ca: str | None) -> None:
        self.client = MistralClient(api_key=KEY, base_url=url, tls=TLS(ca=ca) if ca is not None else None)

    async def chat(self, model: str) -> str:
        reply = await self.client.chat.completions.post(model=model, messages=[{"role": "user", "content": QUESTION}])
        return str(reply.choices[0].message.content)

    async def events(self, model: str) -> int:
        events = 0
        call = self.client.chat.completions.post(model=model, messages=[{"role": "user", "content": QUESTION}])
        async for event in call:
            events += event.data.choices[0].delta.content is not None
        return events

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        if encoding == "float":
            reply = await self.client.embeddings.post(model=EMBEDDING_MODEL, input=TEXTS)
        else:
            reply = await self.client.embeddings.post(model=EMBEDDING_MODEL, input=TEXTS, encoding_format=encoding)
        return [vector.embedding for vector in reply.data]

    async def models(self) -> Sequence[object]:
        return (await self.client.models()).data

    async def upload(self, path: Path) -> int:
        return (await self.client.files.post(file=path, purpose="batch")).bytes

    async def download(self) -> int:
        received = 0
        async for piece in self.client.files[FILE_ID].content():
            received += len(piece)
        return received

    async def aclose(self) -> None:
        await self.client.aclose()
