"""Where and with what it was measured: nothing that names a person or a place."""

from __future__ import annotations

import os
import platform
import ssl
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "mistral-async",
    "aiohttp",
    "msgspec",
    "openai",
    "mistralai",
    "httpx2",
    "pydantic",
)


def load() -> str:
    """How many processes wanted to run, over the last 1, 5 and 15 minutes."""
    return " ".join(f"{average:.2f}" for average in os.getloadavg())


def processor() -> str:
    """The CPU's model, and how many there are."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} × {models[0] if models else platform.machine()}"


def versions() -> dict[str, str]:
    """Of what was measured, as far as it is installed."""
    found = {"Python": platform.python_version(), "OpenSSL": ssl.OPENSSL_VERSION.split()[1]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass
class Circumstances:
    """Of one run."""

    rounds: int
    server: str  # how fast it is, in words
    before: str = field(default_factory=load)
    after: str = ""
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d", time.gmtime()))
    processor: str = field(default_factory=processor)
    kernel: str = field(default_factory=lambda: f"{platform.system()} {platform.release()}")
    versions: dict[str, str] = field(default_factory=versions)
