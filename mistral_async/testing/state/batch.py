"""Batch jobs: really run, line by line, through the same operations as everything else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from mistral_async.testing.clock import Clock
from mistral_async.testing.refusals import conflict, invalid, not_found
from mistral_async.testing.state.batch_job import ACTIVE, BatchJob, RunLine
from mistral_async.testing.state.content import Spool
from mistral_async.testing.state.files import Files, StoredFile
from mistral_async.testing.state.ids import Ids
from mistral_async.testing.state.paging import moment

__all__ = ["BatchJobs", "RunLine"]

MakeSpool: TypeAlias = Callable[[], Spool]
_ENDPOINTS = frozenset(
    {
        "/v1/chat/completions",
        "/v1/embeddings",
        "/v1/fim/completions",
        "/v1/moderations",
        "/v1/chat/moderations",
        "/v1/ocr",
        "/v1/classifications",
        "/v1/chat/classifications",
        "/v1/conversations",
        "/v1/audio/transcriptions",
    }
)
_LONGEST_KEY = 32  # characters of a metadata key
_LINES_AT_ONCE = 200  # lines run before other requests get their turn


class BatchJobs:
    """The jobs by id, the oldest first."""

    def __init__(
        self, *, clock: Clock, job_step: float, ids: Ids, files: Files, spool: MakeSpool, run: RunLine
    ) -> None:
        self._clock = clock
        self._job_step = job_step  # seconds that a job stays in each of its states
        self._ids = ids
        self._files = files
        self._spool = spool
        self._run = run
        self._jobs: dict[str, BatchJob] = {}

    def create(self, body: dict[str, Any]) -> BatchJob:
        """A queued job. Raises a 422 or a 404 for what it cannot work on."""
        if bool(body.get("input_files")) == (body.get("requests") is not None):
            raise invalid("value_error", ["body", "input_files"], "Give either input_files or requests")
        if body.get("model") is None and body.get("agent_id") is None:
            raise invalid("value_error", ["body", "model"], "Give either model or agent_id")
        metadata: dict[str, str] = body.get("metadata") or {}
        for key in metadata:
            if len(key) > _LONGEST_KEY:
                raise invalid(
                    "string_too_long", ["body", "metadata", key], f"A key has at most {_LONGEST_KEY} characters"
                )
        if (endpoint := body["endpoint"]) not in _ENDPOINTS and f"/v1{endpoint}" not in _ENDPOINTS:
            raise invalid("enum", ["body", "endpoint"], f"Input should be one of {', '.join(sorted(_ENDPOINTS))}")
        inputs = [self._input(index, id) for index, id in enumerate(body.get("input_files") or [])]
        job_id = self._ids.uuid("batch")
        self._jobs[job_id] = job = BatchJob(
            id=job_id,
            request=body,
            inputs=inputs,
            now=self._clock(),
            result_id=lambda: self._ids.hex("batch result"),
            spools=(self._spool(), self._spool()),
        )
        return job

    def _input(self, index: int, id: str) -> StoredFile:
        file = self._files.get(id)
        if file.purpose != "batch":
            raise invalid("value_error", ["body", "input_files", index], f"File {id!r} has not the purpose 'batch'")
        return file

    def get(self, id: str) -> BatchJob:
        """Raises a 404."""
        if job := self._jobs.get(id):
            return job
        raise not_found("Batch job", id)

    def outputs(self, job: BatchJob) -> list[Any] | None:
        """The results of a job themselves, as long as they are kept."""
        if job.output is None or self._files.find(job.output.id) is None:
            return None
        return [msgspec.json.decode(line) for line in job.output.content.lines()]

    def cancel(self, id: str) -> BatchJob:
        """Ask a job to stop. Raises a 409 when it has ended otherwise."""
        job = self.get(id)
        if job.status in ("QUEUED", "RUNNING"):
            job.enter("CANCELLATION_REQUESTED", self._clock())
        elif job.status not in ("CANCELLATION_REQUESTED", "CANCELLED"):
            raise conflict(f"Batch job {id!r} has ended already: it is {job.status}.")
        return job

    def delete(self, id: str) -> None:
        self.get(id).close()
        del self._jobs[id]

    def matching(self, query: Mapping[str, Any]) -> list[BatchJob]:
        """The jobs that a query asks for, in the order it asks for."""
        after = moment(query, "created_after")
        jobs = [job for job in self._jobs.values() if _matches(job, query, after)]
        return jobs if query.get("order_by") == "created" else jobs[::-1]

    def active(self) -> Iterator[BatchJob]:
        return (job for job in list(self._jobs.values()) if job.status in ACTIVE)

    def advance(self, *, finish: bool = False) -> float | None:
        """Move every job to where it should be by now; with ``finish`` a state takes no time.

        Returns the seconds until there is something to do again, None where nothing is left to do.
        """
        waits = [self._advance(job, finish) for job in self.active()]
        return min((wait for wait in waits if wait is not None), default=None)

    def _advance(self, job: BatchJob, finish: bool) -> float | None:
        now = self._clock()
        stay = 0.0 if finish else self._job_step
        due = job.since + stay
        if now >= job.deadline and now < due:
            job.end("TIMEOUT_EXCEEDED", now, self._files, self._ids)
            return None
        if job.status == "QUEUED" and now >= due:
            job.start(min(now, due))
            due = job.since + stay
        if job.status == "RUNNING":
            share = 1.0 if now >= due else (now - job.since) / stay
            # Rounded up, so that a job of one line is not done only at the very end.
            behind = job.run(self._run, math.ceil(share * job.total), _LINES_AT_ONCE)
            if behind:
                return 0.0
            if now >= due:
                job.end("SUCCESS" if job.succeeded or not job.failed else "FAILED", now, self._files, self._ids)
        elif job.status == "CANCELLATION_REQUESTED" and now >= due:
            job.end("CANCELLED", now, self._files, self._ids)
        return max(0.0, due - now) if job.status in ACTIVE else None

    def close(self) -> None:
        for job in self._jobs.values():
            job.close()


def _matches(job: BatchJob, query: Mapping[str, Any], after: float | None) -> bool:
    statuses, request = query.get("status"), job.request
    metadata: dict[str, Any] = request.get("metadata") or {}
    wanted: dict[str, Any] = query.get("metadata") or {}
    return (
        (not statuses or job.status in statuses)
        and all(query.get(name) in (None, request.get(name)) for name in ("model", "agent_id"))
        and all(str(metadata.get(key)) == value for key, value in wanted.items())
        and (after is None or job.created > after)
    )
