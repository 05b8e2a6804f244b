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


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: importing the pytest plugin imports this module too, and shall cost nothing.
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
