"""A server in trouble: what is tried again, and when the client stops asking."""

from __future__ import annotations

import asyncio

from rich.text import Text

from mistral_async import CircuitBreaker, CircuitOpenError, MistralClient, Retried, Retry, ServerError
from mistral_async.demo.stage import Scene, Stage
from mistral_async.testing import LocalServer

RETRY = Retry(first_delay=0.2)  # seconds; a demo should not keep anybody waiting
BREAKER = CircuitBreaker(request_volume_threshold=4, reset_time=0.5)

CODE = """\
client = MistralClient(circuit_breaker=CircuitBreaker(...), on_retry=tell)
models = await client.models()"""


async def play(stage: Stage) -> None:
    def say(text: str, style: str = "") -> None:
        stage.console.print(Text(f"  {text}", style))

    def tell(retried: Retried) -> None:
        say(f"attempt {retried.attempt} failed with {retried.status}; the next one in {retried.delay:.2f} s", "yellow")

    async with (
        LocalServer() as server,  # one of its own, which is told to fail
        server.client(retry=RETRY, circuit_breaker=BREAKER, on_retry=tell) as client,
    ):
        server.fail_next(status=503, times=2)
        raw = await client.models().raw()
        say(f"answered at attempt {raw.attempts}: {len(raw.decode().data)} models", "green")
        await _break(server, client)
        say(_circuit(client), "red")
        try:
            await client.models()
        except CircuitOpenError as refused:
            say(f"not sent: come back in {refused.retry_after:.1f} s", "yellow")
            await asyncio.sleep(refused.retry_after)
        await client.models()
        say(_circuit(client), "green")


async def _break(server: LocalServer, client: MistralClient) -> None:
    """Fail until the circuit opens."""
    server.fail_next(status=500, times=10)
    try:
        while True:
            try:
                await client.models().options(retry=None)
            except ServerError:
                pass
    except CircuitOpenError:
        server.reset()


def _circuit(client: MistralClient) -> str:
    (circuit,) = client.circuits.values()
    failed = f": {circuit.failures} of {circuit.requests} attempts failed" if circuit.requests else " again"
    return f"the circuit is {circuit.state}{failed}"


TROUBLE = Scene(
    name="trouble",
    title="A server in trouble",
    code=CODE,
    play=play,
    not_live="The real API fails when it likes, not when it is asked to.",
)
