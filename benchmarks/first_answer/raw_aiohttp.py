"""The first answer by aiohttp and msgspec: ``python raw_aiohttp.py URL [CA]``."""

import asyncio
import ssl
import sys

import aiohttp
import msgspec

from benchmarks.answers.chat import Completion


async def main(url: str, ca: str | None = None) -> None:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=ca) if ca else True)
    async with aiohttp.ClientSession(connector=connector, headers={"authorization": "Bearer key"}) as session:
        body = msgspec.json.encode(
            {"model": "small", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
        )
        headers = {"content-type": "application/json"}
        async with session.post(f"{url}/v1/chat/completions", data=body, headers=headers) as response:
            response.raise_for_status()
            reply = msgspec.json.decode(await response.read(), type=Completion)
        if reply.choices[0].message.content:
            print("answered", flush=True)


asyncio.run(main(*sys.argv[1:]))
