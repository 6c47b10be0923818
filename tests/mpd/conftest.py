"""Workers at a real MPD for the tests of this room."""

from tests.support.worker_harness import start

__all__ = ["start"]
