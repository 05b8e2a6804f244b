"""Run the server: ``python -m benchmarks.server [--workers N]``.

It prints one line of JSON when it listens, ``{"http": PORT, "https": PORT, "ca": PATH, "workers": N}``, and ends when
its standard input does. A line ``stats`` there is answered by one line of JSON: ``requests`` (answered or held so far),
``cpu`` (seconds of all workers, user and system), ``held`` (the most requests that were held at the same moment since
the last ``stats``) and ``connections`` (open now).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from benchmarks.server.tls import context_in
from benchmarks.server.workers import Workers


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(1)  # which lets the directory be removed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server", description="The other side of benchmarks")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes that share the ports")
    count: int = parser.parse_args().workers
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for whoever started it, who closes the standard input
    signal.signal(signal.SIGTERM, _end)
    with tempfile.TemporaryDirectory(prefix="benchmark-server-") as directory:
        context, authority = context_in(Path(directory))
        with Workers(count, context) as workers:
            said = {"http": workers.http, "https": workers.https, "ca": str(authority), "workers": count}
            print(json.dumps(said), flush=True)
            for line in sys.stdin:
                if line.strip() == "stats":
                    print(json.dumps(workers.stats()), flush=True)


if __name__ == "__main__":
    main()
