"""From a routed request to its reply: checked by the models, answered by a handler, without any I/O."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mistral_async.operation import Operation
from mistral_async.testing.checking import check_body, check_fields, check_query
from mistral_async.testing.operations import HANDLERS
from mistral_async.testing.refusals import Refusal, error, invalid
from mistral_async.testing.replies import Json, Reply
from mistral_async.testing.routing import Router
from mistral_async.testing.state.account import Account, Checked, Upload
from mistral_async.testing.state.batch import RunLine


@dataclass(slots=True)
class Form:
    """A multipart body that has been read: its text fields and its file."""

    fields: dict[str, str] = field(default_factory=dict[str, str])
    upload: Upload | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for, not yet checked."""

    operation: Operation
    path: tuple[str, ...]
    query: str
    body: bytes | None = None
    form: Form | None = None
    media_type: str = "application/json"
    origin: str = ""
    words: str | None = None


@functools.cache
def specification() -> tuple[Router, Mapping[str, Operation]]:
    """All operations of the specification, to be found by path or by name; loaded at first use."""
    from mistral_async.resources.operations import OPERATIONS

    return Router(OPERATIONS), {str(operation): operation for operation in OPERATIONS}


def check(asked: Asked) -> Checked:
    """The request as plain values. Raises a 422 where the specification refuses it."""
    operation = asked.operation
    query = check_query(operation.query, asked.query)
    body: Any = None
    if asked.form is not None:
        body = check_fields(operation.body, asked.form.fields) if operation.body else {}
        if asked.form.upload is None:
            raise invalid("missing", ["body", operation.files[0]], "Field required")
    elif operation.body:
        body = _json(asked, operation.body)
    return Checked(
        path=asked.path,
        query=query,
        body=body,
        upload=asked.form.upload if asked.form else None,
        origin=asked.origin,
        words=asked.words,
    )


def _json(asked: Asked, model: str) -> Any:
    if not asked.body:
        if asked.operation.body_required:
            raise invalid("missing", ["body"], "Field required")
        return None
    if asked.media_type != "application/json" and not asked.media_type.endswith("+json"):
        raise invalid("media_type", ["body"], f"The body is {asked.media_type}; it must be application/json")
    return check_body(model, asked.body)


def answer(account: Account, asked: Asked) -> Reply:
    """Check and answer. Raises Refusal."""
    call = check(asked)
    handler = HANDLERS.get(str(asked.operation))
    if handler is None:
        raise Refusal(501, error(f"The local server does not have {asked.operation}.", "not_implemented"))
    with account.lock:
        return handler(account, call)


def run_line(account: Account) -> RunLine:
    """Runs one request of a batch job as if it had been sent."""

    def run(endpoint: str, body: dict[str, Any]) -> tuple[int, Any]:
        operation = specification()[1].get(f"POST {endpoint}")
        if operation is None:
            return 404, {"detail": "Not Found"}
        asked = Asked(operation=operation, path=(), query="", body=msgspec.json.encode(body))
        try:
            reply = answer(account, asked)
        except Refusal as refusal:
            return refusal.status, refusal.body
        assert isinstance(reply, Json)  # a batch request is never streamed
        return reply.status, reply.content

    return run
