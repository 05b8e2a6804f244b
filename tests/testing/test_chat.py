"""What the models of the server say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mistral_async.testing import LocalServer
from tests.testing.api import Api, streamed, text

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "required": ["city", "days"],
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 3}},
        },
    },
}
TIME: dict[str, Any] = {"type": "function", "function": {"name": "getTime", "parameters": {}}}


async def test_the_same_request_gets_the_same_text(server: LocalServer, api: Api) -> None:
    first, again = await api.ask("Tell me of Ghent"), await api.ask("Tell me of Ghent")
    async with LocalServer(seed=7) as other, Api(other) as other_api:
        elsewhere = await other_api.ask("Tell me of Ghent")

    assert text(first) == text(again) == text(elsewhere)
    assert "Ghent" in text(first)
    assert len({answer.json()["id"] for answer in (first, again, elsewhere)}) == 3


async def test_another_request_gets_another_text(api: Api) -> None:
    texts = {text(await api.ask("Tell me", random_seed=seed)) for seed in range(20)}

    assert len(texts) > 10


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": 3},
        {"stop": "."},
        {"n": 3},
        {"logprobs": True, "top_logprobs": 2},
        {"prompt_mode": "reasoning", "model": "magistral-small-latest"},
        {"response_format": {"type": "json_object"}},
    ],
)
async def test_a_stream_says_what_the_whole_answer_says(fields: dict[str, Any], api: Api) -> None:
    whole, stream = await api.ask(**fields), await api.ask(stream=True, **fields)

    *_, last = stream.events()
    for choice in whole.json()["choices"]:
        content = choice["message"]["content"]
        said = content if isinstance(content, str) else content[-1]["text"]
        pieces = [
            each["delta"].get("content")
            for event in stream.events()
            for each in event["choices"]
            if each["index"] == choice["index"]
        ]
        assert "".join(piece for piece in pieces if isinstance(piece, str)) == said
    assert last["usage"] == whole.json()["usage"]
    assert last["choices"][0]["finish_reason"] == whole.json()["choices"][-1]["finish_reason"]


async def test_a_stream_begins_with_the_role_and_ends_with_the_reason_and_the_usage(api: Api) -> None:
    answer = await api.ask(stream=True)

    first, *middle, last = answer.events()
    assert first["choices"][0]["delta"]["role"] == "assistant"
    assert all("usage" not in event for event in [first, *middle])
    assert (last["choices"][0]["finish_reason"], last["usage"]["prompt_tokens"] > 0) == ("stop", True)
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_the_usage_adds_up_and_counts_the_tokens_of_the_answer(api: Api) -> None:
    answer = await api.ask(max_tokens=5)

    usage = answer.json()["usage"]
    assert usage["completion_tokens"] == 5
    assert usage["total_tokens"] == usage["prompt_tokens"] + 5
    assert answer.headers["x-ratelimit-tokens-query-cost"] == str(usage["total_tokens"])


@pytest.mark.parametrize("limit", [0, 1, 4])
async def test_max_tokens_cuts_the_answer_and_says_so(limit: int, api: Api) -> None:
    whole, cut = text(await api.ask()), await api.ask(max_tokens=limit)

    # Another request, so another text: but never a longer one.
    assert cut.json()["choices"][0]["finish_reason"] == "length"
    assert len(text(cut)) < len(whole)
    assert cut.json()["usage"]["completion_tokens"] == limit


async def test_min_tokens_makes_the_answer_longer(api: Api) -> None:
    answer = await api.ask(min_tokens=500)

    assert answer.json()["usage"]["completion_tokens"] >= 500


@pytest.mark.parametrize("stop", ["France", ["nowhere", "France"]])
async def test_the_answer_ends_before_a_stop_text(stop: Any, api: Api) -> None:
    answer = await api.ask(stop=stop)

    assert "France" not in text(answer)
    assert answer.json()["choices"][0]["finish_reason"] == "stop"


async def test_each_of_n_choices_is_another(api: Api) -> None:
    answer = await api.ask(n=4)

    choices = answer.json()["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2, 3]
    assert len({choice["message"]["content"] for choice in choices}) > 1


async def test_json_is_answered_where_json_was_asked_for(api: Api) -> None:
    schema = {
        "type": "object",
        "required": ["city", "tags"],
        "properties": {
            "city": {"type": "string"},
            "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2},
        },
    }

    plain = await api.ask(response_format={"type": "json_object"})
    shaped = await api.ask(
        "The weather in Lyon, please",
        response_format={"type": "json_schema", "json_schema": {"name": "place", "schema": schema}},
    )

    assert isinstance(json.loads(text(plain)), dict)
    assert json.loads(text(shaped))["city"] == "Lyon"
    assert len(json.loads(text(shaped))["tags"]) == 2


@pytest.mark.parametrize("choice", ["any", "required", {"type": "function", "function": {"name": "get_weather"}}])
async def test_a_tool_is_called_where_one_must_be(choice: Any, api: Api) -> None:
    answer = await api.ask("Lyon for 9 days: and Paris", tools=[WEATHER], tool_choice=choice)

    (given,) = answer.json()["choices"]
    (call,) = given["message"]["tool_calls"]
    assert given["finish_reason"] == "tool_calls"
    assert (call["type"], call["function"]["name"], len(call["id"])) == ("function", "get_weather", 9)
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris", "days": 3}


@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("What is the weather in Paris?", ["get_weather"]),
        ("Tell me the time and the weather", ["get_weather", "getTime"]),
        ("Hello", []),
    ],
)
async def test_a_tool_is_called_where_the_user_clearly_asks_for_it(question: str, called: list[str], api: Api) -> None:
    answer = await api.ask(question, tools=[WEATHER, TIME])

    calls: list[Any] = answer.json()["choices"][0]["message"]["tool_calls"] or []
    assert [call["function"]["name"] for call in calls] == called
    assert len({call["id"] for call in calls}) == len(called)


async def test_one_tool_at_a_time_is_called_where_that_was_asked_for(api: Api) -> None:
    answer = await api.ask("Time and weather", tools=[WEATHER, TIME], parallel_tool_calls=False)

    assert len(answer.json()["choices"][0]["message"]["tool_calls"]) == 1


async def test_no_tool_is_called_where_none_may_be(api: Api) -> None:
    answer = await api.ask("What is the weather?", tools=[WEATHER], tool_choice="none")

    assert answer.json()["choices"][0]["message"]["tool_calls"] is None


async def test_tool_calls_are_streamed_too(api: Api) -> None:
    answer = await api.ask("What is the weather?", tools=[WEATHER], stream=True)

    last = answer.events()[-1]["choices"][0]
    assert last["finish_reason"] == "tool_calls"
    assert last["delta"]["tool_calls"][0]["function"]["name"] == "get_weather"


async def test_after_the_answer_of_a_tool_the_model_speaks(api: Api) -> None:
    asked = await api.ask("What is the weather in Paris?", tools=[WEATHER], tool_choice="any")
    call = asked.json()["choices"][0]["message"]["tool_calls"][0]
    del call["index"]
    messages = [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "get_weather", "tool_call_id": call["id"], "content": "sunny, 21 °C"},
    ]

    answer = await api.ask(messages=messages, tools=[WEATHER], tool_choice="any")

    assert "sunny, 21 °C" in text(answer)


async def test_reasoning_is_thought_before_it_is_said(api: Api) -> None:
    answer = await api.ask(prompt_mode="reasoning", model="magistral-medium-latest")

    thought, said = answer.json()["choices"][0]["message"]["content"]
    assert (thought["type"], said["type"]) == ("thinking", "text")


async def test_a_prefix_is_where_the_answer_begins(api: Api) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Verily", "prefix": True}]

    assert text(await api.ask(messages=messages)).startswith("Verily ")


async def test_log_probabilities_are_given_where_asked_for(api: Api) -> None:
    answer = await api.ask(logprobs=True, top_logprobs=2, prompt_logprobs=True, max_tokens=3)

    (choice,) = answer.json()["choices"]
    tokens = choice["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == choice["message"]["content"]
    assert all(len(token["top_logprobs"]) == 2 and token["logprob"] < 0 for token in tokens)
    assert "".join(token["token"] for token in choice["prompt_logprobs"]["content"]).startswith("What is")


async def test_what_is_not_text_is_named_and_an_image_costs_tokens(api: Api) -> None:
    image = {"type": "image_url", "image_url": "https://a.example/cat.png"}
    others: list[dict[str, Any]] = [
        {"type": "reference", "reference_ids": [1]},
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "What is this?"},
    ]

    plain, pictured = await api.ask(others), await api.ask([image, *others])

    assert "[an image] [a reference] What is this?" in text(pictured)
    assert pictured.json()["usage"]["prompt_tokens"] > plain.json()["usage"]["prompt_tokens"] + 200


async def test_no_messages_are_answered_too(api: Api) -> None:
    assert (await api.ask(messages=[])).status == 200


async def test_a_long_question_is_not_repeated_whole(api: Api) -> None:
    answer = await api.ask("word " * 1000, max_tokens=60)

    assert "…" in text(answer)


async def test_a_test_can_say_what_the_model_says(server: LocalServer, api: Api) -> None:
    server.say_next("Paris, of course.", times=3)

    whole, stream, fim = (
        await api.ask(),
        await api.ask(stream=True),
        await api.post("/v1/fim/completions", {"model": "codestral-latest", "prompt": "x"}),
    )

    assert text(whole) == streamed(stream) == text(fim) == "Paris, of course."
    assert text(await api.ask()) != "Paris, of course."


async def test_agents_stream_like_chat(api: Api) -> None:
    body = {"agent_id": "ag_1", "messages": [{"role": "user", "content": "Hi"}]}

    whole = await api.post("/v1/agents/completions", body)
    stream = await api.post("/v1/agents/completions", {**body, "stream": True})

    assert streamed(stream) == text(whole)


@pytest.mark.parametrize("prompt", ["def f(n):\n", "def f(n):\n    if n:", "", "x = 1"])
@pytest.mark.parametrize("suffix", [None, "\nreturn n"])
async def test_code_is_filled_in(prompt: str, suffix: str | None, api: Api) -> None:
    body = {"model": "codestral-latest", "prompt": prompt, "suffix": suffix}

    whole = await api.post("/v1/fim/completions", body)
    stream = await api.post("/v1/fim/completions", {**body, "stream": True})

    assert streamed(stream) == text(whole) != ""
    assert (await api.post("/v1/fim/completions", {**body, "max_tokens": 1})).json()["usage"]["completion_tokens"] == 1
