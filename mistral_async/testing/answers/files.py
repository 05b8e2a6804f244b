"""Files: uploaded, listed, shown, downloaded and deleted."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import quote, urlencode

from mistral_async.testing.refusals import Refusal, error, invalid
from mistral_async.testing.replies import Download, Json
from mistral_async.testing.state.account import Account, Checked
from mistral_async.testing.state.paging import page

SIGNED = "/signed/files/"  # below it are the downloads that need no key
_HOUR = 3600  # seconds


def upload_file(account: Account, checked: Checked) -> Json:
    """``POST /v1/files``."""
    if checked.upload is None:
        raise invalid("missing", ["body", "file"], "Field required")
    file = account.files.add(
        account.ids.uuid("file"),
        checked.upload.filename,
        checked.upload.content,
        purpose=checked.body.get("purpose", "fine-tune"),
        mimetype=checked.upload.media_type,
        expiry=checked.body.get("expiry"),
        visibility=checked.body.get("visibility", "workspace"),
    )
    return Json(content=file.shown())


def list_files(account: Account, checked: Checked) -> Json:
    """``GET /v1/files``."""
    files = account.files.matching(checked.query)
    total = len(files) if checked.query.get("include_total", True) else None
    shown = [file.shown() for file in page(files, checked.query)]
    return Json(content={"data": shown, "object": "list", "total": total})


def retrieve_file(account: Account, checked: Checked) -> Json:
    """``GET /v1/files/{file_id}``."""
    return Json(content={**account.files.get(checked.path[0]).shown(), "deleted": False})


def delete_file(account: Account, checked: Checked) -> Json:
    """``DELETE /v1/files/{file_id}``."""
    account.files.delete(checked.path[0])
    return Json(content={"id": checked.path[0], "object": "file", "deleted": True})


def download_file(account: Account, checked: Checked) -> Download:
    """``GET /v1/files/{file_id}/content``."""
    return Download(content=account.files.get(checked.path[0]).content)


def sign_file(account: Account, checked: Checked) -> Json:
    """``GET /v1/files/{file_id}/url``."""
    file = account.files.get(checked.path[0])
    hours = checked.query.get("expiry", 24)
    if hours < 1:
        raise invalid("greater_than_equal", ["query", "expiry"], "Input should be greater than or equal to 1")
    expires = str(account.now() + hours * _HOUR)
    parameters = urlencode({"expires": expires, "token": _token(account, file.id, expires)})
    return Json(content={"url": f"{checked.origin}{SIGNED}{quote(file.id, safe='')}?{parameters}"})


def signed_download(account: Account, id: str, parameters: dict[str, str]) -> Download:
    """A download by its signature, without a key. Raises a 403 for a wrong or an old one."""
    expires = parameters.get("expires", "")
    signed = hmac.compare_digest(parameters.get("token", "").encode(), _token(account, id, expires).encode())
    if not signed or account.now() >= int(expires):
        raise Refusal(403, error("The link is not valid, or not any more.", "forbidden", "forbidden"))
    file = account.files.get(id)
    return Download(content=file.content, media_type=file.mimetype)


def _token(account: Account, id: str, expires: str) -> str:
    return hmac.new(account.secret, f"{id}\n{expires}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
        :32
    ]
