"""Uses that type checkers must refuse.

Each line names the complaint that it must get from mypy and from pyright; both are set to complain, too, of a comment
that excuses nothing. Nothing here is run.
"""

from __future__ import annotations

from mistral_async import MistralClient
from mistral_async.models import ChatCompletionRequest, UserMessage


async def arguments(client: MistralClient, request: ChatCompletionRequest) -> None:
    client.chat.completions.post(model="m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.chat.completions.post(model="m", messages=[], temprature=0.3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.chat.completions.post(model="m", messages=[], temperature="hot")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    client.chat.completions.post(model="m", messages=[], stream=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.chat.completions.post(model="m", messages=[{"role": "user"}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    client.chat.completions.post(model="m", messages=[{"role": "robot", "content": "hello"}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    client.chat.completions.post(model="m", messages=["hello"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    client.chat.completions.post(request, temperature=0.3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    client.models(limit=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.models[None]()  # type: ignore[index]  # pyright: ignore[reportArgumentType]
    client.files.post(purpose="batch")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.files.post(file=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    UserMessage("hello")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    UserMessage(text="hello")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def results(client: MistralClient) -> None:
    reply = await client.chat.completions.post(model="m", messages=[])
    reply.text  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    reply.choices[0].message.content.upper()  # type: ignore[union-attr]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportOptionalMemberAccess]
    async for event in client.models():  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues]
        print(event)  # pyright: ignore[reportUnknownArgumentType]
    await client.models().save("file")  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    client.chat.completions()  # type: ignore[operator]  # pyright: ignore[reportCallIssue]
    client.files["id"].content.post()  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    client.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    client.files.pages  # type: ignore[attr-defined]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    embedded = await client.embeddings.post(model="m", input="a")
    embedded.data[0].embedding.append(1)  # type: ignore[union-attr]  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    embedded.data[0].embedding["a"]  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    embedded.data[0].embedding = "AAAA"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
