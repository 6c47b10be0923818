"""Deletes retained messages that this installation left under an earlier name, or for a player it had."""

import logging
from collections.abc import Callable, Iterator
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_question import Answer, Ask, IdUse
from moodpid.mqtt.session import DeliveryStatus
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)

_GIVE_UP_AFTER = 2
_Topic: TypeAlias = Annotated[str, Meta(max_length=512, pattern=r"^[^+#\x00-\x1f\x7f\ud800-\udfff]*$")]


class _KeptTopics(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state file, with the keys of version 0.1.0.

    machine: The board's serial number, empty where it has none.
    music: There are the settings of a player.
    """

    root: _Topic = ""
    discovery: _Topic = ""
    machine: _Topic = ""
    music: bool = True


def retained_topics(topics: Topics, *, music: bool = True) -> Iterator[str]:
    """Yield every topic on which the publisher leaves retained messages, Home Assistant's first.

    Args:
        topics: All topics.
        music: Whether there are the settings of a player.
    """
    if topics.discovery:
        yield topics.discovery
    yield from (topics.mood, topics.attributes, topics.affect, topics.occupancy, topics.availability)
    yield from (topics.camera, topics.player, topics.song, topics.vitals)
    fields = setting_fields(Capabilities(music=music))
    yield from (topics.state(field.key) for field in fields if field.format is not None)
    yield topics.status


class OrphanCleaner:
    """Remembers over a restart which topics this device has, until the broker has cleared them.

    What another instance uses by now is left alone: two that had one id part when one of them gets another.

    Args:
        file: Where they are kept.
        topics: The present ones.
        ask: Begins to ask whether an instance with an earlier id runs.
        machine: The serial number of this board, empty where it has none.
        music: Whether a player has settings.
    """

    def __init__(
        self, file: JsonFile, topics: Topics, ask: Ask, *, machine: str = "", music: bool = True
    ) -> None:
        self._file, self._ask = file, ask
        self._now = _KeptTopics(topics.root, topics.discovery, machine, music)
        self._kept = set(retained_topics(topics, music=music))
        self._waiting: list[str] = []
        self._session = 0
        self._losses = 0  # sessions in a row that ended with a deletion on its way
        self._sent: list[tuple[str, DeliveryStatus]] | None = None
        self._asked: tuple[str, Answer] | None = None  # the earlier root, and who uses it

    def start(self, session: int) -> None:
        """Begin to delete what is left under another id or prefix; for every session until it is done.

        Some brokers end the session instead of denying it: after two of them it is left to the next start.

        Args:
            session: The number of the session.
        """
        before, self._session, self._asked = self._session, session, None
        if session != before and self._sent and self._sent[-1][1].accepted is None:
            self._losses += 1
            if self._losses == _GIVE_UP_AFTER:
                what = "the broker closes the connection when %s of an earlier name or player goes: it stays"
                log.warning(what, self._sent[-1][0])
        if self._losses >= _GIVE_UP_AFTER:
            self._sent = None
            return
        kept = self._file.read(_KeptTopics)
        self._sent = None if kept == self._now else []
        self._waiting = self._orphans(kept) if kept and kept != self._now else []
        if kept and self._waiting and kept.root != self._now.root:
            self._asked = kept.root, self._ask(Topics(kept.root))

    def step(self, deliver: Callable[[Message], DeliveryStatus]) -> None:
        """Delete one more when the last one is gone; remember the present topics when nothing is left.

        One at a time, since brokers limit how many messages wait for them; for each step of the loop.

        Args:
            deliver: Publishes a message that the broker acknowledges.
        """
        if self._asked and self._asked[1].done():
            self._take_answer(self._asked[0], self._asked[1].result())
        if self._sent is None or self._asked or (self._sent and self._sent[-1][1].accepted is None):
            return
        self._losses = 0 if self._sent else self._losses
        if self._waiting:
            topic = self._waiting.pop(0)
            self._sent.append((topic, deliver(Message(topic, ""))))
            return
        if self._file.write(msgspec.to_builtins(self._now)):
            _log_result(self._sent)
            self._sent = None

    def _take_answer(self, root: str, use: IdUse) -> None:
        """Spare what another instance uses; what is not known stays, until a later session asks again."""
        self._asked = None
        if use.trouble:
            what = "%d retained messages of an earlier name stay while another moodpid may use %s: %s"
            log.warning(what, len(self._waiting), root, use.trouble)
            self._sent = None
        elif use.host:
            log.info("the moodpid on %s uses %s, an earlier name of this one: it stays", use.host, root)
            self._waiting = []

    def _orphans(self, earlier: _KeptTopics) -> list[str]:
        # A card that was copied names the topics of another device, which goes on living
        if not earlier.root or earlier.machine not in {"", self._now.machine}:
            return []
        former = retained_topics(Topics(earlier.root, earlier.discovery), music=earlier.music)
        return [topic for topic in former if topic not in self._kept]


def _log_result(sent: list[tuple[str, DeliveryStatus]]) -> None:
    gone = [topic for topic, status in sent if status.accepted]
    stay = [topic for topic, status in sent if not status.accepted]
    if gone:
        log.info("deleted %d retained messages of an earlier name or player, %s first", len(gone), gone[0])
    if stay:
        what = "the broker denies deleting %d retained messages of an earlier name or player, %s first"
        log.warning(what, len(stay), stay[0])
