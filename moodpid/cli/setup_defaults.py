"""The default answers of `moodpid setup`: what is configured already, else what is found."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from moodpid.cli.setup_passwords import NONE
from moodpid.config import CameraSource, Config, MqttConfig, Transport, load
from moodpid.doctor.discovery import MPD_PORT, MQTT_PORT, Address, format_place
from moodpid.errors import ConfigError


def read_present(path: Path) -> Config:
    """Return the configuration that is there; the defaults where there is none, or one with faults."""
    try:
        return load(path)
    except ConfigError:
        return Config()


def webcam_number(present: Config, webcams: Sequence[int]) -> int:
    """Return the number of the webcam: the configured one if it is there, else the first, 0 without any."""
    configured = present.camera.device if present.camera.source is CameraSource.WEBCAM else -1
    return configured if configured in webcams else next(iter(webcams), 0)


def camera_default(present: Config, found: CameraSource, webcams: Sequence[int]) -> CameraSource:
    """Return the default answer for the camera: a webcam that is configured and there, else what is found."""
    configured = present.camera.source
    return configured if configured is CameraSource.WEBCAM and webcams else found


def player_default(present: Config, found: Address | None) -> str:
    """Return the default answer for MPD.

    Args:
        present: The configuration that is there.
        found: The MPD that is found.
    """
    player, standard = present.player, Address("localhost", MPD_PORT)
    if not player.enabled:
        return NONE
    configured = Address(player.host, player.port)
    return format_place(configured if configured != standard else found or standard, MPD_PORT)


def configured_broker(present: Config) -> Address | None:
    """Return the broker that is configured, unless it takes TLS or WebSockets, which setup cannot write."""
    mqtt = present.mqtt
    if mqtt.tls or mqtt.transport is not Transport.TCP or mqtt == MqttConfig():
        return None
    return Address(mqtt.host, mqtt.port or MQTT_PORT)


def identifier(name: str, host: str) -> str:
    """Return the part of the MQTT topics for a name of people: small letters, digits and dashes.

    Args:
        name: As people see it.
        host: The machine's name, for a name of which no such letter is left.
    """
    return _plain(name) or _plain(host.partition(".")[0]) or "moodpid"


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:63].rstrip("-")
