"""HTTP/1.1: requests that are written without aiohttp's help, and what decides that."""

from __future__ import annotations

from typing import Any

import aiohttp

from mistral_async.wire.http1_request import is_known


class Newer(aiohttp.ClientResponse):
    """As a later version may make it."""

    def __init__(self, *arguments: Any, early_hints: bool, **named: Any) -> None:
        super().__init__(*arguments, **named)


def test_a_response_of_this_aiohttp_is_made_here() -> None:
    assert is_known(aiohttp.ClientResponse)


def test_a_response_that_is_made_of_something_else_is_left_to_aiohttp() -> None:
    assert not is_known(Newer)
