"""A server that behaves like the API, on this machine, in this process."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from mistral_async.testing.asking import NextRequests
from mistral_async.testing.clock import Clock, wall_clock
from mistral_async.testing.dispatch import run_line, specification
from mistral_async.testing.exchange import Exchanges
from mistral_async.testing.limits import RateLimiter, RateLimits
from mistral_async.testing.record import Received, Record
from mistral_async.testing.state.account import Account
from mistral_async.testing.state.catalogue import CHAT, BaseModel
from mistral_async.testing.state.content import content_of
from mistral_async.testing.state.models import FineTunedModel
from mistral_async.testing.thread import running
from mistral_async.testing.wire import Connections, Wire

if TYPE_CHECKING:
    from mistral_async.client import MistralClient

LARGEST_FILE = 512 * 1024 * 1024  # bytes; documented limit of the API
_TURNS = 100  # of the loop, for connections to end
_TICK = 0.05  # seconds between two looks at the jobs, at most


class LocalServer(NextRequests):
    """The Mistral API, as far as a program can tell that calls it.

    ::

        async with LocalServer() as server:
            client = server.client()

    It keeps files, jobs and models in memory (large files on disk) and forgets them when it is closed. Its models
    answer at once, always the same to the same request; what they say is made up. A server runs in the loop that
    started it; its other methods may be called from any thread.
    """

    def __init__(
        self,
        *,
        api_key: str = "local-key",
        host: str = "127.0.0.1",
        port: int = 0,  # 0: one that is free
        pace: float = 0.0,  # seconds between two events of a stream
        latency: float = 0.0,  # seconds before every answer
        job_step: float = 0.05,  # seconds that a job stays in each of its states
        limits: RateLimits | None = None,
        any_model: bool = False,  # take every model name, not only those of the catalogue
        seed: int = 0,  # other ids
        clock: Clock = wall_clock,
        tls: ssl.SSLContext | None = None,
        directory: str | os.PathLike[str] | None = None,  # large files lie below it; None: where temporary files do
        largest_file: int = LARGEST_FILE,  # bytes of an upload
        keep_requests: int = 1000,  # how many of the latest requests are recorded
        keep_body: int = 16 * 1024,  # bytes; a longer body is not kept, only its size and digest
        log: Callable[[Received], None] | None = None,  # called after each request
    ) -> None:
        for name, value in (("pace", pace), ("latency", latency), ("job_step", job_step)):
            if value < 0:
                raise ValueError(f"{name} is {value}; it must be 0 or more seconds")
        if not 0 <= port <= 65535:
            raise ValueError(f"port is {port}; it must be from 0 to 65535")
        if not api_key:
            raise ValueError("api_key is empty; a server without a key would refuse everybody")
        super().__init__()
        self.api_key = api_key
        self.requests = Record(requests=keep_requests, body=keep_body)
        self._directory = None if directory is None else Path(directory)
        self._host, self._port, self._tls = host, port, tls
        self._clock, self._seed, self._any_model, self._job_step = clock, seed, any_model, job_step
        self._limits = limits or RateLimits()
        self._connections = Connections()
        self._exchanges = Exchanges(
            api_key=api_key,
            account=self._account(),
            limiter=RateLimiter(self._limits, clock),
            record=self.requests,
            plans=self._plans,
            pace=pace,
            latency=latency,
            largest_file=largest_file,
            log=log,
        )
        self._runner: web.ServerRunner | None = None
        self._worker: asyncio.Task[None] | None = None

    def _account(self) -> Account:
        return Account(
            clock=self._clock,
            seed=self._seed,
            any_model=self._any_model,
            job_step=self._job_step,
            parent=self._directory,
            run_line=run_line,
        )

    # Life.

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken, RuntimeError where the server runs already."""
        if self._runner is not None:
            raise RuntimeError(f"the server runs already, at {self.url}")
        specification()  # loaded now, not while the first request waits
        wire = Wire(self._exchanges.handle, self._connections)
        runner = web.ServerRunner(wire, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port, ssl_context=self._tls).start()
        except BaseException:
            await runner.cleanup()
            raise
        self._runner = runner
        changed = asyncio.Event()
        self._exchanges.begin(wire, origin=self.url, changed=changed)
        self._worker = asyncio.create_task(self._work(changed))

    async def aclose(self) -> None:
        """Stop: drop every connection, forget every file and job. Does nothing where the server does not run.

        The record of requests stays.
        """
        runner, self._runner = self._runner, None
        if runner is None:
            return
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        await self._exchanges.stop()
        await runner.cleanup()
        # A connection that was dropped tells so in the next turns of the loop.
        for _ in range(_TURNS):
            if not self._connections.open:
                break
            await asyncio.sleep(0)
        self._forget()

    async def __aenter__(self) -> LocalServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def run_in_thread(self) -> AbstractContextManager[LocalServer]:
        """Run in a thread with a loop of its own, for programs and tests that have none.

        ::

            with LocalServer().run_in_thread() as server:
                urllib.request.urlopen(urllib.request.Request(server.url + "/v1/models", headers=server.authorization))
        """
        return running(self)

    @property
    def url(self) -> str:
        """Where the server is, such as ``http://127.0.0.1:54321``; what clients take as ``base_url``."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the server does not run")
        host, port = self._runner.addresses[0][:2]
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{shown}:{port}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header that lets a request in, for clients that are not this package's."""
        return {"Authorization": f"Bearer {self.api_key}"}

    def client(self, **settings: Any) -> MistralClient:
        """A client of this server; ``settings`` as for :class:`mistral_async.MistralClient`. The caller closes it."""
        from mistral_async.client import MistralClient

        given: dict[str, Any] = {"api_key": self.api_key, "base_url": self.url, **settings}
        return MistralClient(**given)

    @property
    def connections(self) -> Connections:
        """How many connections are open, and how many there were."""
        return self._connections

    # Pace.

    @property
    def latency(self) -> float:
        """Seconds before every answer."""
        return self._exchanges.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._exchanges.latency = seconds

    @property
    def pace(self) -> float:
        """Seconds between two events of a stream."""
        return self._exchanges.pace

    @pace.setter
    def pace(self, seconds: float) -> None:
        self._exchanges.pace = seconds

    # State.

    def add_file(
        self,
        filename: str,
        content: bytes | str | os.PathLike[str],
        *,
        purpose: str = "fine-tune",
        id: str | None = None,
        source: str = "upload",
        sample_type: str | None = None,
    ) -> str:
        """Put a file there without uploading it; its id.

        ``content`` is its bytes, or the path of a file, which is read in place and left alone.
        """
        account = self._exchanges.account
        with account.lock:
            stored = content_of(content, account.spool())
            file_id = id or account.ids.uuid("file")
            account.files.add(file_id, filename, stored, purpose=purpose, source=source, sample_type=sample_type)
            return file_id

    def add_model(
        self,
        id: str,
        *,
        root: str | None = None,
        capabilities: Iterable[str] | None = None,
        classifier_targets: Mapping[str, Iterable[str]] | None = None,
        archived: bool = False,
    ) -> None:
        """Put a model there.

        It is a fine-tuned one where its id starts with ``ft:``, or where ``root`` (its base model) or
        ``classifier_targets`` (the labels of each target, which make it a classifier) are given. ``capabilities`` are
        those of a model card, chat by default.
        """
        account = self._exchanges.account
        default = {"classification"} if classifier_targets else CHAT
        able = frozenset(default if capabilities is None else capabilities)
        with account.lock:
            now = account.now()
            if root is None and not classifier_targets and not id.startswith("ft:"):
                account.models.add(BaseModel(names=(id,), capabilities=able, created=now))
                return
            targets = [
                {"name": name, "labels": list(labels), "weight": 1.0, "loss_function": "single_class"}
                for name, labels in (classifier_targets or {}).items()
            ]
            account.models.add(
                FineTunedModel(
                    id=id,
                    root=root or "mistral-small-latest",
                    created=now,
                    capabilities=able,
                    classifier_targets=targets or None,
                    archived=archived,
                )
            )

    def add_agent(self, id: str, *, model: str) -> None:
        """Let an agent of this id exist. Ids that start with ``ag:`` or ``ag_`` are taken for agents anyway."""
        self._exchanges.account.agents[id] = model

    async def run_jobs(self) -> None:
        """Bring every batch and fine-tuning job to its end now. May be awaited in any loop."""
        account = self._exchanges.account
        while True:
            with account.lock:
                account.fine_tuning.advance(finish=True)
                if account.batch.advance(finish=True) is None:
                    return
            await asyncio.sleep(0)

    async def _work(self, changed: asyncio.Event) -> None:
        """Move the jobs as time goes by; where none moves, wait until something has changed."""
        while True:
            account = self._exchanges.account  # another one after a reset
            with account.lock:
                waits = [account.batch.advance(), account.fine_tuning.advance()]
            wait = min((wait for wait in waits if wait is not None), default=None)
            if wait is None:
                changed.clear()
                await changed.wait()
            else:
                await asyncio.sleep(min(wait, _TICK))

    def reset(self) -> None:
        """Forget everything but the settings: files, jobs, models, faults, the record of requests."""
        self._plans.clear()
        self.requests.clear()
        self._forget()

    def _forget(self) -> None:
        old = self._exchanges.account
        with old.lock:
            self._exchanges.account = self._account()
            self._exchanges.limiter = RateLimiter(self._limits, self._clock)
            old.close()
