"""From the arguments of a call to query, headers and body: checked, and encoded once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from mistral_async.codec.body_check import BodyCheck, check_like, whole_check, wire_names
from mistral_async.codec.check import strict_type
from mistral_async.codec.load import model
from mistral_async.codec.outgoing import not_finite, plain_container, sendable, without_unknown
from mistral_async.codec.query import encode_query, to_text
from mistral_async.codec.shapes import is_array, is_object
from mistral_async.errors import RequestValidationError
from mistral_async.http import Body
from mistral_async.operation import Operation
from mistral_async.settings.checks import check_headers

if TYPE_CHECKING:
    from mistral_async.codec.multipart import MultipartBody

_UNSENDABLE = (TypeError, ValueError, OverflowError, RecursionError)  # what msgspec raises for what it cannot encode
_ENDLESS = "this cannot be sent as JSON: it holds itself"


class Encoded(msgspec.Struct, frozen=True):
    """What the arguments of one call come to."""

    query: str
    headers: dict[str, str]
    body: bytes | Body | None
    content_type: str | None  # of the body


class RequestEncoder:
    """Encodes the calls of one operation. What it needs of the models is built once, when the first call is made."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._query = _Parameters(model(operation.query)) if operation.query else None
        self._headers = _Parameters(model(operation.headers)) if operation.headers else None
        self._body = model(operation.body) if operation.body else None
        self._body_names = wire_names(self._body)
        self._body_check: BodyCheck | None = None  # the latest one: for all fields, or like the first call's
        self._flag = operation.events.flag if operation.events else None
        self._encode = msgspec.json.Encoder(enc_hook=plain_container).encode

    def encode(
        self,
        request: Any,
        params: Mapping[str, Any] | None,
        *,
        stream: bool = False,
        extra_body: Mapping[str, Any] = {},
        validate: bool = True,
    ) -> Encoded:
        """The parts of a request. Raises ``RequestValidationError`` naming the field that is wrong."""
        query: dict[str, Any] = {}
        headers: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        extra = {name: value for name, value in extra_body.items() if name != self._flag} if extra_body else {}
        for name, value in (params or {}).items():
            if value is UNSET:
                continue
            if self._query is not None and name in self._query.names:
                query[self._query.names[name]] = value
            elif self._headers is not None and name in self._headers.names:
                headers[self._headers.names[name]] = value
            else:
                fields[self._body_names.get(name, name)] = value
        if request is not None and fields:
            raise TypeError(f"{self._operation}: pass a whole request or its fields ({', '.join(fields)}), not both")
        if self._operation.body is None and not self._operation.multipart and fields:
            query |= fields  # for the check to refuse, or for the server to make sense of
            fields = {}
        # Most operations have neither, and are not to pay for it.
        text = self._query_text(query, validate) if query or self._query is not None else ""
        header_fields = self._header_fields(headers, validate) if headers or self._headers is not None else {}
        if self._operation.multipart:
            asking = fields if self._flag is None else _with_flag(fields, self._flag, stream)
            form = self._form(asking, extra, validate)
            return Encoded(text, header_fields, form, form.content_type)
        body = self._json(request, fields, stream, extra, validate)
        return Encoded(text, header_fields, body, None if body is None else "application/json")

    def _query_text(self, query: dict[str, Any], validate: bool) -> str:
        if not query and not validate:
            return ""
        try:
            return encode_query(self._plain(self._query, query, validate))
        except UnicodeEncodeError as exc:
            raise self._error(f"this cannot be sent in a URL: {exc}") from exc

    def _header_fields(self, headers: dict[str, Any], validate: bool) -> dict[str, str]:
        plain = self._plain(self._headers, headers, validate)
        try:
            return check_headers({name: _header_text(value) for name, value in plain.items() if value is not None})
        except ValueError as exc:
            raise self._error(f"{exc}") from exc

    def _plain(self, parameters: _Parameters | None, values: dict[str, Any], validate: bool) -> dict[str, Any]:
        """The values as text, numbers, lists and maps: dates become ISO 8601."""
        if parameters is None and not values:
            return values
        plain: dict[str, Any] = self._builtins(values)
        if validate:
            self._convert(plain, parameters.checked_type if parameters is not None else _NoParameters)
        return plain

    def _json(
        self,
        request: Any,
        fields: dict[str, Any],
        stream: bool,
        extra: dict[str, Any],
        validate: bool,
    ) -> bytes | None:
        if self._body is None:
            return self._bytes(extra) if extra else None
        if request is None and not fields and not self._operation.body_required and not (stream or extra):
            return None
        value = request if request is not None else fields
        if self._flag is not None:
            value = _with_flag(value, self._flag, stream)
        value, encoded = self._fit(value, validate)
        if extra:
            encoded = self._bytes({**self._builtins(value), **extra})
        return encoded

    def _fit(self, value: Any, validate: bool) -> tuple[Any, bytes]:
        """The body without what only answers have, and its JSON, which is checked."""
        check = self._body_check
        if check is None or not (check.whole or validate):
            check = self._body_check = check_like(self._body, value) if validate else whole_check(self._body)
        sent, encoded = value, self._bytes(value)
        # Their names are looked for where that costs next to nothing; the objects, only where one was found.
        if check.answer_only and any(map(encoded.__contains__, check.answer_only)):
            sent = self._without_answer_only(value)
            encoded = self._bytes(sent)
        if validate:
            try:
                check.decode(encoded)
            except msgspec.ValidationError as exc:
                if check.whole:
                    self._refused(exc, sent, check)
                else:
                    self._body_check = whole_check(self._body)
                    return self._fit(value, validate)
        return sent, encoded

    def _without_answer_only(self, value: Any) -> Any:
        try:
            return sendable(value)
        except RecursionError as exc:
            raise self._error(_ENDLESS) from exc

    def _refused(self, failure: msgspec.ValidationError, value: Any, check: BodyCheck) -> None:
        """Raise what says so, unless what was refused came from an answer that is newer than this SDK."""
        known = without_unknown(value)
        if known is value:
            raise self._refusal(failure, check.type) from failure
        try:
            check.decode(self._bytes(known))
        except msgspec.ValidationError as exc:
            raise self._refusal(exc, check.type) from exc

    def _form(self, given: Mapping[str, Any], extra: dict[str, Any], validate: bool) -> MultipartBody:
        from mistral_async.codec.file_input import FilePart  # by those who send files
        from mistral_async.codec.multipart import MultipartBody

        files = {name: value for name, value in given.items() if name in self._operation.files}
        for name in self._operation.required_files:
            if files.get(name) is None:
                raise self._error(f"missing required file {name!r}", field=name)
        plain = self._builtins({name: value for name, value in given.items() if name not in files})
        if validate and self._body is not None:
            self._convert(plain, strict_type(self._body))
        fields = {**plain, **self._builtins(extra)}
        self._refuse_not_finite(fields)
        pairs = [(name, text) for name, value in fields.items() for text in _form_texts(value)]
        try:
            return MultipartBody(pairs, [FilePart(name, file) for name, file in files.items() if file is not None])
        except ValueError as exc:
            raise self._error(f"this cannot be sent in a form: {exc}") from exc

    def _convert(self, plain: dict[str, Any], checked_type: Any) -> None:
        try:
            msgspec.convert(plain, checked_type)
        except msgspec.ValidationError as exc:
            raise self._refusal(exc, checked_type) from exc

    def _bytes(self, value: Any) -> bytes:
        try:
            encoded = self._encode(value)
        except RecursionError as exc:
            raise self._error(_ENDLESS) from exc
        except _UNSENDABLE as exc:
            raise self._error(f"this cannot be sent as JSON: {exc}") from exc
        # msgspec writes NaN and infinity as null, which says something else.
        if b"null" in encoded:
            self._refuse_not_finite(self._builtins(value))
        return encoded

    def _refuse_not_finite(self, plain: Any) -> None:
        if (where := not_finite(plain)) is not None:
            field = where.lstrip(".")
            raise self._error(f"{field or 'the body'}: NaN and infinity cannot be sent", field=field or None)

    def _builtins(self, values: Any) -> Any:
        try:
            return msgspec.to_builtins(values, enc_hook=plain_container, str_keys=True)
        except _UNSENDABLE as exc:
            raise self._error(f"this cannot be sent as text: {exc}") from exc

    def _refusal(self, failure: msgspec.ValidationError, checked_type: Any) -> RequestValidationError:
        from mistral_async.codec.complaint import complain  # by those who are refused something

        found = complain(failure, checked_type)
        return self._error(f"{found.place}: {found.what}" if found.place else found.what, field=found.field)

    def _error(self, what: str, *, field: str | None = None) -> RequestValidationError:
        return RequestValidationError(f"{self._operation}: {what}", field=field, request=self._operation)


