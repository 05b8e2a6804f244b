"""A local server that behaves like the API: to test programs against, without a key and without a bill.

::

    from mistral_async.testing import LocalServer

    async with LocalServer() as server:
        async with server.client() as client:
            ...

For pytest there are fixtures in :mod:`mistral_async.testing.plugin`; from a shell, ``mistral-async serve``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mistral_async.testing.clock import Clock, ManualClock
    from mistral_async.testing.limits import RateLimits
    from mistral_async.testing.record import Received
    from mistral_async.testing.server import LocalServer

__all__ = ["Clock", "LocalServer", "ManualClock", "RateLimits", "Received"]

_HOMES = {
    "Clock": "clock",
    "LocalServer": "server",
    "ManualClock": "clock",
    "RateLimits": "limits",
    "Received": "record",
}


if not TYPE_CHECKING:  # pragma: no branch  # to checkers, any name at all would be one of this package's

    def __getattr__(name: str) -> Any:
        # Loaded when first asked for: importing the pytest plugin imports this module too, and shall cost nothing.
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
