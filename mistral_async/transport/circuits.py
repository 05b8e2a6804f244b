"""Send nothing to an origin that keeps failing: a circuit breaker for each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from mistral_async.errors import CircuitOpenError, ClientClosed, TransportError
from mistral_async.http import NO_URL, Request, Response, Transport
from mistral_async.settings.circuit import CircuitBreaker
from mistral_async.transport.circuit import Circuit, CircuitState

log = logging.getLogger("mistral_async")

EARLY = time.get_clock_info("monotonic").resolution  # seconds by which a loop's timer may fire too soon


class Circuits:
    """Counts each attempt, and refuses those that the circuit of their origin does not let through.

    An attempt failed when no answer came, when the answer has one of the policy's statuses, and when it was cancelled
    because its deadline had passed while it waited for the server. What ended it otherwise (the caller, who may close
    the client, or an error of the caller's own body or key function) says nothing about the origin, and is not counted.
    """

    def __init__(
        self, inner: Transport, policy: CircuitBreaker, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = inner
        self._policy = policy
        self._failures = policy.status_codes
        self._clock = clock
        self._circuits: dict[str, Circuit] = {}
        self._latest = Circuit(policy)  # the circuit that was asked last,
        self._latest_root = NO_URL  # and how the URLs begin that it is for

    def states(self) -> Mapping[str, CircuitState]:
        """What is known at this moment of each origin that was asked for."""
        now = self._clock()
        return MappingProxyType({origin: circuit.snapshot(now) for origin, circuit in self._circuits.items()})

    async def send(self, request: Request, /) -> Response:
        """Send it, or raise ``CircuitOpenError`` where its origin's circuit does not let it through."""
        circuit = self._latest if request.url.startswith(self._latest_root) else self._of(request)
        ticket = circuit.ticket if circuit.state == "closed" else self._admit(circuit, request)
        try:
            response = await self._inner.send(request)
        except BaseException as exc:
            if _failed(exc, request):
                self._record(circuit, ticket, request, ok=False)
            else:
                circuit.release(ticket)
            raise
        status = response.status
        if 400 <= status < 500 and status not in self._failures and circuit.state == "closed":
            circuit.release(ticket)  # A 4xx says nothing about the origin, except to a probe: it answered.
        else:
            self._record(circuit, ticket, request, ok=status not in self._failures)
        return response

    async def aclose(self) -> None:
        """Close what is below."""
        await self._inner.aclose()

    def _of(self, request: Request) -> Circuit:
        # One client asks one origin, as a rule: remembering it spares finding its end in every URL.
        origin = request.origin
        circuit = self._circuits.get(origin)
        if circuit is None:
            circuit = self._circuits[origin] = Circuit(self._policy)
        self._latest, self._latest_root = circuit, f"{origin}/"
        return circuit

    def _admit(self, circuit: Circuit, request: Request) -> int:
        now, before = self._clock(), circuit.state
        ticket = circuit.admit(now)
        if ticket is None:
            raise _refusal(circuit.snapshot(now), request)
        if circuit.state != before:
            _tell(circuit.snapshot(now), request)
        return ticket

    def _record(self, circuit: Circuit, ticket: int, request: Request, *, ok: bool) -> None:
        now = self._clock()
        if circuit.record(ticket, now, ok=ok):
            _tell(circuit.snapshot(now), request)


def _failed(exc: BaseException, request: Request) -> bool:
    """Whether an attempt that ended so says something against its origin."""
    if isinstance(exc, asyncio.CancelledError):
        limit = request.deadline
        # Before it has begun it waited for a connection, which others may hold: that is no fault of the origin.
        return limit is not None and limit.begun and asyncio.get_running_loop().time() >= limit.at - EARLY
    return isinstance(exc, TransportError) and not (isinstance(exc, CircuitOpenError | ClientClosed) or exc.of_caller)


def _refusal(known: CircuitState, request: Request) -> CircuitOpenError:
    probed = ", and a request is finding out whether it answers again" if known.state == "half-open" else ""
    return CircuitOpenError(
        f"the circuit to {request.origin} is {known.state} after {known.failures} of {known.requests} requests failed"
        f"{probed}; it may close in {known.retry_after:.1f} s ({request})",
        retry_after=known.retry_after,
        request=request,
    )


def _tell(known: CircuitState, request: Request) -> None:
    """Log that a circuit has changed, with the request that changed it."""
    origin = request.origin
    extra = {
        "origin": origin,
        "state": known.state,
        "requests": known.requests,
        "failures": known.failures,
        "retry_after": known.retry_after,
        "method": request.method,
        "path": request.path,
    }
    match known.state:
        case "open":
            log.warning(
                "the circuit to %s is open after %d of %d requests failed; it may close in %.1f s (%s)",
                origin,
                known.failures,
                known.requests,
                known.retry_after,
                request,
                extra=extra,
            )
        case "half-open":
            log.info(
                "the circuit to %s is half-open: a request finds out whether it answers (%s)",
                origin,
                request,
                extra=extra,
            )
        case "closed":
            log.info("the circuit to %s is closed: it answers again (%s)", origin, request, extra=extra)
