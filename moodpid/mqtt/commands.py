"""What others ask of us: a message on a `/set` topic becomes a request, or the reason why not."""

from collections.abc import Iterable

from moodpid.mqtt.topics import Topics
from moodpid.requests import Request
from moodpid.settings.fields import InvalidRequestError, SettingField

LONGEST = 64
"""No valid payload has more bytes than this."""


class CommandParser:
    """Reads messages for a set of controls.

    Attributes:
        subscriptions: The topics on which requests are heard.
    """

    def __init__(self, topics: Topics, fields: Iterable[SettingField]) -> None:
        self._by_topic = {topics.setter(field.key): field for field in fields}
        self.subscriptions = tuple(self._by_topic)

    def read(self, topic: str, payload: bytes, *, retained: bool) -> Request:
        """The request that a message makes.

        Raises:
            InvalidRequestError: With one line on why the message was not understood.
        """
        field = self._by_topic.get(topic)
        if field is None:
            raise InvalidRequestError(f"a message on {topic!r}, which is no topic for requests")
        if retained:
            raise InvalidRequestError(f"a retained message on {topic}: send requests without the retain flag")
        if len(payload) > LONGEST:
            raise InvalidRequestError(f"a message of {len(payload)} bytes on {topic}; {LONGEST} are the most")
        try:
            text = payload.decode().strip()
        except UnicodeDecodeError:
            raise InvalidRequestError(f"a message on {topic} that is not UTF-8 text") from None
        try:
            return field.parse(text)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{text!r} on {topic}: {error}") from None
