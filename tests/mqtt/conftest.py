"""What the MQTT tests set up."""

import logging
from collections.abc import Iterator

import msgspec
import pytest

from moodpid import config
from moodpid.mqtt import connection, id_claim
from tests.support.mqtt import PublisherLoop, Start


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Start]:
    """Begins loops that try again soon and hardly listen for id_claim, and ends them after the test."""
    monkeypatch.setattr(connection, "retry_delay_s", lambda *_: 0.05)
    monkeypatch.setattr(id_claim, "LISTEN_S", 0.05)
    caplog.set_level(logging.INFO, "moodpid")
    loops: list[PublisherLoop] = []

    def begin(port: int, password: str = "", **broker: object) -> PublisherLoop:
        loops.append(
            PublisherLoop(
                msgspec.convert({"host": "127.0.0.1", "port": port, **broker}, config.MqttConfig), password
            )
        )
        return loops[-1]

    yield begin
    for loop in loops:
        loop.end()
