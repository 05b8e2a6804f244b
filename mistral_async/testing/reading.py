"""Bodies off the socket: small ones whole, uploads a chunk at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from aiohttp import BadContentDispositionHeader, BadContentDispositionParam, BodyPartReader, web
from aiohttp.http import HttpProcessingError

from mistral_async.testing.dispatch import Form
from mistral_async.testing.parts import Parts
from mistral_async.testing.record import Received
from mistral_async.testing.refusals import Refusal, invalid, too_large
from mistral_async.testing.state.account import Upload
from mistral_async.testing.state.content import Spool

LARGEST_BODY = 128 * 1024 * 1024  # bytes of JSON: a document of 50 MB in base64 has to fit
LARGEST_FIELD = 64 * 1024  # bytes of a form field that is no file
_CHUNK = 256 * 1024  # bytes of a file read at once

# What aiohttp raises for a form that is none. The warnings among these are raised where a test makes errors of them.
_UNREADABLE = (
    ValueError,
    RuntimeError,
    HttpProcessingError,
    BadContentDispositionHeader,
    BadContentDispositionParam,
)


async def read_body(request: web.BaseRequest, received: Received) -> bytes:
    """The whole body. Raises a 413 for one that is too large, once it has gone by."""
    chunks: list[bytes] = []
    async for chunk in request.content.iter_any():
        received.size += len(chunk)
        if received.size <= LARGEST_BODY:
            chunks.append(chunk)
        else:
            chunks.clear()
    if received.size > LARGEST_BODY:
        raise too_large(LARGEST_BODY)
    body = b"".join(chunks)
    received.digest = hashlib.sha256(body).hexdigest()
    return body


async def drain(request: web.BaseRequest, received: Received) -> None:
    """Let a body go by, so that a refusal reaches a client that is still sending."""
    async for chunk in request.content.iter_any():
        received.size += len(chunk)


async def read_form(
    request: web.BaseRequest, received: Received, file_field: str, spool: Callable[[], Spool], largest: int
) -> Form:
    """A form with one file, which goes to a spool as it comes. Raises a 422 or a 413, once the body has gone by."""
    form = Form()
    try:
        if not request.content_type.startswith("multipart/"):
            raise invalid("missing", ["body", file_field], "The body must be multipart/form-data")
        reader = Parts(request.headers, request.content)
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise invalid("value_error", ["body"], "Every part of the form needs a name")
            if part.name == file_field:
                _forget(form)
                form.upload = await _file(part, received, spool(), largest)
            else:
                form.fields[part.name] = await _text(part)
    except Refusal:
        _forget(form)
        await drain(request, received)
        raise
    except _UNREADABLE as error:
        _forget(form)
        await drain(request, received)
        raise invalid("value_error", ["body"], f"The form cannot be read: {error}") from None
    except BaseException:
        _forget(form)
        raise
    return form


def _forget(form: Form) -> None:
    if form.upload is not None:
        form.upload.content.discard()
        form.upload = None


async def _text(part: BodyPartReader) -> str:
    value = bytearray()
    while chunk := await part.read_chunk(LARGEST_FIELD):
        value += chunk
        if len(value) > LARGEST_FIELD:
            raise invalid("string_too_long", ["body", part.name or ""], f"A field has at most {LARGEST_FIELD} bytes")
    return value.decode()


async def _file(part: BodyPartReader, received: Received, spool: Spool, largest: int) -> Upload:
    digest = hashlib.sha256()
    try:
        while chunk := await part.read_chunk(_CHUNK):
            received.size += len(chunk)
            if spool.size + len(chunk) > largest:
                raise too_large(largest)
            digest.update(chunk)
            spool.write(chunk)
    except BaseException:
        spool.discard()
        raise
    received.digest = digest.hexdigest()
    media_type = part.headers.get("content-type", "").partition(";")[0].strip()
    return Upload(
        filename=part.filename or "file",
        media_type=media_type if media_type and media_type != "application/octet-stream" else None,
        content=spool.content(),
    )
