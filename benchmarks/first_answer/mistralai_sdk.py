"""The first answer by mistralai: ``python mistralai_sdk.py URL``."""

import asyncio
import sys

from mistralai.client import Mistral


async def main(url: str) -> None:
    async with Mistral(api_key="key", server_url=url) as client:
        reply = await client.chat.complete_async(
            model="small", messages=[{"role": "user", "content": "What is the capital of France?"}]
        )
        message = reply.choices[0].message
        if message is not None and message.content:
            print("answered", flush=True)


asyncio.run(main(*sys.argv[1:]))
