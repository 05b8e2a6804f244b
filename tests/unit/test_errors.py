"""Errors: what they carry, that it survives a pickle, and that none holds the key."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from typing import Any

import pytest

import mistral_async
from mistral_async import errors
from mistral_async.errors import APIError, MistralError, StreamError, TransportError, error_for
from mistral_async.http import Headers
from tests.fakes import a_request

# Arguments of every kind that some error takes.
SAMPLES: dict[str, Any] = {
    "message": "something happened",
    "request": a_request(repeatable=True),
    "status": 422,
    "code": "1300",
    "type": "rate_limited",
    "param": "model",
    "request_id": "r-1",
    "retry_after": 1.5,
    "detail": [{"loc": ["body", "model"], "msg": "missing"}],
    "body": b"\xff{}",
    "headers": Headers.of({"Retry-After": "1"}),
    "field": "messages[0].content",
    "limit": "read",
    "retry_safe": True,
    "permanent": True,
    "events": [mistral_async.UnknownVariant(type="new"), {"choices": [mistral_async.UNSET]}],
}
CLASSES: list[type[MistralError]] = [
    each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, MistralError)
]
by_name = pytest.mark.parametrize("error_type", CLASSES, ids=lambda each: each.__name__)


def made(error_type: type[MistralError]) -> MistralError:
    names = inspect.signature(error_type).parameters
    error = error_type(**{name: SAMPLES[name] for name in names})
    error.add_note("seen at midnight")
    return error


@by_name
def test_an_error_survives_a_pickle_with_all_it_carries(error_type: type[MistralError]) -> None:
    error = made(error_type)

    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))  # of our own making

        assert type(again) is error_type
        assert (str(again), again.args) == (str(error), error.args)
        assert vars(again) == vars(error)


@by_name
def test_an_error_can_be_copied(error_type: type[MistralError]) -> None:
    assert vars(copy.deepcopy(made(error_type))) == vars(made(error_type))


@by_name
def test_an_error_names_its_request_and_never_shows_its_secrets(error_type: type[MistralError]) -> None:
    error = made(error_type)

    assert (error.method, error.path) == ("POST", "/v1/things/{thing_id}")
    assert str(error) == error.message == "something happened"
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
    assert "secret-key" not in shown
    assert b"secret-key" not in pickle.dumps(error)


@by_name
def test_an_error_without_a_request_names_none(error_type: type[MistralError]) -> None:
    needed = {
        name: SAMPLES[name]
        for name, parameter in inspect.signature(error_type).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }

    error = error_type(**needed)

    assert (error.method, error.path) == (None, None)


@by_name
def test_every_error_is_exported_from_the_package(error_type: type[MistralError]) -> None:
    assert getattr(mistral_async, error_type.__name__) is error_type


@pytest.mark.parametrize(
    ("status", "error_type"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (599, errors.ServerError),
        (302, APIError),
        (402, APIError),
        (418, APIError),
    ],
)
def test_each_status_has_its_class(status: int, error_type: type[APIError]) -> None:
    assert error_for(status) is error_type


@pytest.mark.parametrize(
    ("status", "repeatable", "safe"),
    [(429, False, True), (500, False, False), (503, True, True), (400, True, False), (404, True, False)],
)
def test_an_answer_that_says_no_says_whether_asking_again_is_safe(status: int, repeatable: bool, safe: bool) -> None:
    error = error_for(status)("no", status=status, request=a_request(repeatable=repeatable))

    assert error.retry_safe is safe


@pytest.mark.parametrize("repeatable", [True, False])
def test_without_an_answer_a_retry_is_safe_if_the_request_may_be_sent_twice(repeatable: bool) -> None:
    request = a_request(repeatable=repeatable)

    assert TransportError("gone", request=request).retry_safe is repeatable
    assert StreamError("gone", request=request).retry_safe is repeatable
    assert errors.TimeoutError("late", limit="connect", request=request, retry_safe=True).retry_safe
    assert not TransportError("gone", request=request, retry_safe=False).retry_safe
    assert errors.CircuitOpenError("open", retry_after=1.0, request=request).retry_safe
    assert not MistralError("odd", request=request).retry_safe


@pytest.mark.parametrize("error_type", [errors.ConnectError, errors.TLSError, errors.ProxyError])
def test_where_nothing_was_sent_a_retry_is_safe(error_type: type[TransportError]) -> None:
    assert error_type("refused", request=a_request(repeatable=False)).retry_safe


@pytest.mark.parametrize("error_type", [TransportError, errors.ConnectError, errors.TLSError, errors.ProxyError])
def test_a_failure_passes_unless_it_is_said_that_it_does_not(error_type: type[TransportError]) -> None:
    assert not error_type("refused").permanent
    assert error_type("refused", permanent=True).permanent


def test_a_closed_client_stays_closed_whatever_may_be_sent_twice() -> None:
    error = errors.ClientClosed("closed", request=a_request(repeatable=True))

    assert (error.permanent, error.retry_safe) == (True, True)
    assert isinstance(error, errors.ConnectionLost)


def test_how_often_it_was_sent_is_said_once() -> None:
    lost = errors.ConnectionLost("lost").after(2)

    assert str(lost.after(2)) == "lost (2 attempts)"
    assert str(StreamError(f"the stream broke off: {lost}").after(2)) == "the stream broke off: lost (2 attempts)"
    assert str(lost.after(3)) == "lost (3 attempts)"
    assert (lost.args, lost.attempts) == (("lost (3 attempts)",), 3)


def test_the_errors_of_python_that_fit_catch_ours() -> None:
    assert issubclass(errors.TimeoutError, TimeoutError)
    assert issubclass(errors.RequestValidationError, ValueError)
