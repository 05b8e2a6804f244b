"""Servers that start and stop: in this loop, in another, in a thread."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import mistral_async.testing
from mistral_async.testing import LocalServer, ManualClock
from tests.testing.api import Api, until


def fetch(server: LocalServer, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {**server.authorization, "content-type": "application/json"}
    request = urllib.request.Request(server.url + path, data, headers)
    with urllib.request.urlopen(request, timeout=10) as response:  # our own server
        return json.load(response)


async def test_several_servers_know_nothing_of_each_other() -> None:
    async with LocalServer() as one, LocalServer(api_key="other") as other, Api(one) as to_one, Api(other) as to_other:
        await to_one.upload(b"x")
        one.fail_next(status=500)

        assert one.url != other.url
        assert (await to_other.get("/v1/files")).json()["total"] == 0
        assert (await to_one.get("/v1/files")).status == 500


def test_a_server_may_run_in_one_loop_after_another() -> None:
    server = LocalServer()

    async def visit() -> tuple[str, int]:
        async with server, Api(server) as api:
            await api.upload(b"x")
            created = await api.post(
                "/v1/batch/jobs",
                {"endpoint": "/v1/ocr", "model": "mistral-ocr-latest", "requests": [{"body": {}}]},
            )
            path = f"/v1/batch/jobs/{created.json()['id']}"

            async def failed() -> bool:
                return bool((await api.get(path)).json()["status"] == "FAILED")

            await until(failed)
            return server.url, (await api.get("/v1/files?source=upload")).json()["total"]

    # What one run has stored, the next one does not know.
    assert [asyncio.run(visit())[1] for _ in range(2)] == [1, 1]


async def test_a_running_server_is_not_started_again(server: LocalServer) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        await server.start()


async def test_a_server_that_does_not_run_has_no_url_and_is_closed_for_nothing() -> None:
    server = LocalServer()
    await server.aclose()

    with pytest.raises(RuntimeError, match="does not run"):
        _ = server.url


async def test_a_port_that_is_taken_is_an_os_error(server: LocalServer) -> None:
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(OSError, match="address already in use"):
        await LocalServer(port=port).start()


async def test_closing_drops_what_is_under_way_at_once() -> None:
    server = LocalServer()
    await server.start()
    server.hold_next(60)
    async with Api(server) as api:
        waiting = asyncio.create_task(api.get("/v1/models"))
        await until(lambda: len(server.requests) > 0)
        begun = time.monotonic()
        await server.aclose()

        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting
    assert time.monotonic() - begun < 1
    assert server.connections.open == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
async def test_a_server_listens_where_it_is_told_to(host: str) -> None:
    try:
        with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError:  # pragma: no cover
        pytest.skip(f"this machine has no {host}")
    async with LocalServer(host=host) as server, Api(server) as api:
        assert (await api.get("/v1/models")).status == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pace": -1}, "pace is -1"),
        ({"latency": -0.1}, "latency is -0.1"),
        ({"job_step": -1}, "job_step is -1"),
        ({"port": 70_000}, "port is 70000"),
        ({"api_key": ""}, "api_key is empty"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LocalServer(**settings)


def test_a_thread_runs_a_server_for_those_who_have_no_loop() -> None:
    with LocalServer(clock=ManualClock()).run_in_thread() as server:
        models = fetch(server, "/v1/models")
        server.fail_next(status=503)
        with pytest.raises(urllib.error.HTTPError, match="503") as failed:
            fetch(server, "/v1/models")
        failed.value.close()
        job = fetch(
            server,
            "/v1/batch/jobs",
            {"endpoint": "/v1/embeddings", "model": "mistral-embed", "requests": [{"body": {"input": "x"}}]},
        )
        # The jobs can be run from any loop.
        asyncio.run(server.run_jobs())
        done = fetch(server, f"/v1/batch/jobs/{job['id']}?inline=true")

    assert len(models["data"]) > 10
    assert (done["status"], done["created_at"], len(done["outputs"])) == ("SUCCESS", 1_710_000_000, 1)
    with pytest.raises(RuntimeError):
        _ = server.url


async def test_what_keeps_a_threads_server_from_starting_is_raised_here(server: LocalServer) -> None:
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(OSError, match="address already in use"), LocalServer(port=port).run_in_thread():
        pass


def test_an_error_in_the_block_ends_the_threads_server() -> None:
    with pytest.raises(KeyError), LocalServer().run_in_thread() as server:
        raise KeyError("x")

    with pytest.raises(RuntimeError):
        _ = server.url


async def test_a_client_of_the_server_is_ready_for_use(server: LocalServer) -> None:
    async with server.client(timeout=5) as client:
        reply = await client.chat.completions.post(
            model="mistral-small-latest", messages=[{"role": "user", "content": "Hi"}]
        )

    assert reply.model == "mistral-small-latest"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 in a folder, ``cert.pem`` and ``key.pem``."""
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:  # pragma: no cover
        pytest.skip("this machine has no openssl")
    return tmp_path


async def test_a_server_speaks_tls_where_it_has_a_certificate(certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")

    async with (
        LocalServer(tls=context) as server,
        aiohttp.ClientSession(headers=server.authorization) as session,
        session.get(server.url + "/v1/models", ssl=trust) as response,
    ):
        assert (response.status, server.url.startswith("https://127.0.0.1:")) == (200, True)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://somewhere:99/v1/models?model=x", b"200"),
        ("http://somewhere", b"404"),
        ("/v1/models", b"200"),
    ],
)
async def test_a_request_target_may_have_the_address_in_front(target: str, status: bytes, server: LocalServer) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.api_key}\r\nconnection: close\r\n\r\n"

    writer.write(head.encode())
    answer = await reader.read()
    writer.close()

    assert answer.split(b" ", 2)[1] == status


async def test_what_is_no_http_does_not_stop_the_server(server: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    for sent in (
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /" + b"x" * 9000,
        b"",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        writer.write_eof()
        assert (await reader.read()).partition(b"\r\n")[0] in (
            b"HTTP/1.0 400 Bad Request",
            b"HTTP/1.1 400 Bad Request",
            b"",
        )
        writer.close()

    async with Api(server) as api:
        assert (await api.get("/v1/models")).status == 200
    assert [record for record in caplog.records if record.name == "mistral_async.testing"] == []


def test_importing_the_fixtures_loads_neither_aiohttp_nor_models() -> None:
    code = (
        "import sys, mistral_async.testing.plugin, mistral_async.testing;"
        "print([name for name in ('aiohttp', 'mistral_async.models', 'mistral_async.client') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_the_package_has_the_names_it_promises_and_no_others() -> None:
    assert all(getattr(mistral_async.testing, name) for name in mistral_async.testing.__all__)
    assert set(mistral_async.testing.__all__) <= set(dir(mistral_async.testing))
    absent = "Nothing"  # to checkers as well: written as an attribute they would refuse it
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(mistral_async.testing, absent)
