"""Workers at a real MPD, and music at a fake one, for the tests of this room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.library.reader import LibraryReader
from moodpid.system.json_file import JsonFile
from tests.mpd.songs_by_sound import SONGS, analysed
from tests.support.music_room import Room
from tests.support.worker_harness import start

__all__ = ["room", "start"]


@pytest.fixture
def room() -> Room:
    """Music of ours plays."""
    room = Room()
    room.look()
    assert room.mpd.playing().startswith("happy/")
    return room


@pytest.fixture
def file(tmp_path: Path) -> JsonFile:
    """What outlives us."""
    return JsonFile(tmp_path / "player.json")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LibraryReader]:
    with analysed(tmp_path, SONGS) as made:
        yield made
