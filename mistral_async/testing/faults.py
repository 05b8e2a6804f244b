"""What a test asks the server to do next, instead of or besides answering as it would."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from mistral_async.operation import Operation

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error answer, whatever was asked: not even the key is looked at."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None  # None: what the API would say with this status


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """An answer that was written beforehand, to a request that is checked as ever."""

    body: Any  # bytes and str as they stand; something to call with the request; anything else as JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    events: bool = False  # the body is a list of events


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The connection is closed before the answer is complete; with neither number, before it begins."""

    after_events: int | None = None
    after_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Silence: before the answer, or in a stream after some events."""

    seconds: float
    after_events: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What the model says next."""

    text: str


class Plan(Generic[T]):
    """Things to do, each for a number of requests, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: deque[_Planned[T]] = deque()

    def add(self, thing: T, times: int, operation: str | Operation | None) -> None:
        if times < 1:
            raise ValueError(f"times is {times}; it must be 1 or more")
        self._waiting.append(_Planned(thing, times, None if operation is None else str(operation)))

    def take(self, operation: Operation | None) -> T | None:
        """What is planned for a request of this operation; it is used up by being taken."""
        for planned in tuple(self._waiting):  # another thread may be adding to it
            if planned.meant_for(operation):
                planned.times -= 1
                if not planned.times:
                    self._waiting.remove(planned)
                return planned.thing
        return None

    def clear(self) -> None:
        self._waiting.clear()

    def __len__(self) -> int:
        return sum(planned.times for planned in self._waiting)


@dataclass(slots=True, eq=False)
class _Planned(Generic[T]):
    thing: T
    times: int
    operation: str | None  # "POST /v1/files" or "/v1/files"; None: any request

    def meant_for(self, operation: Operation | None) -> bool:
        if self.operation is None:
            return True
        return operation is not None and self.operation in (str(operation), operation.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What is planned for one request."""

    answer: Failure | Script | None
    cut: Cut | None
    hold: Hold | None


@dataclass(slots=True)
class Plans:
    """Everything that is planned."""

    answers: Plan[Failure | Script] = field(default_factory=Plan[Failure | Script])
    cuts: Plan[Cut] = field(default_factory=Plan[Cut])
    holds: Plan[Hold] = field(default_factory=Plan[Hold])
    words: Plan[Words] = field(default_factory=Plan[Words])

    def take(self, operation: Operation | None) -> Next:
        """What is planned for a request; what the model shall say is left to be taken where it comes to speak."""
        return Next(answer=self.answers.take(operation), cut=self.cuts.take(operation), hold=self.holds.take(operation))

    def clear(self) -> None:
        for plan in (self.answers, self.cuts, self.holds, self.words):
            plan.clear()
