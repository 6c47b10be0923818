"""What the network thread does with a message: commands become requests, the rest waits for the publisher.

It answers one thing itself, however busy the main loop is: a newcomer that asks whether the id is taken.
"""

import logging
import time
from collections.abc import Iterable
from threading import Lock

from moodpid.channels import LatestByKey, RequestQueue
from moodpid.mqtt import id_claim
from moodpid.mqtt.broker import Message, Subscription
from moodpid.mqtt.id_claim import ClaimMessage
from moodpid.mqtt.orphan_cleanup import retained_topics
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.topics import Topics
from moodpid.rate_limit import ThrottledLogger, TokenBucket
from moodpid.requests import ChangeSetting, Post, Request, SenseReport
from moodpid.settings.fields import InvalidRequestError, SettingField
from moodpid.text import clean

# More requests than people make; a switch that flutters must not open and close the camera all day
REQUEST_BURST = 16.0
REQUEST_RATE_HZ = 4.0
RELEASE_RATE_HZ = 1.0
MAX_CLAIMS = 64
MAX_COMMAND_BYTES = 64
"""No longer request is remembered for its fault."""
_MAX_REJECTED = 64

log = logging.getLogger(__name__)


class CommandParser:
    """Reads the messages on `/set` topics.

    Attributes:
        topics: Those topics.
    """

    def __init__(self, topics: Topics, fields: Iterable[SettingField]) -> None:
        self._by_topic = {topics.setter(field.key): field for field in fields}
        self.topics = tuple(self._by_topic)

    def read(self, topic: str, payload: bytes, *, retained: bool) -> Request:
        """Return the request that a message makes.

        Raises:
            InvalidRequestError: With one line on why the message was not understood.
        """
        field = self._by_topic.get(topic)
        if field is None:
            raise InvalidRequestError(f"a message on {topic!r}, which is no topic for requests")
        if retained:
            raise InvalidRequestError(f"a retained message on {topic}: send requests without the retain flag")
        if len(payload) > field.max_bytes:
            raise InvalidRequestError(
                f"a message of {len(payload)} bytes on {topic}; {field.max_bytes} are the most"
            )
        try:
            text = payload.decode().strip()
        except UnicodeDecodeError:
            raise InvalidRequestError(f"a message on {topic} that is not UTF-8 text") from None
        try:
            return field.parse(text)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{text!r} on {topic}: {error}") from None


class InboundRouter:
    """Sorts messages; the publisher takes what waits in `claims`, `seen` and `held`.

    Args:
        topics: Where messages come from.
        fields: What can be set and pressed.
        post: Where requests go.
        claim: Answers those that ask for the id.

    Attributes:
        claims: Claims to the id.
        seen: The latest message on each topic of this device's states, and on Home Assistant's status.
        accepts_commands: Set by the publisher: whether this instance owns the id.
        subscriptions: All topics to read.
    """

    def __init__(
        self, topics: Topics, fields: Iterable[SettingField], *, post: Post, claim: ClaimMessage
    ) -> None:
        self.claims: RequestQueue[ClaimMessage] = RequestQueue(MAX_CLAIMS)
        self.seen: LatestByKey[str, bytes] = LatestByKey()
        self.accepts_commands = False
        self._topics, self._post, self._claim = topics, post, claim
        self._commands = CommandParser(topics, fields)
        self._requests = {
            topic: TokenBucket(REQUEST_BURST, REQUEST_RATE_HZ) for topic in self._commands.topics
        }
        self._releases = {topic: TokenBucket(1.0, RELEASE_RATE_HZ) for topic in self._commands.topics}
        self._held: dict[str, ChangeSetting | SenseReport] = {}
        self._held_lock = Lock()
        self._answers = TokenBucket(id_claim.ANSWER_BURST, id_claim.ANSWER_RATE_HZ)
        self._rejected: dict[tuple[str, bytes, bool], str] = {}
        self._throttled_log = ThrottledLogger(log)
        states = tuple(retained_topics(topics))
        self._watched = frozenset((*states, *topics.births)) - {""}
        others = (topics.presence, *topics.births)
        self.subscriptions = (
            *(Subscription(topic) for topic in (*self._commands.topics, *others)),
            *(Subscription(topic, others_only=True) for topic in states),
        )

    def on_message(self, message: Received) -> Message | None:
        """Take in one message; return what is to be published at once, None for nothing."""
        now_s, topic, payload = time.monotonic(), message.topic, message.payload
        if payload is None:
            self._ignore(f"a message of {message.size} bytes on {clean(topic)}", now_s)
        elif topic in self._requests:
            if self.accepts_commands:
                self._command(topic, payload, now_s, retained=message.retained)
        elif topic == self._topics.presence:
            # A retained claim is one of the past
            claim = None if message.retained else id_claim.parse(payload)
            return self._take_claim(claim, now_s) if claim else None
        elif topic in self._watched:
            self.seen.put(topic, payload)
        return None

    def release_held(self, now_s: float) -> None:
        """Post the requests that came too fast, the latest of each kind; called by the publisher.

        Args:
            now_s: Monotonic seconds.
        """
        with self._held_lock:
            for topic, request in list(self._held.items()):
                if self._releases[topic].try_take(now_s) and self._post(request):
                    del self._held[topic]

    def close(self) -> None:
        """Close the channel of the claims."""
        self.claims.close()

    def _take_claim(self, claim: ClaimMessage, now_s: float) -> Message | None:
        asks = not claim.established and claim.token != self._claim.token and self.accepts_commands
        if asks and self._answers.try_take(now_s):
            return Message(self._topics.presence, self._claim.as_json(), retain=False)
        if not self.claims.post(claim):
            self._ignore(f"a message on {self._topics.presence}: too many at once", now_s)
        return None

    def _command(self, topic: str, payload: bytes, now_s: float, *, retained: bool) -> None:
        """Make a request of a message, or at most a line in the log."""
        key = (topic, payload, retained)
        if why := self._rejected.get(key):  # a flood mostly repeats itself
            self._ignore(why, now_s)
            return
        try:
            request = self._commands.read(topic, payload, retained=retained)
        except InvalidRequestError as error:
            if len(self._rejected) < _MAX_REJECTED and len(payload) <= MAX_COMMAND_BYTES:
                self._rejected[key] = str(error)
            self._ignore(str(error), now_s)
            return
        with self._held_lock:
            # None overtakes one that waits: the last one counts
            if topic not in self._held and self._requests[topic].try_take(now_s) and self._post(request):
                return
            if isinstance(request, ChangeSetting | SenseReport):
                overtaken, self._held[topic] = self._held.get(topic), request
                if overtaken is None:
                    return
        self._ignore(f"a message on {topic}: too many at once", now_s)

    def _ignore(self, what: str, now_s: float) -> None:
        self._throttled_log.warn(f"ignored {what}", now_s)
