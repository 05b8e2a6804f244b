"""Measure what retries, circuit breaker and deadline add to a call that succeeds at once.

``python -m benchmarks.overhead`` makes chat completions that are answered from memory, first without the layers, then
with all three of them, without and with ``timeout.total``; in many short rounds that take turns, so that a busy machine
slows each kind of call alike. A line of what it prints:

    timeout.total=60      21.10 us   added  5.80 us   ratio 1.380

``21.10 us`` is the CPU (user and system) of one whole call with the layers: checking and encoding the request, passing
it on, decoding the answer. ``added`` is how much more that is than without the layers, the median of the rounds;
``ratio`` is the one divided by the other. With sockets a call takes far more CPU: the ratio is nearer to 1 then.

It fails (exit code 1) where more than 10 us are added. Other work on the machine makes every number larger: look at a
failure a second time when the machine is quiet.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from mistral_async.engine import Engine
from mistral_async.http import Headers, Request, Response, Transport
from mistral_async.resources.chat import ChatCompletions
from mistral_async.settings import CircuitBreaker, Settings, Timeout
from mistral_async.transport.circuits import Circuits
from mistral_async.transport.deadline import Deadline
from mistral_async.transport.resend import Resend

LIMIT = 10.0  # microseconds of CPU; more would show beside the call itself, which takes 14
AT_ONCE = 50  # calls under way at a time: they share a turn of the event loop, as they do in a busy client
WITHOUT, UNLIMITED, LIMITED = "without the layers", "timeout.total=None", "timeout.total=60"

ANSWER = msgspec.json.encode(
    {
        "id": "cmpl-1",
        "object": "chat.completion",
        "model": "mistral-small-latest",
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
        "created": 1700000000,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
    }
)

Call = Callable[[], Awaitable[object]]


class MemoryResponse:
    """A response that is there in full."""

    status = 200
    headers = Headers(((b"content-type", b"application/json"),))
    http_version = "2"
    attempts = 1

    async def read(self) -> bytes:
        """The whole body."""
        return ANSWER

    async def receive(self) -> bytes:
        """Not asked for: the answer is wanted whole."""
        raise AssertionError("nobody reads this answer in chunks")

    def close(self) -> None:
        """Nothing is open."""


class MemoryWire:
    """Answers everything with success, one turn of the event loop later: a real wire lets others go on as well."""

    def __init__(self) -> None:
        self._response = MemoryResponse()

    async def send(self, request: Request, /) -> Response:
        """Answer it."""
        await asyncio.sleep(0)
        return self._response

    async def aclose(self) -> None:
        """Nothing is open."""


def call_through(transport: Transport, timeout: Timeout) -> Call:
    """A call with the default settings but for the time limit."""
    engine = Engine(transport, Settings(base_url="https://api.mistral.test", timeout=timeout))
    completions = ChatCompletions(engine, "/v1/chat/completions")
    return lambda: completions.post(
        model="mistral-small-latest", messages=[{"role": "user", "content": "Is this a question?"}]
    )


def calls() -> dict[str, Call]:
    """What is compared."""

    def layered() -> Transport:
        return Deadline(Resend(Circuits(MemoryWire(), CircuitBreaker())))

    return {
        WITHOUT: call_through(MemoryWire(), Timeout()),
        UNLIMITED: call_through(layered(), Timeout()),
        LIMITED: call_through(layered(), Timeout(total=60)),
    }


async def cost(call: Call, turns: int) -> float:
    """Microseconds of CPU that a call takes, of so many in a row by each of those at once."""

    async def in_a_row() -> None:
        for _ in range(turns):
            await call()

    start = time.process_time()
    await asyncio.gather(*(in_a_row() for _ in range(AT_ONCE)))
    return (time.process_time() - start) / (turns * AT_ONCE) * 1e6


async def measure(compared: dict[str, Call], rounds: int, turns: int) -> dict[str, list[float]]:
    """Microseconds for a call of each kind, in each round."""
    costs: dict[str, list[float]] = {name: [] for name in compared}
    for call in compared.values():
        await cost(call, turns)  # models are loaded, code is warm
    for _ in range(rounds):
        for name, call in compared.items():
            gc.collect()  # nobody pays for another's garbage
            costs[name].append(await cost(call, turns))
    return costs


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description="CPU that the layers add")
    parser.add_argument("--rounds", type=int, default=51, help="how often each kind of call is measured")
    parser.add_argument("--turns", type=int, default=40, help=f"a round is so many times {AT_ONCE} calls")
    options = parser.parse_args(arguments)

    costs = asyncio.run(measure(calls(), options.rounds, options.turns))
    bare = costs.pop(WITHOUT)
    print(f"{WITHOUT:20} {statistics.median(bare):6.2f} us")
    worst = 0.0
    for name, layered in costs.items():
        added = statistics.median(more - less for more, less in zip(layered, bare, strict=True))
        ratio = statistics.median(layered) / statistics.median(bare)
        print(f"{name:20} {statistics.median(layered):6.2f} us   added {added:5.2f} us   ratio {ratio:.3f}")
        worst = max(worst, added)
    print(f"{worst:.2f} us is {'within' if worst <= LIMIT else 'MORE THAN'} the {LIMIT:.0f} us that may be added")
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
