"""Refuse what the specification refuses: bodies and queries against the models, as a 422 that names the place."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from mistral_async.codec.check import strict_type
from mistral_async.codec.failure import ANY_KEY, failure
from mistral_async.codec.load import model
from mistral_async.testing.closed import Stranger, strangers, takes_list, takes_map
from mistral_async.testing.refusals import Refusal, invalid, problem


def check_body(name: str, body: bytes) -> Any:
    """The body as plain JSON values, once the model called ``name`` has accepted it. Raises a 422."""
    strict, decoder = _body_type(name)
    try:
        checked = decoder.decode(body)
    except msgspec.ValidationError as error:
        raise refusal(error, "body") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(422, {"detail": [problem("json_invalid", ["body"], f"JSON decode error: {error}")]}) from None
    _refuse_strangers(checked, strict, "body")
    return msgspec.json.decode(body)


def check_fields(name: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The text fields of a form, converted to what the model called ``name`` says. Raises a 422."""
    strict, _ = _body_type(name)
    return _convert(dict(fields), strict, "body")


def check_query(name: str | None, raw_query: str) -> dict[str, Any]:
    """The query parameters under their wire names. Those that the operation does not know are left out.

    Raises a 422.
    """
    if name is None or not raw_query:
        return {}
    strict, lists, single, spread = _query_type(name)
    values: dict[str, Any] = {}
    for key, value in parse_qsl(raw_query, keep_blank_values=True):
        if key in lists:
            values.setdefault(key, []).append(value)
        elif key in single:
            values[key] = value
        elif spread is not None:
            # An object is exploded: each of its keys is a parameter of its own.
            values.setdefault(spread, {})[key] = value
    return _convert(values, strict, "query")


def _convert(values: dict[str, Any], strict: Any, where: str) -> dict[str, Any]:
    try:
        converted = msgspec.convert(values, strict, strict=False)
    except msgspec.ValidationError as error:
        raise refusal(error, where) from None
    _refuse_strangers(converted, strict, where)
    plain: dict[str, Any] = msgspec.to_builtins(converted)
    return plain


def _refuse_strangers(value: Any, annotation: Any, where: str) -> None:
    found = [_strange(stranger, where) for stranger in strangers(value, annotation)]
    if found:
        raise Refusal(422, {"detail": found})


def _strange(stranger: Stranger, where: str) -> dict[str, Any]:
    expected = ", ".join(repr(value) for value in stranger.allowed)
    return problem("enum", [where, *stranger.path], f"Input should be one of {expected}") | {"input": stranger.value}


@functools.cache
def _body_type(name: str) -> tuple[Any, msgspec.json.Decoder[Any]]:
    strict = strict_type(model(name))
    return strict, msgspec.json.Decoder(strict)


@functools.cache
def _query_type(name: str) -> tuple[Any, frozenset[str], frozenset[str], str | None]:
    """The type, the parameters that may repeat, those that may not, and the one whose keys are parameters."""
    strict = strict_type(model(name))
    fields = msgspec.structs.fields(strict)
    lists = frozenset(field.encode_name for field in fields if takes_list(field.type))
    spread = next((field.encode_name for field in fields if takes_map(field.type)), None)
    return strict, lists, frozenset(field.encode_name for field in fields) - lists - {spread}, spread


def refusal(error: msgspec.ValidationError, where: str) -> Refusal:
    """A 422 from what msgspec says, such as "Expected `int`, got `str` - at `$.messages[0].role`"."""
    found = failure(error)
    loc = [where, *(step for step in found.path if step != ANY_KEY)]
    if found.missing is not None:
        return invalid("missing", [*loc, found.missing], "Field required")
    if found.unknown is not None:
        return invalid("extra_forbidden", [*loc, found.unknown], "Extra inputs are not permitted")
    return invalid(_kind(found.what), loc, found.what)


def _kind(message: str) -> str:
    if message.startswith("Invalid"):
        return "enum"
    expected = re.match(r"Expected `([^`]*)`(.*)", message)
    if expected is None:
        return "value_error"
    if not expected[2] or ", got" in expected[2]:
        return f"{expected[1].split(' | ')[0]}_type"
    return "out_of_range"
