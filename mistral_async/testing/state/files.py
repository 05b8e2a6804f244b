"""The files of the account."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mistral_async.testing.clock import Clock
from mistral_async.testing.refusals import not_found
from mistral_async.testing.state.content import Content

_SAMPLE_TYPES = {"fine-tune": "instruct", "batch": "batch_request"}
_HOUR = 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    id: str
    filename: str
    purpose: str
    sample_type: str
    source: str
    mimetype: str
    content: Content
    num_lines: int | None
    created_at: int
    expires_at: int | None
    visibility: str

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "file",
            "bytes": self.content.size,
            "created_at": self.created_at,
            "filename": self.filename,
            "purpose": self.purpose,
            "sample_type": self.sample_type,
            "num_lines": self.num_lines,
            "mimetype": self.mimetype,
            "source": self.source,
            "signature": None,
            "expires_at": self.expires_at,
            "visibility": self.visibility,
        }


class Files:
    """Stored files by id, the oldest first. A file whose time is over is gone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, StoredFile] = {}

    def add(
        self,
        id: str,
        filename: str,
        content: Content,
        *,
        purpose: str,
        sample_type: str | None = None,
        source: str = "upload",
        mimetype: str | None = None,
        expiry: int | None = None,  # hours
        visibility: str = "workspace",
    ) -> StoredFile:
        now = int(self._clock())
        lined = filename.endswith(".jsonl") or purpose in _SAMPLE_TYPES
        if replaced := self._by_id.get(id):
            replaced.content.discard()
        self._by_id[id] = file = StoredFile(
            id=id,
            filename=filename,
            purpose=purpose,
            sample_type=sample_type or _SAMPLE_TYPES.get(purpose, "pretrain"),
            source=source,
            mimetype=mimetype or media_type(filename),
            content=content,
            num_lines=content.count_lines() if lined else None,
            created_at=now,
            expires_at=None if expiry is None else now + expiry * _HOUR,
            visibility=visibility,
        )
        return file

    def find(self, id: str) -> StoredFile | None:
        file = self._by_id.get(id)
        if file is not None and file.expires_at is not None and self._clock() >= file.expires_at:
            self._remove(file)
            return None
        return file

    def get(self, id: str) -> StoredFile:
        """Raises a 404."""
        if file := self.find(id):
            return file
        raise not_found("File", id)

    def delete(self, id: str) -> None:
        self._remove(self.get(id))

    def _remove(self, file: StoredFile) -> None:
        del self._by_id[file.id]
        file.content.discard()

    def matching(self, query: Mapping[str, Any]) -> list[StoredFile]:
        """The files that a query asks for, the newest first."""
        there = (self.find(id) for id in reversed(list(self._by_id)))
        return [file for file in there if file is not None and _matches(file, query)]


def _matches(file: StoredFile, query: Mapping[str, Any]) -> bool:
    def one_of(name: str, value: str) -> bool:
        wanted: Sequence[str] | None = query.get(name)
        return not wanted or value in wanted

    purpose, search = query.get("purpose"), query.get("search")
    return (
        (purpose is None or file.purpose == purpose)
        and (search is None or search.lower() in file.filename.lower())
        and one_of("sample_type", file.sample_type)
        and one_of("source", file.source)
        and one_of("mimetypes", file.mimetype)
    )


def media_type(filename: str) -> str:
    """The media type that a name suggests."""
    if filename.endswith(".jsonl"):
        return "application/jsonl"
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"
