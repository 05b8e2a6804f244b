"""One batch job: its lines, what became of them, and the files it leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from mistral_async.testing.state.content import Content, Spool
from mistral_async.testing.state.files import Files, StoredFile
from mistral_async.testing.state.ids import Ids

RunLine: TypeAlias = Callable[[str, dict[str, Any]], tuple[int, Any]]
"""Runs one request at an endpoint such as "/v1/chat/completions": status and body of its answer."""

ACTIVE = frozenset({"QUEUED", "RUNNING", "CANCELLATION_REQUESTED"})
_CHAT, _AGENTS = "/v1/chat/completions", "/v1/agents/completions"
_HOUR = 3600  # seconds
_KEPT = 24  # hours that results are kept
_MOST_ERRORS = 100  # kinds of error that a job lists


class BatchJob:
    def __init__(
        self,
        *,
        id: str,
        request: dict[str, Any],
        inputs: list[StoredFile],
        now: float,
        result_id: Callable[[], str],
        spools: tuple[Spool, Spool],
    ) -> None:
        self.id = id
        self.request = request
        self.status = "QUEUED"
        self.since = self.created = now
        self.deadline = now + request.get("timeout_hours", 24) * _HOUR
        self.total = sum(file.num_lines or 0 for file in inputs) + len(request.get("requests") or [])
        self.succeeded = 0
        self.failed = 0
        self._inputs = inputs
        self._result_id = result_id
        self._lines: Iterator[Any] | None = None
        self._outputs, self._failures = spools
        self._errors: Counter[str] = Counter()
        self._started: float | None = None
        self._ended: float | None = None
        self._output: StoredFile | None = None
        self._error: StoredFile | None = None

    @property
    def completed(self) -> int:
        return self.succeeded + self.failed

    @property
    def endpoint(self) -> str:
        """The path of the operation that runs; the API takes it without ``/v1`` too, and chat for an agent."""
        given: str = self.request["endpoint"]
        path = given if given.startswith("/v1/") else f"/v1{given}"
        return _AGENTS if path == _CHAT and self.request.get("agent_id") else path

    def enter(self, status: str, at: float) -> None:
        self.status, self.since = status, at

    def start(self, at: float) -> None:
        self.enter("RUNNING", at)
        self._started = at
        self._lines = self._requests()

    def _requests(self) -> Iterator[Any]:
        yield from self.request.get("requests") or []
        for file in self._inputs:
            try:
                yield from (line for line in file.content.lines() if line.strip())
            except FileNotFoundError:
                self._errors[f"File {file.id!r} was deleted before the job came to it"] += 1

    def run(self, run: RunLine, target: int, at_most: int) -> bool:
        """Run lines until ``target`` are done, but no more than ``at_most``. Says whether some are left to run now.

        The number of lines was counted beforehand; the end of the lines is the end all the same.
        """
        for _ in range(at_most):
            if self.completed >= target < self.total:
                return False
            line = next(self._lines, None) if self._lines is not None else None
            if line is None:
                self.total = max(self.completed, 0)
                return False
            self._run(run, line)
        return True

    def _run(self, run: RunLine, line: Any) -> None:
        custom_id, problem = None, None
        status, body = 0, None
        try:
            entry: Any = msgspec.json.decode(line) if isinstance(line, bytes) else line
            custom_id = entry.get("custom_id")
            asked = {**entry["body"]}
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, KeyError, TypeError):
            problem = "A line is not an object with a custom_id and a body"
        else:
            for name in ("model", "agent_id"):
                if self.request.get(name) is not None:
                    asked[name] = self.request[name]
            # A job has no one to stream to.
            asked.pop("stream", None)
            status, body = run(self.endpoint, asked)
            if status >= 400:
                problem = f"A request was answered with status {status}"
        response = {"status_code": status, "body": body} if status else None
        error = {"message": problem} if problem else None
        result = {"id": self._result_id(), "custom_id": custom_id, "response": response, "error": error}
        (self._failures if problem else self._outputs).write(msgspec.json.encode(result) + b"\n")
        if problem:
            self.failed += 1
            if problem in self._errors or len(self._errors) < _MOST_ERRORS:
                self._errors[problem] += 1
        else:
            self.succeeded += 1

    def end(self, status: str, at: float, files: Files, ids: Ids) -> None:
        """Enter a state that does not change any more, and leave the results as files."""
        if not self.completed and self._errors:
            status = "FAILED"
        self.enter(status, at)
        self._ended = at
        self._output = self._leave(self._outputs, "batch_result", files, ids)
        self._error = self._leave(self._failures, "batch_error", files, ids)

    def _leave(self, spool: Spool, sample_type: str, files: Files, ids: Ids) -> StoredFile | None:
        content: Content = spool.content()
        if not content.size:
            return None
        return files.add(
            ids.uuid("file"),
            f"{self.id}_{sample_type}.jsonl",
            content,
            purpose="batch",
            sample_type=sample_type,
            source="mistral",
            expiry=_KEPT,
        )

    def close(self) -> None:
        """Give up what is not finished."""
        if self.status in ACTIVE:
            self._outputs.discard()
            self._failures.discard()
        self._lines = None

    @property
    def output(self) -> StoredFile | None:
        """The file of its results; it may have been deleted since."""
        return self._output

    def shown(self, outputs: list[Any] | None = None) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "batch",
            "input_files": [file.id for file in self._inputs],
            "metadata": self.request.get("metadata"),
            "endpoint": self.request["endpoint"],
            "model": self.request.get("model"),
            "agent_id": self.request.get("agent_id"),
            "output_file": self._output and self._output.id,
            "error_file": self._error and self._error.id,
            "errors": [{"message": message, "count": count} for message, count in self._errors.items()],
            "outputs": outputs,
            "status": self.status,
            "created_at": int(self.created),
            "total_requests": self.total,
            "completed_requests": self.completed,
            "succeeded_requests": self.succeeded,
            "failed_requests": self.failed,
            "started_at": None if self._started is None else int(self._started),
            "completed_at": None if self._ended is None else int(self._ended),
        }
