"""Documents that are read."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from mistral_async.testing import LocalServer
from mistral_async.testing.answers import documents
from tests.testing.api import Answer, Api

URL = {"type": "document_url", "document_url": "https://a.example/some/invoice%201.pdf"}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"properties": {"total": {"type": "number"}}}}}


async def read(api: Api, document: Any = URL, **fields: Any) -> Answer:
    return await api.post("/v1/ocr", {"model": "mistral-ocr-latest", "document": document, **fields})


def data_url(data: bytes) -> dict[str, str]:
    return {"type": "document_url", "document_url": f"data:text/plain;base64,{base64.b64encode(data).decode()}"}


async def test_the_same_document_has_the_same_pages(api: Api) -> None:
    first, again = (await read(api)).json(), (await read(api)).json()

    assert first == again
    assert 3 <= len(first["pages"]) <= 5
    assert "invoice 1.pdf" in first["pages"][0]["markdown"]
    assert first["usage_info"] == {"pages_processed": len(first["pages"]), "doc_size_bytes": None}


async def test_an_uploaded_text_is_read_as_it_stands(server: LocalServer, api: Api) -> None:
    content = b"# One\n\nHello https://a.example/x\n\f" + b"line\n" * 50
    id = server.add_file("notes.pdf", content, purpose="ocr")

    answer = await read(api, {"type": "file", "file_id": id})

    first, *rest = answer.json()["pages"]
    assert first["markdown"] == "# One\n\nHello https://a.example/x"
    assert first["hyperlinks"] == ["https://a.example/x"]
    assert [page["markdown"].count("line") for page in rest] == [40, 10]
    assert answer.json()["usage_info"]["doc_size_bytes"] == len(content)


@pytest.mark.parametrize("content", [b"%PDF-1.7 and so on", b"\x00\x01", b"\xff\xfe"])
async def test_what_is_no_text_gets_made_up_pages(content: bytes, api: Api) -> None:
    answer = await read(api, data_url(content))

    assert len(answer.json()["pages"]) >= 3


async def test_an_image_is_one_page(api: Api) -> None:
    by_text = await read(api, {"type": "image_url", "image_url": "https://a.example/cat.png"})
    by_object = await read(api, {"type": "image_url", "image_url": {"url": "data:image/png,%00%01"}})

    assert [len(answer.json()["pages"]) for answer in (by_text, by_object)] == [1, 1]


@pytest.mark.parametrize(
    ("pages", "indexes"),
    [
        (None, [0, 1, 2, 3, 4]),
        ([3, 1, 1], [1, 3]),
        ("0-1,4", [0, 1, 4]),
        ("2-99", [2, 3, 4]),
        ([77], []),
        ("1 - 2", []),
    ],
)
async def test_the_pages_that_were_asked_for_are_read(pages: Any, indexes: list[int], api: Api) -> None:
    document = data_url(b"\f".join(b"page %d" % number for number in range(5)))

    answer = await read(api, document, pages=pages)

    if answer.status == 200:
        assert [page["index"] for page in answer.json()["pages"]] == indexes
    else:
        assert (answer.status, pages) == (422, "1 - 2")


@pytest.mark.parametrize("pages", ["x", "", "1-", "-1", [-1], "1,,2"])
async def test_pages_that_cannot_be_are_refused(pages: Any, api: Api) -> None:
    assert (await read(api, pages=pages)).status == 422


async def test_pictures_are_given_as_far_as_they_are_wanted(api: Api) -> None:
    async def pictures(**fields: Any) -> list[Any]:
        answer = await read(api, **fields)
        return [picture for page in answer.json()["pages"] for picture in page["images"]]

    assert all(picture["image_base64"] is None for picture in await pictures())
    assert len(await pictures(image_limit=2)) == 2
    assert await pictures(image_limit=0) == await pictures(image_min_size=5000) == []
    (with_data, *_) = await pictures(include_image_base64=True, bbox_annotation_format=SCHEMA)
    assert base64.b64decode(with_data["image_base64"].partition(",")[2]).startswith(b"\x89PNG")
    assert "total" in json.loads(with_data["image_annotation"])


async def test_a_text_has_no_pictures(api: Api) -> None:
    answer = await read(api, data_url(b"only text"), include_image_base64=True)

    assert answer.json()["pages"][0]["images"] == []


async def test_the_document_is_annotated_where_asked_for(api: Api) -> None:
    plain, annotated = (
        await read(api, document_annotation_format={"type": "text"}),
        await read(api, document_annotation_format=SCHEMA),
    )

    assert plain.json()["document_annotation"] is None
    assert isinstance(json.loads(annotated.json()["document_annotation"])["total"], float)


@pytest.mark.parametrize(("form", "begins"), [("markdown", "| Item"), ("html", "<table><tr><td>Item</td>")])
async def test_tables_are_given_apart_where_asked_for(form: str, begins: str, api: Api) -> None:
    answer = await read(api, table_format=form, confidence_scores_granularity="word")

    page = answer.json()["pages"][0]
    (table,) = page["tables"]
    assert table["content"].startswith(begins)
    assert f"[{table['id']}]({table['id']})" in page["markdown"]
    assert "| Item" not in page["markdown"]
    assert table["word_confidence_scores"][0]["start_index"] == 0


async def test_tables_stay_in_the_text_otherwise(api: Api) -> None:
    page = (await read(api)).json()["pages"][0]

    assert (page["tables"], "| Item" in page["markdown"]) == ([], True)


async def test_header_and_footer_are_given_apart_where_asked_for(api: Api) -> None:
    document = data_url(b"Head\nBody\nFoot")

    both = (await read(api, document, extract_header=True, extract_footer=True)).json()["pages"][0]
    none = (await read(api, document)).json()["pages"][0]

    assert (both["header"], both["markdown"], both["footer"]) == ("Head", "Body", "Foot")
    assert (none["header"], none["footer"]) == (None, None)


async def test_the_parts_of_a_page_are_told_apart(api: Api) -> None:
    text = b"# Title\n\nText\n\n- one\n- two\n\n```\ncode\n```\n\n| a | b |\n| - | - |\n\n![x](x)"

    page = (await read(api, data_url(text), table_format="html")).json()["pages"][0]
    plain = (await read(api, data_url(text))).json()["pages"][0]
    without = (await read(api, data_url(text), include_blocks=False)).json()["pages"][0]

    kinds = ["title", "text", "list", "code", "table", "image"]
    assert [block["type"] for block in page["blocks"]] == [block["type"] for block in plain["blocks"]] == kinds
    assert page["blocks"][4]["table_id"] == page["tables"][0]["id"]
    assert without["blocks"] is None


@pytest.mark.parametrize("granularity", ["word", "page", "block"])
async def test_confidence_is_given_as_finely_as_asked_for(granularity: str, api: Api) -> None:
    page = (await read(api, data_url(b"some words"), confidence_scores_granularity=granularity)).json()["pages"][0]

    words: list[Any] = page["confidence_scores"].get("word_confidence_scores") or []
    assert [word["text"] for word in words] == (["some", "words"] if granularity == "word" else [])
    assert (page["blocks"][0]["confidence_scores"] is not None) == (granularity == "block")


async def test_an_empty_page_is_a_page(api: Api) -> None:
    page = (await read(api, data_url(b"\n"), confidence_scores_granularity="page")).json()["pages"][0]

    assert (page["markdown"], page["blocks"]) == ("", [])


async def test_what_cannot_be_read_is_refused(server: LocalServer, api: Api) -> None:
    empty = await read(api, data_url(b""))
    broken = await read(api, {"type": "document_url", "document_url": "data:text/plain;base64,#"})
    unknown = await read(api, {"type": "file", "file_id": "nothing"})
    long = await read(api, data_url(b"\f" * (documents.MOST_PAGES + 1)))

    assert [(answer.status, answer.json()["code"]) for answer in (empty, broken)] == [(400, "3740")] * 2
    assert (unknown.status, long.status) == (404, 400)


async def test_a_document_that_is_too_large_is_refused(server: LocalServer, api: Api, tmp_path: Any) -> None:
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(documents.LARGEST + 1)
    id = server.add_file("large.pdf", large, purpose="ocr")

    assert (await read(api, {"type": "file", "file_id": id})).status == 400


async def test_the_model_may_be_left_to_the_server(api: Api) -> None:
    answer = await read(api, model=None)

    assert answer.json()["model"] == "mistral-ocr-latest"
