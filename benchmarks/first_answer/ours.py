"""The first answer by mistral_async: ``python ours.py URL [CA]``."""

import asyncio
import sys

from mistral_async import TLS, MistralClient


async def main(url: str, ca: str | None = None) -> None:
    async with MistralClient(api_key="key", base_url=url, tls=TLS(ca=ca) if ca else None) as client:
        reply = await client.chat.completions.post(
            model="small", messages=[{"role": "user", "content": "What is the capital of France?"}]
        )
        if reply.choices[0].message.content:
            print("answered", flush=True)


asyncio.run(main(*sys.argv[1:]))
