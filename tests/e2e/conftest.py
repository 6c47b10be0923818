"""Songs that last longer than a test, as songs do."""

from pathlib import Path

import pytest
from demo.library import generate


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight stored playlists of three songs."""
    return generate(tmp_path_factory.mktemp("library"), seconds=20.0)
