"""A wire that must not be used."""

from __future__ import annotations

from mistral_async.http import Request, Response


class Unreachable:
    """Fails the test that sends something by it."""

    async def send(self, request: Request, /) -> Response:
        raise AssertionError(f"{request!r} was sent, and nothing should have been")

    async def aclose(self) -> None:
        pass


UNREACHABLE = Unreachable()
