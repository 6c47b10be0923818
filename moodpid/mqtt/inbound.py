"""What the network thread does with a message: a request goes to the loop, news wait for the publisher.

One thing it answers itself, however busy the loop is: a newcomer that asks whether our id is taken.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from moodpid.channels import RequestQueue
from moodpid.mqtt import id_claim
from moodpid.mqtt.broker import MAX_PACKET_BYTES, Message
from moodpid.mqtt.commands import CommandParser
from moodpid.mqtt.id_claim import ClaimMessage
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.rate_limit import ThrottledLogger, TokenBucket
from moodpid.requests import Post
from moodpid.settings.fields import InvalidRequestError, SettingField

# More requests than people make; a switch that flutters must not open and close the camera all day
REQUEST_BURST = 16.0
REQUEST_RATE_HZ = 4.0
MAX_EVENTS = 64

log = logging.getLogger(__name__)


class StatusSignal(Enum):
    """What a short message from elsewhere says."""

    BORN = auto()
    """Home Assistant has started."""
    OFFLINE = auto()
    """We are said to be offline: by the will of a twin, or of our own lost connection."""
    ONLINE = auto()
    """We are said to be online."""


@dataclass(frozen=True, slots=True)
class DiscoverySeen:
    """What stands on the discovery topic."""

    payload: bytes


InboundEvent: TypeAlias = ClaimMessage | StatusSignal | DiscoverySeen


class InboundRouter:
    """Sorts messages.

    The two threads share `news` and `obeys`, and nothing else: whatever news change belongs to the publisher.

    Args:
        topics: Where messages are heard.
        fields: What can be asked for.
        post: Where requests go.
        claim: Answers those who ask for our id.

    Attributes:
        events: What the publisher is to know before it speaks next.
        accepts_commands: Set by the publisher: whether this instance owns the id.
        subscriptions: All topics to be heard.
    """

    def __init__(
        self, topics: Topics, fields: Iterable[SettingField], post: Post, claim: ClaimMessage
    ) -> None:
        self.events: RequestQueue[InboundEvent] = RequestQueue(MAX_EVENTS)
        self.accepts_commands = False
        self._topics, self._post, self._claim = topics, post, claim
        self._commands = CommandParser(topics, fields)
        self._requests = TokenBucket(REQUEST_BURST, REQUEST_RATE_HZ)
        self._answers = TokenBucket(id_claim.ANSWER_BURST, id_claim.ANSWER_RATE_HZ)
        self._throttled_log = ThrottledLogger(log)
        elsewhere = filter(None, (topics.discovery, topics.birth))
        self.subscriptions = (*self._commands.subscriptions, topics.presence, topics.status, *elsewhere)

    def on_message(self, topic: str, payload: bytes, retained: bool) -> Message | None:
        """Take one message in; what there is to say to it at once."""
        now_s = time.monotonic()
        if len(payload) > MAX_PACKET_BYTES:
            # A broker that speaks MQTT 3.1.1 cannot be told to keep it to itself
            self._throttled_log.warn(f"ignored a message of {len(payload)} bytes on {topic}", now_s)
        elif topic in self._commands.subscriptions:
            if self.accepts_commands:
                self._command(topic, payload, now_s, retained=retained)
        elif news := self._event(topic, payload, retained=retained):
            if self._claims_our_id(news) and self._answers.try_take(now_s):
                return Message(self._topics.presence, self._claim.as_json(), retain=False)
            if not self.events.post(news):
                self._throttled_log.warn(f"ignored a message on {topic}: too many at once", now_s)
        return None

    def _claims_our_id(self, news: InboundEvent) -> bool:
        asks = isinstance(news, ClaimMessage) and not news.established and news.token != self._claim.token
        return asks and self.accepts_commands

    def _event(self, topic: str, payload: bytes, *, retained: bool) -> InboundEvent | None:
        topics = self._topics
        if topic == topics.presence:
            return None if retained else id_claim.parse(payload)  # a retained hello is one of the past
        if topic == topics.status:
            return StatusSignal.OFFLINE if payload == OFFLINE.encode() else StatusSignal.ONLINE
        if topic == topics.discovery:
            return DiscoverySeen(payload)
        if topic == topics.birth and payload == ONLINE.encode():
            return StatusSignal.BORN
        return None

    def _command(self, topic: str, payload: bytes, now_s: float, *, retained: bool) -> None:
        """A message becomes a request, or at most a line in the log."""
        try:
            request = self._commands.read(topic, payload, retained=retained)
        except InvalidRequestError as error:
            self._throttled_log.warn(f"ignored {error}", now_s)
            return
        if not (self._requests.try_take(now_s) and self._post(request)):
            self._throttled_log.warn(f"ignored a message on {topic}: too many at once", now_s)
