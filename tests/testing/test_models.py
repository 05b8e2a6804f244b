"""Models: the catalogue, and those of the account."""

from __future__ import annotations

import pytest

from mistral_async.testing import LocalServer
from tests.testing.api import Api

TUNED = "ft:mistral-small:my-model:abc123"


async def test_a_model_has_a_card_under_each_of_its_names(api: Api) -> None:
    names = [model["id"] for model in (await api.get("/v1/models")).json()["data"]]

    assert len(set(names)) == len(names) > 20
    for name in ("mistral-large-latest", "mistral-small-latest", "codestral-latest", "mistral-embed"):
        card = (await api.get(f"/v1/models/{name}")).json()
        assert (card["id"], card["type"]) == (name, "base")
        assert set(card["aliases"]) < set(names)


async def test_the_list_of_models_is_narrowed_by_its_query(api: Api) -> None:
    async def count(query: str) -> int:
        return len((await api.get(f"/v1/models?{query}")).json()["data"])

    assert await count("model=mistral-embed") == 1
    assert await count("provider=mistralai") > 20
    assert await count("provider=somebody") == 0


async def test_a_fine_tuned_model_can_be_changed(server: LocalServer, api: Api) -> None:
    server.add_model(TUNED)

    named = await api("PATCH", f"/v1/fine_tuning/models/{TUNED}", json={"name": "Mine"})
    described = await api("PATCH", f"/v1/fine_tuning/models/{TUNED}", json={"description": "Good", "name": None})

    assert (named.json()["name"], named.json()["description"]) == ("Mine", None)
    assert (described.json()["name"], described.json()["description"]) == (None, "Good")
    assert (await api.get(f"/v1/models/{TUNED}")).json()["description"] == "Good"


async def test_an_archived_model_cannot_be_used_until_it_is_taken_out(server: LocalServer, api: Api) -> None:
    server.add_model(TUNED)
    path = f"/v1/fine_tuning/models/{TUNED}/archive"

    archived = await api.post(path)
    refused = await api.ask(model=TUNED)
    shown = (await api.get(f"/v1/models/{TUNED}")).json()["archived"]
    unarchived = await api.delete(path)

    assert (archived.json()["archived"], refused.status, shown) == (True, 400, True)
    assert (unarchived.json()["archived"], (await api.ask(model=TUNED)).status) == (False, 200)


async def test_a_deleted_model_is_gone(server: LocalServer, api: Api) -> None:
    server.add_model(TUNED, archived=True)

    deleted = await api.delete(f"/v1/models/{TUNED}")

    assert deleted.json() == {"id": TUNED, "object": "model", "deleted": True}
    assert (await api.get(f"/v1/models/{TUNED}")).status == 404
    assert (await api.delete(f"/v1/models/{TUNED}")).status == 404


async def test_a_base_model_cannot_be_deleted_changed_or_archived(api: Api) -> None:
    name = "mistral-large-latest"

    assert (await api.delete(f"/v1/models/{name}")).status == 403
    assert (await api("PATCH", f"/v1/fine_tuning/models/{name}", json={})).status == 404
    assert (await api.post(f"/v1/fine_tuning/models/{name}/archive")).status == 404
    assert (await api.get(f"/v1/models/{name}")).status == 200


@pytest.mark.parametrize(("root", "kind"), [(None, "base"), ("open-mistral-nemo", "fine-tuned")])
async def test_a_model_can_be_put_there(root: str | None, kind: str, server: LocalServer, api: Api) -> None:
    server.add_model("mine", root=root, capabilities=["completion_chat", "vision"])

    card = (await api.get("/v1/models/mine")).json()
    assert (card["type"], card["capabilities"]["vision"]) == (kind, True)
    assert (await api.ask(model="mine")).status == 200
