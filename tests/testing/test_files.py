"""Files: uploaded, listed, shown, downloaded, signed, deleted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from mistral_async.testing import LocalServer, ManualClock
from mistral_async.testing.state.content import KEPT_IN_MEMORY
from tests.testing.api import Api, until

LARGE = bytes(range(256)) * 4096  # more than is kept in memory


def on_disk(directory: Path) -> list[str]:
    """The files that servers keep below a directory."""
    return [path.name for path in directory.glob("mistral-local-*/*")]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LocalServer]:
    async with LocalServer(directory=tmp_path) as started:
        yield started


@pytest.mark.parametrize("content", [b"", b"hello", b"\r\n--boundary\r\n", b"x" * KEPT_IN_MEMORY, LARGE])
async def test_what_was_uploaded_is_downloaded(content: bytes, api: Api) -> None:
    file = (await api.upload(content, "data.bin", purpose="ocr")).json()

    answer = await api.get(f"/v1/files/{file['id']}/content")

    assert answer.body == content
    assert answer.headers["content-type"] == "application/octet-stream"
    assert file["bytes"] == len(content)


async def test_an_upload_is_what_its_form_says(clock: ManualClock) -> None:
    async with LocalServer(clock=clock) as server, Api(server) as api:
        file = (await api.upload(b"{}\n{}", "été.jsonl", purpose="batch", visibility="user", expiry="2")).json()
        shown = (await api.get(f"/v1/files/{file['id']}")).json()

    assert shown == file | {"deleted": False}
    del file["id"]
    assert file == {
        "object": "file",
        "bytes": 5,
        "created_at": 1_710_000_000,
        "filename": "été.jsonl",
        "purpose": "batch",
        "sample_type": "batch_request",
        "num_lines": 2,
        "mimetype": "application/jsonl",
        "source": "upload",
        "signature": None,
        "expires_at": 1_710_007_200,
        "visibility": "user",
    }


async def test_the_purpose_of_an_upload_is_fine_tuning_unless_it_says_otherwise(api: Api) -> None:
    file = (await api.upload(b"", "a.txt")).json()

    assert (file["purpose"], file["sample_type"], file["num_lines"]) == ("fine-tune", "instruct", 0)


async def test_the_media_type_of_a_part_is_believed(api: Api) -> None:
    form = aiohttp.FormData({"purpose": "ocr"})
    form.add_field("file", b"x", filename="a", content_type="application/pdf; version=1")

    assert (await api("POST", "/v1/files", data=form)).json()["mimetype"] == "application/pdf"


async def test_an_expired_file_is_gone(timed: LocalServer, timed_api: Api, clock: ManualClock) -> None:
    id = (await timed_api.upload(b"x", expiry="1")).json()["id"]
    clock.advance(3600)

    assert (await timed_api.get(f"/v1/files/{id}")).status == 404
    assert (await timed_api.get("/v1/files")).json()["data"] == []


async def test_a_deleted_file_is_gone(api: Api, tmp_path: Path) -> None:
    id = (await api.upload(LARGE)).json()["id"]
    assert len(on_disk(tmp_path)) == 1

    deleted = await api.delete(f"/v1/files/{id}")

    assert deleted.json() == {"id": id, "object": "file", "deleted": True}
    statuses = [(await api.get(f"/v1/files/{id}{more}")).status for more in ("", "/content", "/url")]
    assert [*statuses, (await api.delete(f"/v1/files/{id}")).status] == [404] * 4
    assert on_disk(tmp_path) == []


async def test_the_list_has_pages_the_newest_first(api: Api) -> None:
    for number in range(5):
        await api.upload(b"", f"{number}.jsonl")

    pages = [(await api.get(f"/v1/files?page={page}&page_size=2")).json() for page in range(4)]

    assert [[file["filename"][0] for file in page["data"]] for page in pages] == [["4", "3"], ["2", "1"], ["0"], []]
    assert {page["total"] for page in pages} == {5}
    assert (await api.get("/v1/files?include_total=false")).json()["total"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "cba"),
        ("purpose=batch", "b"),
        ("search=B.J", "b"),
        ("sample_type=instruct&sample_type=pretrain", "ca"),
        ("source=mistral", "c"),
        ("source=upload&source=repository", "ba"),
        ("mimetypes=application/jsonl", "ba"),
        ("mimetypes=text/plain", "c"),
        ("purpose=ocr&source=upload", ""),
        ("unheard_of=1", "cba"),
    ],
)
async def test_the_list_is_narrowed_by_its_query(query: str, found: str, server: LocalServer, api: Api) -> None:
    server.add_file("a.jsonl", b"")
    server.add_file("b.jsonl", b"", purpose="batch")
    server.add_file("c.txt", b"", purpose="ocr", source="mistral")

    answer = await api.get(f"/v1/files?{query}")

    assert "".join(file["filename"][0] for file in answer.json()["data"]) == found


async def test_a_signed_url_needs_no_key_until_it_expires(
    timed: LocalServer, timed_api: Api, clock: ManualClock
) -> None:
    id = timed.add_file("a b.txt", b"hello", id="a/b c", purpose="ocr")
    url = str((await timed_api.get("/v1/files/a%2Fb%20c/url?expiry=2")).json()["url"])

    async def fetch(address: str) -> tuple[int, bytes]:
        async with aiohttp.ClientSession() as session, session.get(address) as response:
            return response.status, await response.read()

    assert (id, await fetch(url)) == ("a/b c", (200, b"hello"))
    assert (await fetch(url.replace("token=", "token=0")))[0] == 403
    assert (await fetch(url.replace("expires=", "expires=9")))[0] == 403
    assert (await fetch(url.partition("?")[0]))[0] == 403
    clock.advance(7200)
    assert (await fetch(url))[0] == 403
    assert (await timed_api.get("/v1/files/a%2Fb%20c/url?expiry=0")).status == 422
    assert urlsplit(url).netloc == urlsplit(timed.url).netloc


async def test_a_signed_url_of_a_deleted_file_leads_nowhere(server: LocalServer, api: Api) -> None:
    id = server.add_file("a.txt", b"")
    url = urlsplit(str((await api.get(f"/v1/files/{id}/url")).json()["url"]))
    await api.delete(f"/v1/files/{id}")

    assert (await api.get(f"{url.path}?{url.query}")).status == 404


async def test_a_part_of_a_file_can_be_asked_for(api: Api) -> None:
    id = (await api.upload(LARGE)).json()["id"]

    answer = await api.get(f"/v1/files/{id}/content", headers={"Range": "bytes=256-511"})

    assert (answer.status, answer.body) == (206, LARGE[:256])


async def test_a_file_can_be_put_there_from_its_path_and_is_left_alone(
    server: LocalServer, api: Api, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n" * 3 + b"{}")
    id = server.add_file("a.jsonl", path)

    shown = (await api.get(f"/v1/files/{id}")).json()
    content = (await api.get(f"/v1/files/{id}/content")).body
    await api.delete(f"/v1/files/{id}")

    assert (shown["num_lines"], content) == (4, path.read_bytes())


async def test_a_file_put_there_twice_replaces_itself(server: LocalServer, api: Api, tmp_path: Path) -> None:
    for content in (LARGE, b"new"):
        server.add_file("a.bin", content, id="same", purpose="ocr")

    assert (await api.get("/v1/files/same/content")).body == b"new"
    assert on_disk(tmp_path) == []


async def test_a_file_that_is_too_large_gets_413(tmp_path: Path) -> None:
    async with LocalServer(largest_file=100_000, directory=tmp_path) as server, Api(server) as api:
        answer = await api.upload(b"x" * 100_001)
        fitting = await api.upload(b"x" * 100_000)

        assert (answer.status, fitting.status) == (413, 200)
        assert len(on_disk(tmp_path)) == 1


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"purpose": "fun"}, ["body", "purpose"]),
        ({"visibility": "nobody"}, ["body", "visibility"]),
        ({"expiry": "soon"}, ["body", "expiry"]),
        ({"unheard_of": "1"}, ["body", "unheard_of"]),
        ({"purpose": "x" * 70_000}, ["body", "purpose"]),
    ],
)
async def test_a_form_that_the_specification_refuses_is_refused(
    fields: dict[str, str], loc: list[str], api: Api, tmp_path: Path
) -> None:
    answer = await api.upload(LARGE, **fields)

    assert (answer.status, answer.json()["detail"][0]["loc"]) == (422, loc)
    assert on_disk(tmp_path) == []


PART = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'


@pytest.mark.parametrize("name", ["a;b.txt", "a;b;c.txt", ";;;", 'a"; name="other"; b.txt', "é;b;c.txt", "a=b;c=d;"])
@pytest.mark.parametrize("fields", [{}, {"purpose": "ocr"}])
async def test_a_file_name_may_hold_any_number_of_semicolons(name: str, fields: dict[str, str], api: Api) -> None:
    answer = await api.upload(b"content", name, **fields)

    assert (answer.status, answer.json()["filename"], answer.json()["bytes"]) == (200, name, 7)


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", PART + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nocr\r\n--b--\r\n',
        ),
        ("multipart/form-data; boundary=b", b"--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\ncontent-type: text/plain\r\n\r\nx\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n\xff\r\n' + PART + b"--b--\r\n",
        ),
        (
            "multipart/form-data; boundary=b",
            b"--b\r\ncontent-type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n",
        ),
        ("multipart/form-data; boundary=b", PART.replace(b'name="file"; ', b"name; ") + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", PART.replace(b'="a"', b'="a') + b"--b--\r\n"),
        ("multipart/form-data; boundary=b", PART.replace(b"file", b"_charset_").replace(b"x", b"x" * 32) + b"--b--"),
        ("multipart/form-data; boundary=b", PART),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"x" * 10_000),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(media_type: str, body: bytes, api: Api) -> None:
    answer = await api("POST", "/v1/files", data=body, headers={"content-type": media_type})

    assert (answer.status, answer.json()["detail"][0]["loc"][0]) == (422, "body")
    assert (await api.get("/v1/files")).json()["total"] == 0


async def test_the_last_of_two_files_in_a_form_counts(api: Api) -> None:
    form = aiohttp.FormData()
    form.add_field("file", LARGE, filename="a.bin")
    form.add_field("file", b"second", filename="b.bin")

    file = (await api("POST", "/v1/files", data=form)).json()

    assert (file["filename"], file["bytes"]) == ("b.bin", 6)


async def test_an_upload_that_breaks_off_leaves_nothing(server: LocalServer, tmp_path: Path) -> None:
    host = urlsplit(server.url)
    _, writer = await asyncio.open_connection(host.hostname, host.port)
    head = (
        f"POST /v1/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {server.api_key}\r\n"
        "content-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n"
    )
    writer.write(head.encode() + PART[:-3] + LARGE[: KEPT_IN_MEMORY + 10_000])

    def kept() -> bool:
        writer.write(LARGE[:100])  # the server holds back what may be the beginning of a boundary
        return bool(on_disk(tmp_path))

    await until(kept)

    writer.close()

    await until(lambda: not server.connections.open)
    assert server.requests[-1].disconnected is not None
    assert on_disk(tmp_path) == []


async def test_an_upload_that_is_not_taken_leaves_nothing(server: LocalServer, api: Api, tmp_path: Path) -> None:
    server.fail_next(status=500)
    server.answer_next({"scripted": True}, status=201)

    assert [(await api.upload(LARGE)).status for _ in range(3)] == [500, 201, 200]
    assert len(on_disk(tmp_path)) == 1


async def test_a_download_that_is_given_up_harms_nobody(
    server: LocalServer, api: Api, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(100_000_000)
    id = server.add_file("large.bin", large, purpose="ocr")

    for _ in range(10):
        async with aiohttp.ClientSession(headers=server.authorization) as session:
            response = await session.get(f"{server.url}/v1/files/{id}/content")
            await response.content.readany()
            response.close()
    await until(lambda: all(received.disconnected for received in server.requests))

    assert (await api.get("/v1/models")).status == 200
    assert caplog.records == []


async def test_closing_a_server_deletes_its_files(tmp_path: Path) -> None:
    async with LocalServer(directory=tmp_path) as server:
        server.add_file("a.bin", LARGE)
        assert len(on_disk(tmp_path)) == 1

    assert on_disk(tmp_path) == []


async def test_neither_an_upload_nor_a_download_grows_the_process(server: LocalServer, tmp_path: Path) -> None:
    size = 256 * 1024 * 1024
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(size)
    if not sys.platform.startswith("linux"):  # pragma: no cover
        pytest.skip("the memory of a process is read from /proc")

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    async with aiohttp.ClientSession(headers=server.authorization) as session:
        memory = resident()
        peak = memory
        id = server.add_file("large.bin", large, purpose="ocr")
        async with session.get(f"{server.url}/v1/files/{id}/content") as response:
            received = 0
            async for chunk in response.content.iter_any():
                received += len(chunk)
                peak = max(peak, resident())

        async def chunks() -> Any:
            nonlocal peak
            yield PART[:-3]
            for _ in range(size // len(LARGE)):
                yield LARGE
                peak = max(peak, resident())
            yield b"\r\n--b--\r\n"

        headers = {"content-type": "multipart/form-data; boundary=b"}
        async with session.post(f"{server.url}/v1/files", data=chunks(), headers=headers) as response:
            uploaded = await response.json()

    assert (received, uploaded["bytes"]) == (size, size)
    assert peak - memory < 20 * 1024 * 1024
