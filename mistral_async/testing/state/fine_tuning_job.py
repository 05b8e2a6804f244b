"""One fine-tuning job: what it was asked for, how far it has come, and how the API shows it."""

from __future__ import annotations

import hashlib
from typing import Any

from mistral_async.testing.state.files import StoredFile
from mistral_async.testing.state.jobs import Course

ENDED = frozenset({"SUCCESS", "FAILED", "FAILED_VALIDATION", "CANCELLED"})
_BYTES_PER_TOKEN = 4
_STEPS = 10  # training steps where nobody said how many
_COST_PER_TOKEN = 4e-6  # EUR
_TOKENS_PER_SECOND = 5000
_PARAMETERS: dict[str, Any] = {
    "training_steps": None,
    "learning_rate": 0.0001,
    "weight_decay": 0.1,
    "warmup_fraction": 0.05,
    "epochs": None,
    "seq_len": None,
}


class FineTuningJob:
    def __init__(
        self,
        *,
        id: str,
        kind: str,
        request: dict[str, Any],
        training: list[StoredFile],
        validation: list[StoredFile],
        now: float,
    ) -> None:
        self.id = id
        self.kind = kind
        self.request = request
        self.training = training
        self.validation = validation
        self.created = now
        self.course = Course(status="QUEUED", since=now)
        self._events: list[dict[str, Any]] = []
        self._checkpoints: list[dict[str, Any]] = []
        self._trained_tokens: int | None = None
        self.note("QUEUED", now, {})

    @property
    def status(self) -> str:
        return self.course.status

    @property
    def model_name(self) -> str:
        """What its model is called."""
        suffix = self.request.get("suffix")
        stem = "ft:classifier" if self.kind == "classifier" else "ft"
        return ":".join([stem, self.request["model"], *([suffix] if suffix else []), self.id[:8]])

    @property
    def targets(self) -> list[dict[str, Any]]:
        given: list[dict[str, Any]] = self.request.get("classifier_targets") or []
        return [
            {
                "name": target["name"],
                "labels": target["labels"],
                "weight": target.get("weight", 1.0),
                "loss_function": target.get("loss_function") or "single_class",
            }
            for target in given
        ]

    def note(self, status: str, at: float, data: dict[str, Any]) -> None:
        """Remember that a state began."""
        self._events.append({"name": "status-updated", "data": {"status": status, **data}, "created_at": int(at)})

    def finish(self, at: float) -> None:
        """Make up how the training went."""
        self._trained_tokens = self._metadata()["train_tokens"]
        for part in (1, 2):
            self._checkpoints.append(
                {
                    "metrics": {
                        "train_loss": round(1.6 / (1 + part), 4),
                        "valid_loss": round(1.7 / (1 + part), 4) if self.validation else None,
                        "valid_mean_token_accuracy": round(0.5 + part / 10, 4) if self.validation else None,
                    },
                    "step_number": max(1, self._steps * part // 2),
                    "created_at": int(at),
                }
            )

    @property
    def _steps(self) -> int:
        return self.request["hyperparameters"].get("training_steps") or _STEPS

    @property
    def _epochs(self) -> float:
        return self.request["hyperparameters"].get("epochs") or 1.0

    def _metadata(self) -> dict[str, Any]:
        """What the job takes: time, money and tokens."""
        size = sum(file.content.size for file in self.training)
        data = max(1, size // _BYTES_PER_TOKEN)
        tokens = int(data * self._epochs)
        return {
            "expected_duration_seconds": max(1, tokens // _TOKENS_PER_SECOND),
            "cost": round(tokens * _COST_PER_TOKEN, 6),
            "cost_currency": "EUR",
            "train_tokens_per_step": max(1, tokens // self._steps),
            "train_tokens": tokens,
            "data_tokens": data,
            "estimated_start_time": int(self.created),
        }

    def estimate(self) -> dict[str, Any]:
        """What a dry run is told."""
        return {
            **self._metadata(),
            "deprecated": True,
            "details": "An estimate; no job was created.",
            "epochs": self._epochs,
            "training_steps": self._steps,
            "object": "job.metadata",
        }

    def shown(self, *, detailed: bool = False) -> dict[str, Any]:
        request = self.request
        integrations: list[dict[str, Any]] = request.get("integrations") or []
        repositories: list[dict[str, Any]] = request.get("repositories") or []
        shown: dict[str, Any] = {
            "id": self.id,
            "object": "job",
            "auto_start": request.get("auto_start", True),
            "model": request["model"],
            "status": self.status,
            "created_at": int(self.created),
            "modified_at": int(self.course.since),
            "training_files": [file.id for file in self.training],
            "validation_files": [file.id for file in self.validation],
            "fine_tuned_model": self.model_name if self.status == "SUCCESS" else None,
            "suffix": request.get("suffix"),
            "integrations": [_integration(one) for one in integrations] or None,
            "trained_tokens": self._trained_tokens,
            "metadata": self._metadata(),
            "job_type": self.kind,
            "hyperparameters": self._hyperparameters(),
        }
        if self.kind == "completion":
            shown["repositories"] = [_repository(one) for one in repositories]
        if detailed:
            shown |= {"events": self._events[::-1], "checkpoints": self._checkpoints[::-1]}
            if self.kind == "classifier":
                shown["classifier_targets"] = self.targets
        return shown

    def _hyperparameters(self) -> dict[str, Any]:
        known = _PARAMETERS if self.kind == "classifier" else _PARAMETERS | {"fim_ratio": 0.9}
        given: dict[str, Any] = self.request["hyperparameters"]
        return {name: given.get(name, default) for name, default in known.items()}


def _integration(given: dict[str, Any]) -> dict[str, Any]:
    """What is shown of an integration: everything but its key."""
    shown: dict[str, Any] = {name: given.get(name) for name in ("project", "name", "run_name")}
    return {"type": "wandb", **shown, "url": f"https://wandb.example/{given['project']}"}


def _repository(given: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a repository: everything but its token, and a commit."""
    where = f"{given['owner']}/{given['name']}@{given.get('ref')}"
    return {
        "type": "github",
        "name": given["name"],
        "owner": given["owner"],
        "ref": given.get("ref"),
        "weight": given.get("weight", 1.0),
        "commit_id": hashlib.blake2b(where.encode(), digest_size=20).hexdigest(),
    }
