"""``mistral-async`` in a shell: ``serve`` runs the local server, ``demo`` shows what the SDK does."""

from __future__ import annotations

import argparse
import asyncio
import math
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mistral_async._version import __version__

if TYPE_CHECKING:
    from mistral_async.testing import LocalServer, Received

PORT = 8642  # of `serve`, where none is given: known beforehand, so that a URL can be kept in a configuration


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["demo"]:
        from mistral_async import demo

        return demo.main(given[1:])  # its options are its own
    options = _parser().parse_args(given)
    try:
        return asyncio.run(_serve(options))
    except KeyboardInterrupt:
        # Only where the loop cannot take signals itself.
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mistral-async", description="Tools of the mistral-async SDK.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"mistral-async {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="show what the SDK does, against a local server", add_help=False)
    serve = commands.add_parser(
        "serve",
        help="run a local server that behaves like the API",
        description="Run a local server that behaves like the API: no account, no bill, made-up answers.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at")
    serve.add_argument("--port", type=_port, default=PORT, help="port to listen at; 0 takes one that is free")
    serve.add_argument("--api-key", type=_key, default="local-key", metavar="KEY", help="key that clients must send")
    serve.add_argument("--pace", type=_seconds, default=0.02, metavar="S", help="seconds between events of a stream")
    serve.add_argument("--latency", type=_seconds, default=0.0, metavar="S", help="seconds before every answer")
    serve.add_argument("--job-step", type=_seconds, default=1.0, metavar="S", help="seconds a job stays in each state")
    serve.add_argument("--requests-per-minute", type=_count, metavar="N", help="limit that answers 429 beyond")
    serve.add_argument("--tokens-per-minute", type=_count, metavar="N", help="limit that answers 429 beyond")
    serve.add_argument("--any-model", action="store_true", help="take every model name")
    serve.add_argument("--quiet", action="store_true", help="write no line for each request")
    return parser


def _port(text: str) -> int:
    number = _count(text)
    if number > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return number


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds of 0 or more")
    return seconds


def _key(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError("a key is made of printable ASCII characters without spaces, at least one")
    return text


async def _serve(options: argparse.Namespace) -> int:
    server = _server(options)
    try:
        await server.start()
    except OSError as error:
        # asyncio puts the address, and since 3.13 the number, before the reason, which alone is enough here.
        reason = (error.strerror or str(error)).rpartition(": ")[2].rpartition("] ")[2]
        print(f"mistral-async: cannot listen at {options.host}:{options.port}: {reason}", file=sys.stderr)
        return 1
    try:
        ended = _ended()
        print(f"Local server at {server.url}; Ctrl-C ends it.", flush=True)
        print(f"    export MISTRAL_API_KEY={shlex.quote(options.api_key)}", flush=True)
        print(f'    MistralClient(base_url="{server.url}")', flush=True)
        await ended.wait()
    finally:
        await server.aclose()
    print("Ended.", flush=True)
    return 0


def _server(options: argparse.Namespace) -> LocalServer:
    from mistral_async.testing import LocalServer, RateLimits

    given = {name: getattr(options, name) for name in ("requests_per_minute", "tokens_per_minute")}
    return LocalServer(
        api_key=options.api_key,
        host=options.host,
        port=options.port,
        pace=options.pace,
        latency=options.latency,
        job_step=options.job_step,
        any_model=options.any_model,
        limits=RateLimits(**{name: value for name, value in given.items() if value is not None}),
        log=None if options.quiet else _log,
    )


def _log(received: Received) -> None:
    """One line for each request."""
    took = (received.finished or received.disconnected or time.monotonic()) - received.arrived
    status = received.status if received.disconnected is None else "gone"
    size = f"{received.events} events" if received.events else f"{received.sent} bytes"
    clock = time.strftime("%H:%M:%S")
    print(
        f"{clock}  {status or '-':>4}  {received.method:6} {received.path}  {size}  {took * 1000:.0f} ms",
        flush=True,
    )


def _ended() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, ended.set)
        except NotImplementedError:  # pragma: no cover  # Windows: Ctrl-C arrives as KeyboardInterrupt
            pass
    return ended


if __name__ == "__main__":
    sys.exit(main())
