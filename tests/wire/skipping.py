"""Time that is not waited for: it stands still while something runs, and then goes on to what is due next."""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    now = 0.0  # seconds

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select()
        self.now += timeout
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Selector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def skipping(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """The test, in a loop of such time. Not for a test that uses sockets: they would always be late."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with asyncio.Runner(loop_factory=_Loop) as runner:
            return runner.run(test(*args, **kwargs))

    return run
