"""Authorities whose certificates tests trust, or do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wire.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def another_authority(tmp_path: Path) -> Authority:
    directory = tmp_path / "another"
    directory.mkdir()
    return Authority(directory)
