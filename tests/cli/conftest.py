"""A good configuration for the commands."""

from pathlib import Path

import pytest

from tests.support.config_text import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "moodpid.toml"
    file.write_text(GOOD)
    return file


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` sets it for its own process."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
