"""Models: listed, shown, changed, archived and deleted."""

from __future__ import annotations

from mistral_async.testing.replies import Json
from mistral_async.testing.state.account import Account, Call
from mistral_async.testing.state.models import card, tuned_model


def list_models(account: Account, call: Call) -> Json:
    """``GET /v1/models``."""
    provider, wanted = call.query.get("provider"), call.query.get("model")
    data = [
        shown
        for shown in account.models.cards()
        if provider in (None, shown["owned_by"]) and wanted in (None, shown["id"])
    ]
    return Json(content={"object": "list", "data": data})


def retrieve_model(account: Account, call: Call) -> Json:
    """``GET /v1/models/{model_id}``."""
    (name,) = call.path
    return Json(content=card(name, account.models.get(name)))


def delete_model(account: Account, call: Call) -> Json:
    """``DELETE /v1/models/{model_id}``."""
    (name,) = call.path
    account.models.delete(name)
    return Json(content={"id": name, "object": "model", "deleted": True})


def update_model(account: Account, call: Call) -> Json:
    """``PATCH /v1/fine_tuning/models/{model_id}``."""
    model = account.models.tuned(call.path[0])
    if "name" in call.body:
        model.name = call.body["name"]
    if "description" in call.body:
        model.description = call.body["description"]
    return Json(content=tuned_model(model))


def archive_model(account: Account, call: Call) -> Json:
    """``POST /v1/fine_tuning/models/{model_id}/archive``."""
    return _archived(account, call, True)


def unarchive_model(account: Account, call: Call) -> Json:
    """``DELETE /v1/fine_tuning/models/{model_id}/archive``."""
    return _archived(account, call, False)


def _archived(account: Account, call: Call, archived: bool) -> Json:
    model = account.models.tuned(call.path[0])
    model.archived = archived
    return Json(content={"id": model.id, "object": "model", "archived": archived})
