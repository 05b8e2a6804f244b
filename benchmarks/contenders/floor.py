"""The floor: a bare asyncio protocol and msgspec, for answers that are known to be right."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from benchmarks.answers.chat import Chunk, Completion
from benchmarks.answers.embeddings import Embeddings, PackedEmbeddings
from benchmarks.answers.files import File
from benchmarks.answers.models import Card, Cards
from benchmarks.contenders.contender import EMBEDDING_MODEL, FILE_ID, KEY, QUESTION, TEXTS, Encoding
from benchmarks.contenders.floor_connection import Connection, Sink

READ_SIZE = 256 * 1024  # bytes of a file; larger did not send it faster
MESSAGES = [{"role": "user", "content": QUESTION}]
BOUNDARY = b"0f3b9a7e5c"


class Floor:
    """As many connections as there are calls at once."""

    def __init__(self, url: str, ca: str | None) -> None:
        self._host, self._port = str(urlsplit(url).hostname), urlsplit(url).port or 80
        self._tls = ssl.create_default_context(cafile=ca) if ca is not None else None
        self._fields = f"host: {self._host}:{self._port}\r\nauthorization: Bearer {KEY}\r\naccept: */*\r\n".encode()
        self._idle: list[Connection] = []
        self._completion = msgspec.json.Decoder(Completion)
        self._chunk = msgspec.json.Decoder(Chunk)
        self._embeddings = msgspec.json.Decoder(Embeddings)
        self._packed = msgspec.json.Decoder(PackedEmbeddings)
        self._cards = msgspec.json.Decoder(Cards)
        self._file = msgspec.json.Decoder(File)

    async def chat(self, model: str) -> str:
        request = self._post(b"/v1/chat/completions", {"model": model, "messages": MESSAGES})
        return self._completion.decode(await self._whole(request)).choices[0].message.content

    async def events(self, model: str) -> int:
        body = {"model": model, "messages": MESSAGES, "stream": True}
        rest, count = b"", 0

        def read(piece: bytes) -> None:
            nonlocal rest, count
            *events, rest = (rest + piece).split(b"\n\n")
            for event in events:
                if event != b"data: [DONE]":
                    count += self._chunk.decode(event[6:]).choices[0].delta.content is not None

        await self._exchange(self._post(b"/v1/chat/completions", body), read)
        return count

    async def embeddings(self, encoding: Encoding) -> Sequence[Sequence[float]]:
        body = {"model": EMBEDDING_MODEL, "input": TEXTS}
        if encoding == "float":
            answer = await self._whole(self._post(b"/v1/embeddings", body))
            return [vector.embedding for vector in self._embeddings.decode(answer).data]
        answer = await self._whole(self._post(b"/v1/embeddings", {**body, "encoding_format": "base64"}))
        return [vector.unpacked() for vector in self._packed.decode(answer).data]

    async def models(self) -> Sequence[Card]:
        return self._cards.decode(await self._whole(self._head(b"GET /v1/models") + b"\r\n")).data

    async def upload(self, path: Path) -> int:
        start = (
            b'--%b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            b'--%b\r\ncontent-disposition: form-data; name="file"; filename="%b"\r\n\r\n'
        ) % (BOUNDARY, BOUNDARY, path.name.encode())
        end = b"\r\n--%b--\r\n" % BOUNDARY
        pieces: list[bytes] = []
        connection = await self._connection()
        with path.open("rb", buffering=0) as content:
            length = len(start) + os.fstat(content.fileno()).st_size + len(end)
            fields = b"content-type: multipart/form-data; boundary=%b\r\ncontent-length: %d\r\n" % (BOUNDARY, length)
            head = self._head(b"POST /v1/files") + fields + b"\r\n"
            answered = connection.begin(head + start, pieces.append)
            while data := content.read(READ_SIZE):
                connection.write(data)
                await connection.drain()
        connection.write(end)
        await answered
        self._idle.append(connection)
        return self._file.decode(b"".join(pieces)).bytes

    async def download(self) -> int:
        received = 0

        def count(piece: bytes) -> None:
            nonlocal received
            received += len(piece)

        await self._exchange(self._head(b"GET /v1/files/%b/content" % FILE_ID.encode()) + b"\r\n", count)
        return received

    async def aclose(self) -> None:
        for connection in self._idle:
            await connection.aclose()

    def _head(self, start: bytes) -> bytes:
        return b"%b HTTP/1.1\r\n%b" % (start, self._fields)

    def _post(self, path: bytes, body: object) -> bytes:
        content = msgspec.json.encode(body)
        fields = b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(content)
        return b"%b%b%b" % (self._head(b"POST " + path), fields, content)

    async def _whole(self, request: bytes) -> bytes:
        pieces: list[bytes] = []
        await self._exchange(request, pieces.append)
        return b"".join(pieces)

    async def _exchange(self, request: bytes, sink: Sink) -> None:
        connection = self._idle.pop() if self._idle else await self._connection()
        await connection.begin(request, sink)
        self._idle.append(connection)

    async def _connection(self) -> Connection:
        if self._idle:
            return self._idle.pop()
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, self._host, self._port, ssl=self._tls)
        return connection
