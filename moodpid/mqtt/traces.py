"""Where this installation left retained messages, so that a new id or prefix leaves no orphan behind."""

from collections.abc import Iterator

from moodpid.host.store import JsonFile
from moodpid.mqtt.controls import Offers, controls
from moodpid.mqtt.topics import Topics


def retained(topics: Topics) -> Iterator[str]:
    """Every topic on which we leave retained messages, Home Assistant's first."""
    if topics.discovery:
        yield topics.discovery
    yield from (topics.mood, topics.attributes, topics.affect, topics.occupancy)
    yield from (topics.camera, topics.player, topics.vitals)
    yield from (topics.state(control.topic) for control in controls(Offers()) if control.state is not None)
    yield topics.status


class Traces:
    """Remembers over a restart which topics are ours.

    Args:
        file: Where it is written.
        topics: Those of now.
    """

    def __init__(self, file: JsonFile, topics: Topics) -> None:
        self._file, self._topics = file, topics

    def orphans(self) -> list[str]:
        """Topics with messages that we left under another id or prefix."""
        told = self._file.read()
        root, discovery = str(told.get("root", "")), str(told.get("discovery", ""))
        if not root or any(wildcard in root + discovery for wildcard in "+#\0"):
            return []
        now = set(retained(self._topics))
        return [topic for topic in retained(Topics(root, discovery)) if topic not in now]

    def left(self) -> None:
        """The messages of now are told, and the orphans are gone."""
        now = {"root": self._topics.root, "discovery": self._topics.discovery}
        if self._file.read() != now:
            self._file.write(now)
