"""Where this installation left retained messages, so that a new id or prefix leaves no orphan behind."""

import logging
from collections.abc import Callable, Iterator
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from moodpid.mqtt.broker import Message
from moodpid.mqtt.session import DeliveryStatus
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)

_Topic: TypeAlias = Annotated[str, Meta(max_length=512, pattern=r"^[^+#\x00-\x1f\x7f\ud800-\udfff]*$")]


class _KeptTopics(msgspec.Struct, frozen=True):
    """The state file, with the keys of version 0.1.0."""

    root: _Topic = ""
    discovery: _Topic = ""


def retained_topics(topics: Topics) -> Iterator[str]:
    """Every topic on which we leave retained messages, Home Assistant's first."""
    if topics.discovery:
        yield topics.discovery
    yield from (topics.mood, topics.attributes, topics.affect, topics.occupancy)
    yield from (topics.camera, topics.player, topics.song, topics.vitals)
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
        self._now = _KeptTopics(topics.root, topics.discovery)
        self._kept = set(retained_topics(topics))
        self._sent: list[tuple[str, DeliveryStatus]] | None = None

    def start(self, deliver: Callable[[Message], DeliveryStatus]) -> None:
        """Begin to delete what we left under another id or prefix; for every connection, until it is done."""
        kept = self._file.read(_KeptTopics)
        if kept == self._now:
            self._sent = None
            return
        orphans = self._orphans(kept) if kept else []
        self._sent = [(topic, deliver(Message(topic, ""))) for topic in orphans]

    def finish(self) -> None:
        """Once a turn of the loop: remember the topics of now when nothing is left of the earlier ones."""
        if self._sent is None or any(receipt.accepted is None for _, receipt in self._sent):
            return
        if self._file.write(msgspec.structs.asdict(self._now)):
            _log_result(self._sent)
            self._sent = None

    def _orphans(self, earlier: _KeptTopics) -> list[str]:
        if not earlier.root:
            return []
        former = retained_topics(Topics(earlier.root, earlier.discovery))
        return [topic for topic in former if topic not in self._kept]


def _log_result(sent: list[tuple[str, DeliveryStatus]]) -> None:
    gone = [topic for topic, receipt in sent if receipt.accepted]
    stay = [topic for topic, receipt in sent if not receipt.accepted]
    if gone:
        log.info("deleted %d retained messages of an earlier name, %s first", len(gone), gone[0])
    if stay:
        told = "the broker denies deleting %d retained messages of an earlier name, %s first"
        log.warning(told, len(stay), stay[0])
