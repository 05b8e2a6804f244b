"""What can be done with the repository: ``python -m nox -s <session>``; ``python -m nox -l`` lists them.

Each session sets itself up with pip, from a clean checkout, with the versions of constraints.txt.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types", "layers"]

ROOT = Path(__file__).parent
CONSTRAINTS = str(ROOT / "constraints.txt")
PYPROJECT = nox.project.load_toml(ROOT / "pyproject.toml")

IMPORTS_LITTLE = """
import sys
import mistral_async
from importlib.metadata import version
from importlib.resources import files

loaded = {name for name in sys.modules if name.partition(".")[0] in ("aiohttp", "rich", "pytest")}
loaded |= {name for name in sys.modules if name.startswith("mistral_async.models")}
assert "site-packages" in mistral_async.__file__, mistral_async.__file__
assert not loaded, f"`import mistral_async` loaded {sorted(loaded)}"
assert (files("mistral_async.demo") / "prompts.jsonl").is_file()
print("mistral-async", version("mistral-async"), "imported:", *sorted(n for n in sys.modules if "mistral_async" in n))
"""


def install(session: nox.Session, *groups: str, project: str | None = None) -> None:
    """Install dependency groups and, as it stands in the checkout, the project with the given extras."""
    requirements = nox.project.dependency_groups(PYPROJECT, *groups)
    editable = () if project is None else ("-e", project)
    session.install("-c", CONSTRAINTS, *requirements, *editable)


def run_suite(session: nox.Session) -> None:
    install(session, "tests", project=".[cli,testing]")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest")


@nox.session
def demo(session: nox.Session) -> None:
    """Show what the SDK does, against a local server; ``-- --live`` asks the real API."""
    install(session, project=".[cli]")
    session.run("python", "-m", "mistral_async.demo", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests and record their coverage, or a part of them: ``-- tests/demo -k bulk``."""
    if session.posargs:
        install(session, "tests", project=".[cli,testing]")
        session.run("pytest", *session.posargs)
    else:
        run_suite(session)


@nox.session
def coverage(session: nox.Session) -> None:
    """Report the coverage that the tests have recorded; without a record, run them first."""
    # Combining uses the records up, so that what is reported a second time is measured a second time.
    if any(ROOT.glob(".coverage.*")):
        install(session, "tests")
    else:
        run_suite(session)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def interop(session: nox.Session) -> None:
    """Talk to real servers and proxies that Debian packages (``.ci/run`` installs them): ``-- -k nginx``."""
    install(session, "tests", project=".[cli,testing]")
    session.run("pytest", "tests/interop", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Make 100,000 calls against a server that fails every so often; nothing may be left open: ``-- --calls 5000``."""
    install(session, project=".")
    session.run("python", "-m", "tests.soak.run", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed the HTTP/2 session tens of thousands of byte and frame sequences."""
    install(session, "tests", project=".[cli,testing]")
    # One test runs for longer than a test that hangs is given elsewhere.
    patient = ("-o", "faulthandler_timeout=0")
    session.run(
        "pytest",
        "tests/http2/test_fuzz.py",
        "tests/http2/test_hpack_fuzz.py",
        *patient,
        *session.posargs,
        env={"HYPOTHESIS_PROFILE": "long"},
    )


@nox.session
def overhead(session: nox.Session) -> None:
    """Measure what retries, breaker and deadline add to a call that succeeds at once."""
    install(session, project=".")
    session.run("python", "-m", "benchmarks.overhead", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure this SDK beside others, write table and plot: ``-- --quick --check 2`` only checks targets."""
    # Others are not asked whether we meet our targets.
    install(
        session, "bench-check" if any(each.startswith("--check") for each in session.posargs) else "bench", project="."
    )
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of everything, generated code included, with mypy and pyright, both strict."""
    install(session, "types", project=".[cli,testing]")
    session.run("mypy")
    python = shutil.which("python", path=session.bin)
    assert python is not None
    session.run("pyright", "--pythonpath", python)
    # What the README shows must please the checkers of those who copy it.
    examples = str(Path(session.create_tmp()).resolve() / "readme")
    session.run("python", "-m", "tests.readme_code", examples)
    session.run("mypy", examples)
    session.run("pyright", "--pythonpath", python, examples)


@nox.session
def layers(session: nox.Session) -> None:
    """Check that imports go one way."""
    install(session, "layers")
    session.run("lint-imports", "--no-cache", "--no-logo")


@nox.session
def generate(session: nox.Session) -> None:
    """Generate models, parameters and resources from the specification; ``-- --check`` says whether they are stale."""
    install(session, "codegen")
    session.run("python", "-m", "codegen", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build wheel and sdist; install the wheel in an empty environment and use it there."""
    install(session, "build")
    dist = ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist))
    (wheel,) = dist.glob("*.whl")

    empty = Path(session.create_tmp()).resolve() / "empty"
    session.run("python", "-m", "venv", "--clear", str(empty))
    scripts = empty / ("Scripts" if os.name == "nt" else "bin")
    python, command = str(scripts / "python"), str(scripts / "mistral-async")
    session.chdir(empty)  # out of the checkout: only what was installed can be imported
    session.run(python, "-m", "pip", "install", "--quiet", "-c", CONSTRAINTS, str(wheel), external=True)
    session.run(python, "-m", "pip", "check", external=True)
    session.run(python, "-c", IMPORTS_LITTLE, external=True)
    session.run(command, "--help", external=True, silent=True)
