"""Each scene against the local server: what it shows is what the server said."""

from __future__ import annotations

import pytest

from mistral_async.demo.scenes import SCENES
from mistral_async.demo.scenes.chat import QUESTION
from mistral_async.demo.scenes.embeddings import cosine
from mistral_async.demo.show import meter, shorten
from mistral_async.demo.stage import CHAT_MODEL
from mistral_async.demo.text import text_of
from mistral_async.models import TextChunk, ThinkChunk
from tests.demo.theatre import Theatre


async def test_the_models_are_those_that_the_server_lists(theatre: Theatre) -> None:
    models = await theatre.client.models()

    screen = await theatre.play("models")

    assert theatre.failures == 0
    for card in models.data:
        assert any(name in screen for name in [card.id, *card.aliases])
    assert f"{len(models.data)} names in all" in screen


async def test_the_answer_streamed_is_the_answer_given_whole(theatre: Theatre) -> None:
    reply = await theatre.client.chat.completions.post(
        model=CHAT_MODEL, messages=[{"role": "user", "content": QUESTION}], max_tokens=120
    )
    answer = text_of(reply.choices[0].message.content)

    whole = await theatre.play("chat")
    streamed = await theatre.play("stream")

    assert answer in whole
    assert f"{reply.usage.completion_tokens} out" in whole
    assert answer in streamed
    assert "events in" in streamed


async def test_embeddings_show_their_size_and_which_text_is_near(theatre: Theatre) -> None:
    screen = await theatre.play("embeddings")

    assert screen.count("1,024") == 4
    assert "██████████ 1.000" in screen


async def test_a_page_of_a_document_is_shown_as_text(theatre: Theatre) -> None:
    screen = await theatre.play("ocr")

    assert "page 1" in screen
    assert "1 page read" in screen


async def test_moderation_names_what_a_text_is_flagged_for(theatre: Theatre) -> None:
    screen = await theatre.play("moderation")

    assert "nothing" in screen
    assert "financial" in screen
    assert "violence_and_threats" in screen


async def test_the_batch_job_ends_with_every_result_and_leaves_no_file_behind(theatre: Theatre) -> None:
    screen = await theatre.play("batch")

    assert theatre.failures == 0, screen
    assert "job SUCCESS" in screen
    assert "40/40" in screen
    assert "… and 36 more" in screen
    assert [file async for file in theatre.client.files()] == []


async def test_all_completions_of_the_file_are_asked_for_and_none_fails(theatre: Theatre) -> None:
    screen = await theatre.play("bulk", at_once=64)

    assert theatre.failures == 0
    assert "500/500" in screen
    assert "500 requests in" in screen
    assert "64 at a time" in screen
    assert "failures: none" in screen


@pytest.mark.parametrize("width", [80, 120])
async def test_every_scene_fits_its_screen_without_a_control_code(theatre: Theatre, width: int) -> None:
    screen = await theatre.play(width=width)

    assert "9 scenes in" in screen
    assert "none failed" in screen
    assert max(map(len, theatre.lines)) <= width
    assert not any(character in "\x1b\r\b" for line in theatre.lines for character in line)
    for number, scene in enumerate(SCENES, 1):
        assert f"{number} {scene.title}" in screen


async def test_on_a_terminal_an_answer_grows_while_it_is_streamed(theatre: Theatre) -> None:
    theatre.server.pace = 0.02

    screen = await theatre.play("stream", terminal=True)

    erase_line = "\x1b[2K"
    assert screen.count(erase_line) > 3
    assert screen.count("You wrote") + screen.count("You asked") + screen.count("About") > 3


def test_the_code_of_every_scene_fits_a_narrow_screen() -> None:
    assert all(len(line) <= 78 for scene in SCENES for line in scene.code.splitlines())


async def test_live_leaves_out_what_costs_much_or_stays_behind(theatre: Theatre) -> None:
    screen = await theatre.play(live=True)

    assert screen.count("left out:") == 3
    assert "6 scenes in" in screen
    assert "only the first 5 of 500" in screen
    assert "5 requests in" in screen
    assert theatre.failures == 0


def test_a_cosine_is_one_for_the_same_direction_and_zero_for_nothing() -> None:
    assert cosine([3.0, 4.0], [6.0, 8.0]) == pytest.approx(1)
    assert cosine([1.0, 0.0], [0.0, 2.0]) == 0
    assert cosine([0.0], [1.0]) == 0


def test_a_meter_is_as_long_whatever_it_shows() -> None:
    assert [meter(share, 4).plain for share in (0, 0.5, 1, 7)] == ["░░░░", "██░░", "████", "████"]


def test_a_long_text_is_cut_to_one_line() -> None:
    assert shorten("one\n two", 10) == "one two"
    assert shorten("one two three", 8) == "one two…"


def test_the_text_of_a_message_leaves_out_what_is_no_text() -> None:
    thought = ThinkChunk(thinking=[TextChunk(text="hm")])

    assert text_of([thought, TextChunk(text="yes"), TextChunk(text=", no")]) == "yes, no"
    assert text_of(None) == ""


async def test_a_server_in_trouble_is_asked_again_then_left_alone_then_asked_again(theatre: Theatre) -> None:
    screen = await theatre.play("trouble")

    assert theatre.failures == 0
    assert "attempt 1 failed with 503" in screen
    assert "attempt 2 failed with 503" in screen
    assert "answered at attempt 3" in screen
    assert "the circuit is open" in screen
    assert "not sent: come back in 0." in screen
    assert screen.index("the circuit is closed") > screen.index("not sent")
