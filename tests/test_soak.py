"""The soak, for a short while: what a call opens is closed, whatever becomes of the call."""

from __future__ import annotations

import pytest

from tests.soak.run import Version, other_side, soak


@pytest.mark.parametrize("version", ["1.1", "2"])
async def test_nothing_is_left_of_calls_that_ended(version: Version, capsys: pytest.CaptureFixture[str]) -> None:
    with other_side() as url:
        assert await soak(url, version, calls=2_000), capsys.readouterr().out
