"""What others may ask of us: a message on a `/set` topic becomes a request, or the reason why not."""

from collections.abc import Callable, Mapping

from moodpid.errors import MoodpidError
from moodpid.mqtt.topics import OFF, ON, Topics
from moodpid.state import Request, SetEnabled

LONGEST = 64
"""No valid payload has more bytes than this."""


class CommandError(MoodpidError):
    """A message that asks for nothing we can do; changes nothing."""


def subscriptions(topics: Topics) -> tuple[str, ...]:
    """The topics on which requests are heard."""
    return tuple(_readers(topics))


def read(topics: Topics, topic: str, payload: bytes, *, retained: bool) -> Request:
    """The request that a message makes.

    Raises:
        CommandError: With one line on why the message was not understood.
    """
    reader = _readers(topics).get(topic)
    if reader is None:
        raise CommandError(f"{topic!r} is no topic for requests")
    if retained:
        raise CommandError(f"a retained message on {topic}: send requests without the retain flag")
    if len(payload) > LONGEST:
        raise CommandError(f"a message of {len(payload)} bytes on {topic}; {LONGEST} are the most")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise CommandError(f"a message on {topic} that is not UTF-8 text") from None
    return reader(topic, text)


def _readers(topics: Topics) -> Mapping[str, Callable[[str, str], Request]]:
    return {topics.setter(topics.enabled): _enabled}


def _enabled(topic: str, text: str) -> Request:
    if text not in (ON, OFF):
        raise CommandError(f"{text!r} on {topic}; it takes {ON} or {OFF}")
    return SetEnabled(text == ON)
