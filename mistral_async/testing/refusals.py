"""What the server says when it says no: the error bodies of the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """Ends a request with an error answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers: Mapping[str, str] = headers or {}


def error(message: str, kind: str, code: str | int | None = None, param: str | None = None) -> dict[str, Any]:
    """The error object of the API."""
    return {"object": "error", "message": message, "type": kind, "param": param, "code": code}


def problem(kind: str, loc: Sequence[str | int], message: str) -> dict[str, Any]:
    """One entry of the ``detail`` list of a 422."""
    return {"type": kind, "loc": list(loc), "msg": message}


def invalid(kind: str, loc: Sequence[str | int], message: str) -> Refusal:
    """422 with one problem."""
    return Refusal(422, {"detail": [problem(kind, loc, message)]})


def unauthorized() -> Refusal:
    return Refusal(401, {"detail": "Unauthorized"}, {"www-authenticate": "Bearer"})


def no_such_path() -> Refusal:
    return Refusal(404, {"detail": "Not Found"})


def method_not_allowed(allowed: Sequence[str]) -> Refusal:
    return Refusal(405, {"detail": "Method Not Allowed"}, {"allow": ", ".join(allowed)})


def not_found(what: str, id: str) -> Refusal:
    return Refusal(404, error(f"{what} {id!r} was not found.", "not_found", "not_found"))


def unknown_model(name: str) -> Refusal:
    """Source: code 1500, observed; see also ``GET /v1/models`` for the names that exist."""
    return Refusal(400, error(f"Invalid model: {name}", "invalid_model", "1500", "model"))


def bad_request(message: str, code: str | None = None, param: str | None = None) -> Refusal:
    return Refusal(400, error(message, "invalid_request_error", code, param))


def conflict(message: str) -> Refusal:
    return Refusal(409, error(message, "conflict", "conflict"))


def forbidden(message: str) -> Refusal:
    return Refusal(403, error(message, "forbidden", "forbidden"))


def too_large(limit: int) -> Refusal:
    return Refusal(413, error(f"The request is larger than the {limit} bytes allowed.", "request_too_large"))


def rate_limited(headers: Mapping[str, str]) -> Refusal:
    return Refusal(429, error("Rate limit exceeded", "rate_limited", "1300"), headers)


_BY_STATUS: dict[int, Any] = {
    400: error("Bad request", "invalid_request_error"),
    401: {"detail": "Unauthorized"},
    403: {"message": "You cannot consume this service"},
    404: {"detail": "Not Found"},
    409: error("Conflict", "conflict"),
    422: {"detail": [problem("value_error", ["body"], "Value error")]},
    429: error("Rate limit exceeded", "rate_limited", "1300"),
    503: error("Service tier capacity exceeded for this model.", "service_tier_capacity_exceeded", "3505"),
}


def body_for(status: int) -> Any:
    """What the API would say with this status, for a failure that a test asks for."""
    known = _BY_STATUS.get(status)
    return known if known is not None else error(f"The server failed with {status}.", "internal_server_error")
