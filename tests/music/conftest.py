"""Workers at a real MPD for the tests of this room."""

from tests.music.watched import start

__all__ = ["start"]
