"""Everything that belongs to the one account of a server."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_async.testing.clock import Clock
from mistral_async.testing.refusals import not_found
from mistral_async.testing.state.batch import BatchJobs, RunLine
from mistral_async.testing.state.content import Content, Spool
from mistral_async.testing.state.files import Files
from mistral_async.testing.state.fine_tuning import FineTuningJobs
from mistral_async.testing.state.ids import Ids
from mistral_async.testing.state.models import Models


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The file of a form."""

    filename: str
    media_type: str | None
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A request that has been checked: plain JSON values under their wire names."""

    path: tuple[str, ...] = ()  # the path parameters
    query: dict[str, Any]
    body: Any = None
    upload: Upload | None = None
    origin: str = ""  # where the server is, for links to it
    words: str | None = None  # what the model shall say, if a test said so


class Account:
    """The state of a server. Whoever uses it holds ``lock``: a server may be asked from several threads."""

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int,
        any_model: bool,
        job_step: float,
        parent: Path | None,
        run_line: Callable[[Account], RunLine],
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.ids = Ids(seed)
        self.secret = f"signing-{seed}".encode()
        self.files = Files(clock)
        self.models = Models(any_model=any_model)
        self.agents: dict[str, str] = {}
        self._parent = parent
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self.batch = BatchJobs(
            clock=clock, job_step=job_step, ids=self.ids, files=self.files, spool=self.spool, run=run_line(self)
        )
        self.fine_tuning = FineTuningJobs(
            clock=clock, job_step=job_step, ids=self.ids, files=self.files, models=self.models
        )

    def now(self) -> int:
        return int(self.clock())

    def _where(self) -> Path:
        """Where large content lies, until the account is closed."""
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="mistral-local-", dir=self._parent)
        return Path(self._directory.name)

    def spool(self) -> Spool:
        return Spool(self._where)

    def agent_model(self, agent_id: str) -> str | None:
        """The model of an agent that was added; None for other ids that look like an agent's. Raises a 404."""
        if agent_id in self.agents:
            return self.agents[agent_id]
        if agent_id.startswith(("ag:", "ag_")):
            return None
        raise not_found("Agent", agent_id)

    def close(self) -> None:
        """Delete what lies on disk."""
        self.batch.close()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None
