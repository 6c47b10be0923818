"""What the end-to-end tests watch, configure, and listen with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.mood.emotion import Emotion
from tests.support.daemon import configure, film
from tests.support.mqtt import MqttListener
from tests.support.servers import PrivateMosquitto, PrivateMpd


@pytest.fixture(scope="module")
def happy_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty room, then somebody happy, again and again."""
    return film(tmp_path_factory.mktemp("film") / "happy", (None, 2.0), (Emotion.HAPPY, 4.0))


@pytest.fixture
def config(tmp_path: Path, happy_film: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto) -> Path:
    return configure(tmp_path, happy_film, mpd, mosquitto)


@pytest.fixture
def ear(mosquitto: PrivateMosquitto) -> Iterator[MqttListener]:
    with MqttListener(mosquitto.port, "moodpid/#") as listening:
        yield listening
