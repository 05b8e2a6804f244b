"""The first answer by a bare asyncio protocol and msgspec: ``python floor.py URL``."""

import asyncio
import sys
from urllib.parse import urlsplit

import msgspec

from benchmarks.answers.chat import Completion
from benchmarks.contenders.floor_connection import Connection


async def main(url: str) -> None:
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, str(address.hostname), address.port or 80)
    body = msgspec.json.encode(
        {"model": "small", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
    )
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: {address.netloc}\r\nauthorization: Bearer key\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    pieces: list[bytes] = []
    await connection.begin(head.encode() + body, pieces.append)
    reply = msgspec.json.decode(b"".join(pieces), type=Completion)
    if reply.choices[0].message.content:
        print("answered", flush=True)
    await connection.aclose()


asyncio.run(main(*sys.argv[1:]))
