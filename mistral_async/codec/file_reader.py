"""Read a file in threads, and leave it in order whenever the reading ends."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from functools import partial
from typing import BinaryIO

# Bytes; a piece is sent while the next is read, so two are held. Each costs a way to a thread and back: with a quarter
# of it, an upload of 200 MB took half as long again.
READ_SIZE = 1024 * 1024


class FileReader:
    """One pass over a file. It is opened in a thread too: a pipe opens when somebody writes into it.

    No thread is waited for in the loop. A file of ours that is left while a thread has it is closed by that thread. A
    file of the caller's has a position, which a read would still move: the pass is over when that read is. Only a file
    that may stall is not waited for: it has no position, and its read may never end.
    """

    def __init__(self, open_file: Callable[[], BinaryIO], *, ours: bool, may_stall: bool) -> None:
        """``open_file`` gives the file where the pass begins; what it opens is ``ours`` to close."""
        self._open = open_file
        self._ours = ours
        self._start = _in_own_thread if may_stall else _in_pool
        self._ahead = not may_stall  # a pipe is not read for somebody who may not come for it
        self._awaited = not ours and not may_stall
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()  # of what follows; never held while the file is touched
        self._busy = False  # a thread has the file
        self._left = False  # nobody wants more of it
        self._waiting: list[Callable[[], object]] = []  # to be told when no thread has it any more

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """What is left of the file, in pieces of at most ``READ_SIZE`` bytes. The next one is read meanwhile."""
        piece = self._begin()
        try:
            while chunk := await piece:
                if self._ahead:
                    piece = self._begin()
                yield chunk
                if not self._ahead:
                    piece = self._begin()
        finally:
            self.leave()
            _drop(piece)
            await self.over()

    def leave(self) -> None:
        """Read no more. Never waits."""
        with self._lock:
            self._left = True
            busy = self._busy
        if not busy:
            self._close()

    async def over(self) -> None:
        """After ``leave``: wait until the position moves no more, however often this is cancelled meanwhile."""
        ended = asyncio.Event()
        with self._lock:
            if not self._busy or not self._awaited:
                return
            self._waiting.append(partial(asyncio.get_running_loop().call_soon_threadsafe, ended.set))
        cancelled: asyncio.CancelledError | None = None
        while not ended.is_set():
            try:
                await ended.wait()
            except asyncio.CancelledError as exc:
                cancelled = exc
        if cancelled is not None:
            raise cancelled

    def _begin(self) -> asyncio.Future[bytes]:
        return self._start(partial(contextvars.copy_context().run, self._step))

    def _step(self) -> bytes:
        """In a thread: open the file, unless it is open, and read a piece of it."""
        with self._lock:
            if self._left:
                return b""
            self._busy = True
        try:
            if self._file is None:
                self._file = self._open()
            return self._file.read(READ_SIZE)
        finally:
            with self._lock:
                self._busy = False
                left, waiting = self._left, self._waiting
            if left:
                self._close()
                for tell in waiting:
                    tell()

    def _close(self) -> None:
        if self._ours and self._file is not None:
            self._file.close()


def _drop(piece: asyncio.Future[bytes]) -> None:
    """Nobody wants it, nor the error that came instead."""
    if not piece.cancel() and not piece.cancelled():
        piece.exception()


def _in_pool(step: Callable[[], bytes]) -> asyncio.Future[bytes]:
    return asyncio.get_running_loop().run_in_executor(None, step)


def _in_own_thread(step: Callable[[], bytes]) -> asyncio.Future[bytes]:
    """Not in the loop's pool, whose few threads resolve names too, and which is waited for when the loop ends."""
    future: Future[bytes] = Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            chunk = step()
        except BaseException as exc:  # raised where the future is awaited
            future.set_exception(exc)
        else:
            future.set_result(chunk)

    threading.Thread(target=run, name="mistral_async file", daemon=True).start()
    return asyncio.wrap_future(future)
