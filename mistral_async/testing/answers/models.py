"""Models: listed, shown, changed, archived and deleted."""

from __future__ import annotations

from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Checked
from mistral_async.testing.state.models import card, tuned_model


def list_models(account: Account, checked: Checked) -> Json:
    """``GET /v1/models``."""
    provider, wanted = checked.query.get("provider"), checked.query.get("model")
    data = [
        shown
        for shown in account.models.cards()
        if provider in (None, shown["owned_by"]) and wanted in (None, shown["id"])
    ]
    return Json(content={"object": "list", "data": data})


def retrieve_model(account: Account, checked: Checked) -> Json:
    """``GET /v1/models/{model_id}``."""
    (name,) = checked.path
    return Json(content=card(name, account.models.get(name)))


def delete_model(account: Account, checked: Checked) -> Json:
    """``DELETE /v1/models/{model_id}``."""
    (name,) = checked.path
    account.models.delete(name)
    return Json(content={"id": name, "object": "model", "deleted": True})


def update_model(account: Account, checked: Checked) -> Json:
    """``PATCH /v1/fine_tuning/models/{model_id}``."""
    model = account.models.tuned(checked.path[0])
    if "name" in checked.body:
        model.name = checked.body["name"]
    if "description" in checked.body:
        model.description = checked.body["description"]
    return Json(content=tuned_model(model))


def archive_model(account: Account, checked: Checked) -> Json:
    """``POST /v1/fine_tuning/models/{model_id}/archive``."""
    return _archived(account, checked, True)


def unarchive_model(account: Account, checked: Checked) -> Json:
    """``DELETE /v1/fine_tuning/models/{model_id}/archive``."""
    return _archived(account, checked, False)


def _archived(account: Account, checked: Checked, archived: bool) -> Json:
    model = account.models.tuned(checked.path[0])
    model.archived = archived
    return Json(content={"id": model.id, "object": "model", "archived": archived})
