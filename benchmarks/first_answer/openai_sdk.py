"""The first answer by openai: ``python openai_sdk.py URL``."""

import asyncio
import sys

from openai import AsyncOpenAI, DefaultAioHttpClient


async def main(url: str) -> None:
    async with AsyncOpenAI(api_key="key", base_url=f"{url}/v1", http_client=DefaultAioHttpClient()) as client:
        reply = await client.chat.completions.create(
            model="small", messages=[{"role": "user", "content": "What is the capital of France?"}]
        )
        if reply.choices[0].message.content:
            print("answered", flush=True)


asyncio.run(main(*sys.argv[1:]))
