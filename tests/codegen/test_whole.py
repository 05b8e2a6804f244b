"""What is generated from the hard cases, used: imported, decoded with, asked for its types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from codegen.__main__ import ROOT, main

HARD = Path(__file__).with_name("hard.yaml")

# The package with the generated folders of another directory in front of its own.
IMPORT = "import sys, mistral_async; mistral_async.__path__.insert(0, sys.argv[1])\n"

USE = """\
import importlib, pkgutil, typing
import msgspec
from mistral_async import models, params, resources
from mistral_async.codec.load import model
from mistral_async.resources.operations import OPERATIONS

for operation in OPERATIONS:
    for name in (operation.query, operation.headers, operation.body, operation.answer):
        if name:
            msgspec.json.Decoder(model(name))
    if operation.events:
        msgspec.json.Decoder(model(operation.events.type))
for name in models.__all__:
    msgspec.json.Decoder(getattr(models, name))
for name in params.__all__:
    if typing.is_typeddict(getattr(params, name)):
        typing.get_type_hints(getattr(params, name))
print(*sorted(map(str, OPERATIONS)), sep="\\n")
"""

WALK = """\
from mistral_async.resources import Resources

class Client(Resources):
    _engine = None

client = Client()
print(client.v2.things["a/b"].copy)
print(client.plugs["x"])
print(client.sound_bank[3].raw_sample)
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hard")
    overlay = folder / "overlay.yaml"
    overlay.write_text("overlay: 1.0.0\ninfo: {title: Nothing, version: '1'}\nactions: []\n")
    assert main(["--spec", str(HARD), "--overlay", str(overlay), "--output", str(folder)]) == 0
    return folder / "mistral_async"


def run(script: str, generated: Path) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", IMPORT + script, str(generated)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_decoder_can_be_built_and_every_operation_is_there(generated: Path) -> None:
    assert run(USE, generated) == [
        "DELETE /v1/plugs/{id}",
        "GET /v1/lists",
        "GET /v1/plugs/{id_or_name}",
        "GET /v1/sound-bank/{number}/raw-sample",
        "GET /v1/ticks",
        "PATCH /v1/plugs/{id}",
        "POST /v1/search",
        "POST /v1/talks",
        "POST /v1/uploads",
        "POST /v2/things/{thing_id}/copy",
        "PUT /v1/lists",
    ]


def test_the_resources_lead_to_the_paths(generated: Path) -> None:
    assert run(WALK, generated) == [
        "<V2ThingsItemCopy /v2/things/a%2Fb/copy>",
        "<PlugsItem /v1/plugs/x>",
        "<SoundBankItemRawSample /v1/sound-bank/3/raw-sample>",
    ]


def test_importing_a_resource_loads_no_model(generated: Path) -> None:
    script = "import mistral_async.resources.operations\nprint([name for name in sys.modules if '.models.' in name])\n"

    assert run(script, generated) == ["[]"]
