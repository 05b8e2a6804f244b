"""An independent judge of requests and answers: jsonschema over the specification, knowing nothing of the models."""

from __future__ import annotations

import email.policy
import functools
import json
import re
from collections.abc import Iterable, Mapping
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator

from codegen import load, overlay

OPENAPI = Path(__file__).parent.parent / "openapi"
DOCUMENT, OVERLAY = OPENAPI / "mistral.yaml", OPENAPI / "overlay.yaml"


class Violation(AssertionError):
    """A message that the specification does not allow."""


@functools.cache
def document() -> dict[str, Any]:
    """The specification, as it stands: without the overlay."""
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    return loaded


@functools.cache
def corrected() -> dict[str, Any]:
    """The specification with the overlay, which says where answers are known to depart from it."""
    return overlay.apply(document(), load.read(OVERLAY))[0]


def operations() -> Iterable[tuple[str, str]]:
    """Method and path template of every operation."""
    for path, item in document()["paths"].items():
        for method in item:
            if method in ("get", "put", "post", "patch", "delete"):
                yield method.upper(), path


def check_request(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """Raise ``Violation`` unless the specification allows the request; return its operation."""
    parts = urlsplit(url)
    path = _template(method, parts.path)
    operation = document()["paths"][path][method.lower()]
    _check_query(operation, parts.query, f"{method} {path}")
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        _require(not body, f"{method} {path} has a body, and should have none")
    elif "multipart/form-data" in content:
        _check_form(content["multipart/form-data"]["schema"], headers["content-type"], body, f"{method} {path}")
    else:
        _require(headers.get("content-type") == "application/json", f"{method} {path}: wrong content type")
        _check(content["application/json"]["schema"], json.loads(body), f"body of {method} {path}")
    return method, path


def check_answer(method: str, path: str, content_type: str, body: bytes) -> None:
    """Raise ``Violation`` unless the specification allows the successful answer."""
    content = corrected()["paths"][path][method.lower()]["responses"]["200"]["content"]
    media_type = content_type.partition(";")[0].strip()
    if media_type == "text/event-stream":
        # The document of agent completions lists no stream, though their request asks for one: see the overlay.
        schema = content.get(media_type, {"schema": {"$ref": "#/components/schemas/CompletionEvent"}})["schema"]
        for data in _event_data(body):
            _check(schema, {"data": json.loads(data)}, f"event of {method} {path}")
        return
    _require(media_type in content, f"{method} {path} answered {media_type}, which the specification does not list")
    if media_type == "application/json":
        _check(content[media_type]["schema"], json.loads(body), f"answer of {method} {path}")


def _template(method: str, path: str) -> str:
    for candidate_method, template in operations():
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        literal_first = "{" not in template and template == path
        if candidate_method == method and (literal_first or re.fullmatch(pattern, path)):
            return template
    raise Violation(f"the specification has no {method} {path}")


def _check_query(operation: dict[str, Any], query: str, where: str) -> None:
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
        given.setdefault(name, []).append(value)
    parameters = {each["name"]: each for each in operation.get("parameters", []) if each["in"] == "query"}
    # An exploded object takes whatever names are left. Source: OpenAPI 3.1, "Style Values".
    takes_rest = [name for name, each in parameters.items() if "additionalProperties" in json.dumps(each["schema"])]
    for name, values in given.items():
        if name in parameters:
            readings = [_reading(value) for value in values]
            schema = parameters[name]["schema"]
            candidates: list[Any] = [readings, values, readings[0], values[0]]
            _require(any(_valid(schema, each) for each in candidates), f"{where}: query {name}={values} is not allowed")
        else:
            _require(bool(takes_rest), f"{where}: there is no query parameter {name!r}")
    missing = [name for name, each in parameters.items() if each.get("required") and name not in given]
    _require(not missing, f"{where}: missing query {missing}")


def _reading(text: str) -> Any:
    """A parameter's text as the JSON scalar it may stand for."""
    return json.loads(text) if re.fullmatch(r"true|false|-?\d+(\.\d+)?", text) else text


def _check_form(schema: dict[str, Any], content_type: str, body: bytes, where: str) -> None:
    message = BytesParser(policy=email.policy.HTTP).parsebytes(
        b"content-type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    _require(message.is_multipart() and not message.defects, f"{where}: not a multipart body: {message.defects}")
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        _require(isinstance(name, str) and isinstance(content, bytes), f"{where}: a part without name or content")
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        is_file = part.get_filename() is not None
        fields[name] = "(binary)" if is_file else _reading(content.decode())
        wants_file = json.dumps(schema["properties"].get(name, {})).find(
            "File"
        ) > 0 and "FilePurpose" not in json.dumps(schema["properties"][name])
        _require(is_file == wants_file, f"{where}: part {name!r} {'is' if is_file else 'is not'} a file")
    _check(schema, fields, f"form of {where}")


def _event_data(body: bytes) -> Iterable[str]:
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        data = "\n".join(line[5:].lstrip() for line in block.split("\n") if line.startswith("data:"))
        if data and data != "[DONE]":
            yield data


def _check(schema: dict[str, Any], value: Any, where: str) -> None:
    errors = sorted(_validator(json.dumps(schema)).iter_errors(value), key=lambda error: list(map(str, error.path)))
    _require(not errors, f"{where}: " + "; ".join(f"{error.json_path}: {error.message}" for error in errors[:3]))


def _valid(schema: dict[str, Any], value: Any) -> bool:
    return bool(_validator(json.dumps(schema)).is_valid(value))


@functools.cache
def _validator(schema: str) -> Any:  # jsonschema's own types are vague about what an instance is
    return Draft202012Validator({**json.loads(schema), "components": corrected()["components"]})


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise Violation(unquote(message))
