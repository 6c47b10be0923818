"""The whole program as a process of its own, between a real MPD and a real Mosquitto."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho

from moodpid.mood.emotion import Emotion
from moodpid.vision.opencv import cv2
from tests.support.mqtt import MqttListener
from tests.support.rooms import room
from tests.support.servers import PrivateMosquitto, PrivateMpd

BASE = "moodpid/test"
FPS = 8
# Short times, so that a test needs seconds where a room needs minutes
CONFIG = """
[device]
id = "test"
[camera]
source = "recording"
path = "{film}"
loop = true
fps = {fps}
[mood]
smoothing_s = 0.3
dwell_s = 0.5
somebody_after_s = 0.4
nobody_after_s = 0.6
[player]
host = "127.0.0.1"
port = {mpd}
change = "now"
autoplay = true
[player.playlists]
happy = ["Happy"]
neutral = ["Neutral"]
nobody = ["Nobody"]
[mqtt]
host = "127.0.0.1"
port = {mqtt}
"""


def film(folder: Path, *parts: tuple[Emotion | None, float]) -> Path:
    """A folder of pictures that shows each emotion, or the empty room, for so many seconds."""
    folder.mkdir(exist_ok=True)
    number = 0
    for shows, seconds in parts:
        picture = room((shows, 200, 120, 220)) if shows else room()
        for _ in range(round(seconds * FPS)):
            cv2.imwrite(str(folder / f"{number:04}.png"), picture)
            number += 1
    return folder


def configure(folder: Path, shown: Path, mpd: PrivateMpd, mosquitto: PrivateMosquitto) -> Path:
    """A configuration for these servers and this recording."""
    file = folder / "moodpid.toml"
    file.write_text(CONFIG.format(film=shown, fps=FPS, mpd=mpd.port, mqtt=mosquitto.port))
    return file


def published(topic: str, **values: object) -> Callable[[paho.MQTTMessage], bool]:
    """Whether a message is on this topic below ours and has these values in its JSON."""

    def matches(message: paho.MQTTMessage) -> bool:
        if message.topic != f"{BASE}/{topic}":
            return False
        said: dict[str, Any] = json.loads(message.payload)
        return all(said.get(key) == value for key, value in values.items())

    return matches


def wait_until_plays(listener: MqttListener, mood: str, playlist: str) -> str:
    """Wait for the news that a song of ours, chosen for this mood, is playing; its title."""
    news = listener.wait_for(published("player", state="play", mood=mood, playlist=playlist))
    return str(json.loads(news.payload)["title"])


def ask_for(listener: MqttListener, mood: str) -> None:
    """Override what the faces say, as soon as it can be heard."""
    listener.wait_for_text(f"{BASE}/status", "online")
    listener.publish(f"{BASE}/override/set", mood)
