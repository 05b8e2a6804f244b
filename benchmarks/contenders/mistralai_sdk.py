"""mistralai, the vendor's SDK."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mistralai.client import Mistral
from mistralai.client.models import UserMessageTypedDict

from benchmarks.contenders.contender import EMBEDDING_MODEL, FILE_ID, KEY, QUESTION, TEXTS, Encoding

MESSAGE: UserMessageTypedDict = {"role": "user", "content": QUESTION}


class MistralaiSDK:
    """One client for all calls; it finds the certificate to trust in the environment (``SSL_CERT_FILE``)."""

    def __init__(self, url: str, ca: str | None) -> None:
        self._client = Mistral(api_key=KEY, server_url=url)

    async def chat(self, model: str) -> str:
        reply = await self._client.chat.complete_async(model=model, messages=[MESSAGE])
        message = reply.choices[0].message
        return str(message.content) if message is not None else ""

    async def events(self, model: str) -> int:
        events = 0
        stream = await self._client.chat.stream_async(model=model, messages=[MESSAGE])
        async with stream:
            async for event in stream:
                events += event.data.choices[0].delta.content is not None
        return events

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        reply = await self._client.embeddings.create_async(
            model=EMBEDDING_MODEL, inputs=TEXTS, encoding_format=encoding
        )
        return [vector.embedding or [] for vector in reply.data]

    async def models(self) -> Sequence[object]:
        return (await self._client.models.list_async()).data or []

    async def upload(self, path: Path) -> int:
        with path.open("rb") as content:
            reply = await self._client.files.upload_async(
                file={"file_name": path.name, "content": content}, purpose="batch"
            )
        return reply.size_bytes

    async def download(self) -> int:
        received = 0
        response = await self._client.files.download_async(file_id=FILE_ID)
        async for piece in response.aiter_bytes():
            received += len(piece)
        return received

    async def aclose(self) -> None:
        if self._client.sdk_configuration.async_client is not None:
            await self._client.sdk_configuration.async_client.aclose()
