"""Embeddings, moderation and classification."""

from __future__ import annotations

import array
import base64
import math
from typing import Any

import pytest

from mistral_async.testing import LocalServer
from tests.testing.api import Answer, Api


async def embed(api: Api, *texts: str, **fields: Any) -> Answer:
    return await api.post("/v1/embeddings", {"model": "mistral-embed", "input": list(texts), **fields})


def vectors(answer: Answer) -> list[list[float]]:
    return [item["embedding"] for item in answer.json()["data"]]


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def test_embeddings_are_unit_vectors_and_alike_for_texts_that_share_words(api: Api) -> None:
    answer = await embed(api, "the cat sleeps", "the cats sleep", "interest rates rise", "")

    cat, cats, rates, empty = vectors(answer)
    assert all(math.isclose(likeness(vector, vector), 1, abs_tol=1e-6) for vector in (cat, cats, rates, empty))
    assert len(cat) == 1024
    assert likeness(cat, cats) > 0.3 > likeness(cat, rates)
    assert answer.json()["usage"]["completion_tokens"] == 0


async def test_the_same_text_has_the_same_vector_in_any_company(api: Api) -> None:
    alone, together = await embed(api, "a"), await embed(api, "b", "a")

    assert vectors(alone)[0] == vectors(together)[1]


async def test_one_text_may_come_without_a_list(api: Api) -> None:
    answer = await api.post("/v1/embeddings", {"model": "codestral-embed", "input": "x = 1"})

    assert [len(vector) for vector in vectors(answer)] == [1536]


@pytest.mark.parametrize(
    ("dtype", "low", "high", "length"),
    [
        ("float", -1, 1, 20),
        ("int8", -127, 127, 20),
        ("uint8", 0, 255, 20),
        ("binary", -128, 127, 3),
        ("ubinary", 0, 255, 3),
    ],
)
async def test_numbers_come_in_the_type_that_was_asked_for(
    dtype: str, low: int, high: int, length: int, api: Api
) -> None:
    answer = await embed(api, "one two three", output_dtype=dtype, output_dimension=20)

    (vector,) = vectors(answer)
    assert len(vector) == length
    assert all(low <= number <= high for number in vector)


async def test_the_bits_of_a_packed_vector_are_the_signs_of_its_numbers(api: Api) -> None:
    (numbers,) = vectors(await embed(api, "one two", output_dimension=16))
    (packed,) = vectors(await embed(api, "one two", output_dimension=16, output_dtype="ubinary"))

    bits = "".join(f"{int(byte):08b}" for byte in packed)
    assert bits == "".join("1" if number > 0 else "0" for number in numbers)


@pytest.mark.parametrize(("dtype", "code"), [("float", "f"), ("int8", "b"), ("ubinary", "B")])
async def test_base64_holds_the_same_numbers(dtype: str, code: str, api: Api) -> None:
    body: dict[str, Any] = {"output_dtype": dtype, "output_dimension": 16}
    (plain,) = vectors(await embed(api, "one", **body))
    (encoded,) = (await embed(api, "one", **body, encoding_format="base64")).json()["data"]

    numbers = array.array(code, base64.b64decode(encoded["embedding"]))
    assert list(numbers) == pytest.approx(plain, abs=1e-6)


async def test_too_many_tokens_are_refused_with_code_3210(api: Api) -> None:
    answer = await embed(api, *["word"] * 16_385)

    assert (answer.status, answer.json()["code"]) == (400, "3210")


async def test_no_texts_and_too_many_dimensions_are_refused(api: Api) -> None:
    assert (await embed(api)).status == 422
    assert (await embed(api, "x", output_dimension=1025)).status == 422


async def test_texts_are_judged_by_their_words(api: Api) -> None:
    body = {
        "model": "mistral-moderation-latest",
        "input": ["A fine day", "I will kill them with a bomb", "a@b.example"],
    }

    fine, violent, personal = (await api.post("/v1/moderations", body)).json()["results"]

    assert not any(fine["categories"].values())
    assert [name for name, applies in violent["categories"].items() if applies] == [
        "violence_and_threats",
        "dangerous_and_criminal_content",
    ]
    assert [name for name, applies in personal["categories"].items() if applies] == ["pii"]
    assert all(0 <= score <= 1 for result in (fine, violent) for score in result["category_scores"].values())


async def test_the_newer_model_has_finer_categories(api: Api) -> None:
    answer = await api.post("/v1/moderations", {"model": "mistral-moderation-2603", "input": "x"})

    assert {"dangerous", "criminal", "jailbreaking"} <= set(answer.json()["results"][0]["categories"])


async def test_a_conversation_is_judged_by_what_was_said_last(api: Api) -> None:
    threat, calm = {"role": "user", "content": "I kill you"}, {"role": "assistant", "content": "Calm down"}

    async def results(given: Any) -> list[bool]:
        answer = await api.post("/v1/chat/moderations", {"model": "mistral-moderation-latest", "input": given})
        return [result["categories"]["violence_and_threats"] for result in answer.json()["results"]]

    assert await results([threat, calm]) == [False]
    assert await results([[calm, threat], [threat, calm], []]) == [True, False, False]
    assert await results([]) == [False]


@pytest.mark.parametrize("id", ["ft:mine", "mine"])
async def test_a_classifier_scores_the_labels_of_its_targets(id: str, server: LocalServer, api: Api) -> None:
    server.add_model(id, classifier_targets={"mood": ["glad", "sad"], "topic": ["work", "play"]})

    plain = await api.post("/v1/classifications", {"model": id, "input": ["I am glad", "I am sad"]})
    chat = await api.post(
        "/v1/chat/classifications",
        {"model": id, "input": {"messages": [{"role": "user", "content": "so sad"}]}},
    )

    glad, sad = plain.json()["results"]
    assert glad["mood"]["scores"]["glad"] > 0.5 > glad["mood"]["scores"]["sad"]
    assert sad["mood"]["scores"]["sad"] > 0.5
    assert chat.json()["results"][0]["mood"]["scores"]["sad"] > 0.5
    assert sum(glad["topic"]["scores"].values()) == pytest.approx(1, abs=1e-5)
