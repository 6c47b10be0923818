"""Workers at a real MPD, and music at a fake one, for the tests of this room."""

import pytest

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
