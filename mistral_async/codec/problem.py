"""What an error answer says, in any of the shapes that the API and what stands before it use."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mistral_async.codec.answers import NotReadable, json_value
from mistral_async.codec.shapes import is_array, is_object

MESSAGE_LIMIT = 500  # characters; enough for what the API writes, little enough for a log line
TEXT_LIMIT = 64 * 1024  # bytes of a body that are made into text: no message needs more


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What an error body says, where it says it."""

    message: str
    code: str | None = None
    type: str | None = None
    param: str | None = None
    request_id: str | None = None
    detail: tuple[Any, ...] = ()


class ErrorEvent(Exception):
    """The server reported an error where an event was expected. ``problem`` is what it says."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def read_problem(body: bytes) -> Problem:
    """Whatever the body is, a message of bounded length. Never raises."""
    if not _as_it_is(body):
        return Problem(message="the answer has no body")
    try:
        problem = _from_json(json_value(body))
    except (NotReadable, RecursionError):
        return Problem(message=_bounded(_plain_text(body)))
    return problem if problem.message.strip() else msgspec.structs.replace(problem, message=_bounded(_as_it_is(body)))


def is_problem(value: object) -> bool:
    """Whether JSON that came where an answer was expected is an error instead."""
    if not is_object(value):
        return False
    if value.get("object") == "error" or value.get("error"):
        return True
    return bool(value) and value.keys() <= {"detail", "message", "request_id"}


def _from_json(value: Any) -> Problem:
    if is_object(value):
        fields = value
        inner = fields.get("error")
        if is_object(inner):
            fields = inner
        elif isinstance(inner, str):
            fields = {"message": inner, **fields}
        said = fields.get("message")
        detail = fields.get("detail")
        if is_object(said):
            detail = said.get("detail", detail)
        listed = tuple(detail) if is_array(detail) else ()
        return Problem(
            message=_bounded(_message(said, detail, listed, fields)),
            code=_text(fields.get("code")),
            type=_text(fields.get("type")),
            param=_text(fields.get("param")),
            request_id=_text(fields.get("request_id")),
            detail=listed,
        )
    return Problem(message=_bounded(value if isinstance(value, str) else _json_text(value)))


def _message(said: Any, detail: Any, listed: tuple[Any, ...], fields: dict[str, Any]) -> str:
    if isinstance(said, str) and said:
        return said
    if listed:
        return "; ".join(_complaint(each) for each in listed)
    return detail if isinstance(detail, str) and detail else _json_text(said or detail or fields)


def _complaint(each: Any) -> str:
    """One entry of a 422's list: where, and what is wrong there."""
    if not is_object(each):
        return each if isinstance(each, str) else _json_text(each)
    place, said = each.get("loc"), each.get("msg")
    where = ".".join(str(step) for step in place) if is_array(place) else ""
    what = said if isinstance(said, str) else _json_text(each)
    return f"{where}: {what}" if where else what


def _plain_text(body: bytes) -> str:
    """Text of a page that a proxy or gateway made: its title where it has one, else without its tags."""
    text = _as_it_is(body)
    if not text.startswith("<"):
        return text
    # No `<` inside a tag or a title: else a page of nothing but `<` would be searched to its end from each of them.
    title = re.search(r"<title[^<>]*>([^<]*)</title>", text, re.IGNORECASE)
    if title and title[1].strip():
        return title[1].strip()
    return " ".join(re.sub(r"<[^<>]*>", " ", text).split()) or text


def _as_it_is(body: bytes) -> str:
    """The beginning of a body as text, on one line."""
    return " ".join(body[:TEXT_LIMIT].decode("utf-8", "replace").split())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else None


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode("utf-8", "replace")


def _bounded(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "…"
