"""What the MQTT tests set up."""

import logging
from collections.abc import Iterator

import msgspec
import pytest

from moodpid import config
from moodpid.mqtt.timings import Timings
from tests.support.mqtt import FAST, PublisherLoop, Start


@pytest.fixture
def start(caplog: pytest.LogCaptureFixture) -> Iterator[Start]:
    """Begin loops that retry soon and hardly listen for others with their id; end them after the test."""
    caplog.set_level(logging.INFO, "moodpid")
    loops: list[PublisherLoop] = []

    def begin(port: int, password: str = "", timings: Timings = FAST, **broker: object) -> PublisherLoop:
        settings = msgspec.convert({"host": "127.0.0.1", "port": port, **broker}, config.MqttConfig)
        loops.append(PublisherLoop(settings, password, timings))
        return loops[-1]

    yield begin
    for loop in loops:
        loop.end()
