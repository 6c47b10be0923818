"""Where this installation left retained messages, so that a new id or prefix leaves no orphan behind."""

import logging
from collections.abc import Callable, Iterator, Mapping

from moodpid.mqtt.broker import Message
from moodpid.mqtt.connection import DeliveryStatus
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)


def retained_topics(topics: Topics) -> Iterator[str]:
    """Every topic on which we leave retained messages, Home Assistant's first."""
    if topics.discovery:
        yield topics.discovery
    yield from (topics.mood, topics.attributes, topics.affect, topics.occupancy)
    yield from (topics.camera, topics.player, topics.vitals)
    yield from (
        topics.state(field.key) for field in setting_fields(Capabilities()) if field.format is not None
    )
    yield topics.status


class OrphanCleaner:
    """Remembers over a restart which topics are ours, until the broker says that they are cleared.

    Args:
        file: Where it is written.
        topics: Those of now.
    """

    def __init__(self, file: JsonFile, topics: Topics) -> None:
        self._file = file
        self._now = {"root": topics.root, "discovery": topics.discovery}
        self._kept = set(retained_topics(topics))
        self._sent: list[tuple[str, DeliveryStatus]] | None = None

    def start(self, deliver: Callable[[Message], DeliveryStatus]) -> None:
        """Begin to delete what we left under another id or prefix; for every connection, until it is done."""
        told = self._file.read()
        orphans = self._orphans(told)
        self._sent = (
            None if told == self._now else [(topic, deliver(Message(topic, ""))) for topic in orphans]
        )

    def finish(self) -> None:
        """Once a turn of the loop: remember the topics of now when nothing is left of the earlier ones."""
        if self._sent is None or any(receipt.accepted is None for _, receipt in self._sent):
            return
        if self._file.write(self._now):
            _log_result(self._sent)
            self._sent = None

    def _orphans(self, told: Mapping[str, object]) -> list[str]:
        root, discovery = str(told.get("root", "")), str(told.get("discovery", ""))
        if not root or any(wildcard in root + discovery for wildcard in "+#\0"):
            return []
        return [topic for topic in retained_topics(Topics(root, discovery)) if topic not in self._kept]


def _log_result(sent: list[tuple[str, DeliveryStatus]]) -> None:
    gone = [topic for topic, receipt in sent if receipt.accepted]
    stay = [topic for topic, receipt in sent if not receipt.accepted]
    if gone:
        log.info("deleted %d retained messages of an earlier name, %s first", len(gone), gone[0])
    if stay:
        told = "the broker does not let us delete %d retained messages of an earlier name, %s first"
        log.warning(told, len(stay), stay[0])
