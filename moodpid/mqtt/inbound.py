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
from moodpid.mqtt.broker import LARGEST_PACKET, Message
from moodpid.mqtt.commands import Commands
from moodpid.mqtt.id_claim import Hello
from moodpid.mqtt.publish_throttle import Allowance
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.rate_limit import Murmur
from moodpid.settings.fields import CommandError, Control
from moodpid.state import Post

# More requests than people make; a switch that flutters must not open and close the camera all day
REQUEST_BURST = 16.0
REQUEST_RATE_HZ = 4.0
MOST_NEWS = 64

log = logging.getLogger(__name__)


class Sign(Enum):
    """What a short message from elsewhere says."""

    BORN = auto()
    """Home Assistant has started."""
    OFFLINE = auto()
    """We are said to be offline: by the will of a twin, or of our own lost connection."""
    ONLINE = auto()
    """We are said to be online."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands on the discovery topic."""

    payload: bytes


News: TypeAlias = Hello | Sign | Found


class Ears:
    """Sorts messages.

    The two threads share `news` and `obeys`, and nothing else: whatever news change belongs to the publisher.

    Args:
        topics: Where messages are heard.
        controls: What can be asked for.
        post: Where requests go.
        claim: Answers those who ask for our id.

    Attributes:
        news: What the publisher is to know before it speaks next.
        obeys: Set by the publisher: whether the id is ours, and requests for us and not for a twin of ours.
        subscriptions: All topics to be heard.
    """

    def __init__(self, topics: Topics, controls: Iterable[Control], post: Post, claim: Hello) -> None:
        self.news: RequestQueue[News] = RequestQueue(MOST_NEWS)
        self.obeys = False
        self._topics, self._post, self._claim = topics, post, claim
        self._commands = Commands(topics, controls)
        self._requests = Allowance(REQUEST_BURST, REQUEST_RATE_HZ)
        self._answers = Allowance(id_claim.ANSWER_BURST, id_claim.ANSWER_RATE_HZ)
        self._murmur = Murmur(log)
        elsewhere = filter(None, (topics.discovery, topics.birth))
        self.subscriptions = (*self._commands.subscriptions, topics.presence, topics.status, *elsewhere)

    def hear(self, topic: str, payload: bytes, retained: bool) -> Message | None:
        """Take one message in; what there is to say to it at once."""
        now_s = time.monotonic()
        if len(payload) > LARGEST_PACKET:
            # A broker that speaks MQTT 3.1.1 cannot be told to keep it to itself
            self._murmur.warn(f"ignored a message of {len(payload)} bytes on {topic}", now_s)
        elif topic in self._commands.subscriptions:
            if self.obeys:
                self._command(topic, payload, now_s, retained=retained)
        elif news := self._news(topic, payload, retained=retained):
            if self._asks_us(news) and self._answers.spend(now_s):
                return Message(self._topics.presence, self._claim.as_json(), retain=False)
            if not self.news.post(news):
                self._murmur.warn(f"ignored a message on {topic}: too many at once", now_s)
        return None

    def _asks_us(self, news: News) -> bool:
        asks = isinstance(news, Hello) and not news.settled and news.token != self._claim.token
        return asks and self.obeys

    def _news(self, topic: str, payload: bytes, *, retained: bool) -> News | None:
        topics = self._topics
        if topic == topics.presence:
            return None if retained else id_claim.parse(payload)  # a retained hello is one of the past
        if topic == topics.status:
            return Sign.OFFLINE if payload == OFFLINE.encode() else Sign.ONLINE
        if topic == topics.discovery:
            return Found(payload)
        if topic == topics.birth and payload == ONLINE.encode():
            return Sign.BORN
        return None

    def _command(self, topic: str, payload: bytes, now_s: float, *, retained: bool) -> None:
        """A message becomes a request, or at most a line in the log."""
        try:
            request = self._commands.read(topic, payload, retained=retained)
        except CommandError as error:
            self._murmur.warn(f"ignored {error}", now_s)
            return
        if not (self._requests.spend(now_s) and self._post(request)):
            self._murmur.warn(f"ignored a message on {topic}: too many at once", now_s)
