"""What tests of sending again share: requests that may be sent again, failures, and waits that take no time."""

from __future__ import annotations

from mistral_async.errors import ConnectError, ConnectionLost
from mistral_async.hooks import OnRetry
from mistral_async.http import Request, TimeLimit
from mistral_async.settings import Retry, Timeout
from mistral_async.transport.budget import Budget
from mistral_async.transport.resend import Resend
from tests.fakes import ScriptedWire

POLICY = Retry(attempts=3, first_delay=1.0, budget=None)


def a_request(
    *,
    repeatable: bool = True,
    retry: Retry | None = POLICY,
    timeout: Timeout | None = None,
    deadline: float | None = None,
) -> Request:
    return Request(
        method="POST",
        url="http://mistral.test/v1/x?key=secret-key",
        path="/v1/x",
        body=b"{}",
        retry=retry,
        repeatable=repeatable,
        timeout=timeout or Timeout(),
        deadline=TimeLimit(deadline) if deadline is not None else None,
    )


GENERATE = a_request()


class Sleep:
    """Waits that take no time, and are written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def resending(
    wire: ScriptedWire, *, sleep: Sleep | None = None, on_retry: OnRetry | None = None, budget: Budget | None = None
) -> Resend:
    return Resend(wire, on_retry=on_retry, budget=budget, sleep=sleep or Sleep(), random=lambda: 0.5)


def no_connection() -> ConnectError:
    return ConnectError("no connection", request=GENERATE)


def lost(request: Request = GENERATE) -> ConnectionLost:
    return ConnectionLost("lost", request=request)
