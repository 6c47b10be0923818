from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.library.analysis.music_folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.store.close()
