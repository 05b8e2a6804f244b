"""Fine-tuning jobs: validated, trained in no time, and ended by a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from mistral_async.testing.clock import Clock
from mistral_async.testing.refusals import conflict, invalid, not_found, unknown_model
from mistral_async.testing.state.files import Files, StoredFile
from mistral_async.testing.state.fine_tuning_job import ENDED, FineTuningJob
from mistral_async.testing.state.ids import Ids
from mistral_async.testing.state.models import FineTunedModel, Models
from mistral_async.testing.state.paging import moment

_VALIDATED = ("QUEUED", "VALIDATING", "VALIDATED")
_TRAINED = ("STARTED", "RUNNING", "SUCCESS")
_LINES_LOOKED_AT = 10_000  # of a training file; more would keep other requests waiting
_CLASSIFIER = frozenset({"classification"})
_COMPLETION = frozenset({"completion_chat", "function_calling"})


class FineTuningJobs:
    """The jobs by id, the oldest first."""

    def __init__(self, *, clock: Clock, job_step: float, ids: Ids, files: Files, models: Models) -> None:
        self._clock = clock
        self._job_step = job_step  # seconds that a job stays in each of its states
        self._ids = ids
        self._files = files
        self._models = models
        self._jobs: dict[str, FineTuningJob] = {}

    def draft(self, body: dict[str, Any]) -> FineTuningJob:
        """A job that is not one yet. Raises a 400, a 404 or a 422 for what cannot be trained."""
        model = self._models.find(body["model"])
        if model is None or "fine_tuning" not in model.capabilities:
            raise unknown_model(body["model"])
        kind = body.get("job_type") or ("classifier" if body.get("classifier_targets") else "completion")
        if kind == "classifier" and not body.get("classifier_targets"):
            raise invalid("missing", ["body", "classifier_targets"], "A classifier needs its targets")
        training = [
            self._file(file["file_id"], "training_files", index, "file_id")
            for index, file in enumerate(body.get("training_files") or [])
        ]
        validation = [
            self._file(id, "validation_files", index) for index, id in enumerate(body.get("validation_files") or [])
        ]
        if not training and not body.get("repositories"):
            raise invalid("too_short", ["body", "training_files"], "List should have at least 1 item")
        return FineTuningJob(
            id="", kind=kind, request=body, training=training, validation=validation, now=self._clock()
        )

    def _file(self, id: str, *loc: str | int) -> StoredFile:
        file = self._files.get(id)
        if file.purpose != "fine-tune":
            raise invalid("value_error", ["body", *loc], f"File {id!r} has not the purpose 'fine-tune'")
        return file

    def create(self, job: FineTuningJob) -> FineTuningJob:
        """Make a draft a job, which goes its way by itself; without ``auto_start`` only until it is validated."""
        job.id = self._ids.uuid("fine-tuning")
        job.course.ahead = [*_VALIDATED[1:]]
        self._jobs[job.id] = job
        return job

    def get(self, id: str) -> FineTuningJob:
        """Raises a 404."""
        if job := self._jobs.get(id):
            return job
        raise not_found("Fine-tuning job", id)

    def start(self, id: str) -> FineTuningJob:
        """Start a job that was made to wait. Raises a 409 where it has not been validated, or was started before."""
        job = self.get(id)
        if job.status != "VALIDATED" or job.course.ahead:
            raise conflict(f"Fine-tuning job {id!r} cannot be started: it is {job.status}.")
        job.course.redirect(_TRAINED)
        self._step(job, self._clock())
        return job

    def cancel(self, id: str) -> FineTuningJob:
        """Ask a job to stop. Raises a 409 when it has ended otherwise."""
        job = self.get(id)
        if job.status in ("CANCELLATION_REQUESTED", "CANCELLED"):
            return job
        if job.status in ENDED:
            raise conflict(f"Fine-tuning job {id!r} has ended already: it is {job.status}.")
        job.course.redirect(("CANCELLATION_REQUESTED", "CANCELLED"))
        self._step(job, self._clock())
        return job

    def matching(self, query: Mapping[str, Any]) -> list[FineTuningJob]:
        """The jobs that a query asks for, the newest first."""
        after, before = moment(query, "created_after"), moment(query, "created_before")
        return [
            job
            for job in reversed(self._jobs.values())
            if _matches(job, query)
            and (after is None or job.created > after)
            and (before is None or job.created < before)
        ]

    def _moving(self) -> Iterator[FineTuningJob]:
        return (job for job in list(self._jobs.values()) if job.course.ahead)

    def advance(self, *, finish: bool = False) -> float | None:
        """Move every job to where it should be by now; with ``finish`` a state takes no time.

        Returns the seconds until there is something to do again, None where nothing is left to do.
        """
        now = self._clock()
        stay = 0.0 if finish else self._job_step
        waits: list[float] = []
        for job in self._moving():
            while (due := job.course.next_at(stay)) is not None:
                if due > now:
                    waits.append(due - now)
                    break
                self._step(job, due)
        return min(waits, default=None)

    def _step(self, job: FineTuningJob, at: float) -> None:
        status = job.course.step(at)
        if status == "VALIDATED":
            if (share := _unusable(job.training)) > (job.request.get("invalid_sample_skip_percentage") or 0):
                job.course.status = status = "FAILED_VALIDATION"
                job.course.ahead = []
                job.note("FAILED_VALIDATION", at, {"invalid_samples": share})
                return
            if job.request.get("auto_start", True):
                job.course.ahead = list(_TRAINED)
        if status == "SUCCESS":
            self._models.add(self._trained(job, at))
        job.note(status, at, {})

    def _trained(self, job: FineTuningJob, at: float) -> FineTunedModel:
        job.finish(at)
        base = self._models.find(job.request["model"])
        classifier = job.kind == "classifier"
        fim = base.capabilities & {"completion_fim"} if base else frozenset[str]()
        return FineTunedModel(
            id=job.model_name,
            root=job.request["model"],
            created=int(at),
            job=job.id,
            capabilities=_CLASSIFIER if classifier else _COMPLETION | fim,
            classifier_targets=job.targets if classifier else None,
        )


def _unusable(files: list[StoredFile]) -> float:
    """The share of lines that are no JSON object, among the first ones of each file."""
    lines = bad = 0
    for file in files:
        try:
            for line in islice(file.content.lines(), _LINES_LOOKED_AT):
                if line.strip():
                    lines += 1
                    bad += not _is_object(line)
        except FileNotFoundError:
            return 1.0
    return bad / lines if lines else float(bool(files))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _matches(job: FineTuningJob, query: Mapping[str, Any]) -> bool:
    integrations: list[dict[str, Any]] = job.request.get("integrations") or []
    project, name = query.get("wandb_project"), query.get("wandb_name")
    return (
        query.get("model") in (None, job.request["model"])
        and query.get("status") in (None, job.status)
        and query.get("suffix") in (None, job.request.get("suffix"))
        and (project is None or any(one.get("project") == project for one in integrations))
        and (name is None or any(name in (one.get("name"), one.get("run_name")) for one in integrations))
    )