class _Parameters:
    """Query or header parameters: their names in Python and on the wire, and the type that checks them."""

    def __init__(self, parameters: Any) -> None:
        self.names = wire_names(parameters)
        self.checked_type = strict_type(parameters)


class _NoParameters(msgspec.Struct, forbid_unknown_fields=True):
    """Checks the arguments of an operation that takes none."""


def _with_flag(value: Any, flag: str, stream: bool) -> Any:
    """The same body, asking for a stream or not: how a call is used decides, not what its fields say."""
    if is_object(value):
        if stream:
            return {**value, flag: True}
        return {name: each for name, each in value.items() if name != flag} if flag in value else value
    if isinstance(value, msgspec.Struct) and getattr(value, flag, UNSET) != (True if stream else UNSET):
        return msgspec.structs.replace(value, **{flag: True if stream else UNSET})
    return value


def _form_texts(value: Any) -> list[str]:
    """A form field's value as the texts of its parts: a list has one each, an object is JSON, None is left out."""
    if value is None:
        return []
    if is_array(value):
        return [text for item in value for text in _form_texts(item)]
    return [msgspec.json.encode(value).decode() if is_object(value) else to_text(value)]


def _header_text(value: Any) -> str:
    """A header parameter as OpenAPI's ``style: simple`` writes it: the items of a list joined by commas."""
    return ",".join(to_text(item) for item in value) if is_array(value) else to_text(value)
