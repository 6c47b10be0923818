"""No bytes on any subscribed topic raise, block, or change anything but by a valid command."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from moodpid import config
from moodpid.mqtt.inbound import CommandParser
from moodpid.mqtt.topics import Topics
from moodpid.requests import Request
from moodpid.settings.fields import Capabilities, InvalidRequestError, setting_fields
from tests.support.mqtt import DEVICE, PublisherHarness

TOPICS = Topics.of(DEVICE, config.MqttConfig())
COMMANDS = CommandParser(TOPICS, setting_fields(Capabilities()))

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["components", "token"]), inner)
    ),
    max_leaves=12,
)
HELLO = st.fixed_dictionaries({"token": JSON, "host": JSON, "settled": JSON})
COMPONENTS = st.fixed_dictionaries({"components": st.dictionaries(st.text(), JSON)})
SURROGATES = {"components": {"\ud800": {"platform": "switch"}, "x": {"platform": "\ud800"}}}
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([b"ON", b"OFF", b"PRESS", b"happy", b"12", b"online", b"offline", b"automatic"]),
    st.one_of(JSON, HELLO, COMPONENTS).map(lambda content: json.dumps(content).encode()),
)


def valid(topic: str, payload: bytes, *, retained: bool) -> Request | None:
    try:
        return COMMANDS.read(topic, payload, retained=retained)
    except InvalidRequestError:
        return None


@given(
    messages=st.lists(
        st.tuples(st.sampled_from([*PublisherHarness().subscriptions, "elsewhere"]), PAYLOADS, st.booleans()),
        max_size=8,
    )
)
@example(messages=[(TOPICS.presence, b"[" * 60_000, False)])
@example(messages=[(TOPICS.discovery, b'{"a":' * 60_000, True)])
@example(messages=[(TOPICS.discovery, json.dumps(SURROGATES).encode(), True)])
def test_whatever_comes_only_valid_commands_are_obeyed(messages: list[tuple[str, bytes, bool]]) -> None:
    requests: list[Request] = []

    def post(request: Request) -> bool:
        requests.append(request)
        return True

    harness = PublisherHarness(post)
    expected: list[Request] = []
    for topic, payload, retained in messages:
        request = valid(topic, payload, retained=retained)
        if request and harness.publisher.owns_id:
            expected.append(request)
        harness.receive(topic, payload, retained=retained)
        harness.step()
    assert requests == expected
    assert harness.publisher.join(0)
