"""What can be asked of a server for its next requests: errors, scripts, words, cuts and silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mistral_async.operation import Operation
from mistral_async.testing.faults import Cut, Failure, Hold, Plans, Script, Words


class NextRequests:
    """Each of these is used up by the next requests: of one operation, or of any.

    ``operation`` is such as ``"POST /v1/chat/completions"``, or the path alone; None means any request. ``times`` says
    for how many requests it holds.
    """

    def __init__(self) -> None:
        self._plans = Plans()

    def fail_next(
        self,
        *,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        times: int = 1,
        operation: str | Operation | None = None,
    ) -> None:
        """Answer the next requests with an error, whatever they ask.

        ``body`` is bytes, text, or anything that becomes JSON; None is what the API says with that status.
        """
        if not 200 <= status <= 599:
            raise ValueError(f"status is {status}; it must be from 200 to 599")
        self._plans.answers.add(Failure(status=status, headers=headers or {}, body=body), times, operation)

    def answer_next(
        self,
        body: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        operation: str | Operation | None = None,
    ) -> None:
        """Answer the next requests, once they have been checked, with exactly this.

        ``body`` is bytes, text, anything that becomes JSON, or a function (async or not) that makes one of these from
        the :class:`Received` request. Ids need not exist.
        """
        self._plans.answers.add(Script(body=body, status=status, headers=headers or {}), times, operation)

    def stream_next(
        self,
        events: Iterable[Any],
        *,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        operation: str | Operation | None = None,
    ) -> None:
        """Answer the next requests with exactly these events, at the server's pace.

        An event is bytes (sent as they stand, whatever they are), text (its data), or anything that becomes JSON data.
        The end is not added: ``"[DONE]"`` is an event like others.
        """
        script = Script(body=list(events), headers=headers or {}, events=True)
        self._plans.answers.add(script, times, operation)

    def say_next(self, text: str, *, times: int = 1, operation: str | Operation | None = None) -> None:
        """Let the model say this text in the next completions, in one piece or streamed, as they ask."""
        self._plans.words.add(Words(text), times, operation)

    def cut_next(
        self,
        *,
        after_events: int | None = None,
        after_bytes: int | None = None,
        times: int = 1,
        operation: str | Operation | None = None,
    ) -> None:
        """Close the connection in the midst of the next answers; with neither number, before they begin."""
        self._plans.cuts.add(Cut(after_events=after_events, after_bytes=after_bytes), times, operation)

    def hold_next(
        self,
        seconds: float,
        *,
        after_events: int | None = None,
        times: int = 1,
        operation: str | Operation | None = None,
    ) -> None:
        """Be silent for a while before the next answers; in a stream also after some of its events."""
        self._plans.holds.add(Hold(seconds=seconds, after_events=after_events), times, operation)
