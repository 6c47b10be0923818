"""A good configuration for the commands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moodpid import config as configuration
from moodpid.cli import check, commands, setup
from tests.support.config_text import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "moodpid.toml"
    file.write_text(GOOD)
    return file


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a file the configuration of the service."""

    def make(path: Path) -> None:
        for module in (configuration, check, commands, setup):
            monkeypatch.setattr(module, "DEFAULT_PATH", path)
        monkeypatch.setattr(check, "service_account", lambda: None)  # whatever this machine has

    return make


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """`setup` sets it for its own process."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "")
