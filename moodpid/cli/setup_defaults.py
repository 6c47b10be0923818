"""The default answers of `moodpid setup`, and what an answer makes of the configuration."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from msgspec import structs

from moodpid.cli.setup_file import BaseFile
from moodpid.cli.setup_passwords import NONE
from moodpid.config import CameraConfig, CameraSource, Config, MpdConfig, MqttConfig
from moodpid.doctor.discovery import MPD_PORT, MQTT_PORT, Address, format_place, parse_place
from moodpid.mqtt.broker import DEFAULT_PORTS

_HERE = ("localhost", "127.0.0.1", "::1")
# Of [mqtt], what setup does not ask for and keeps with another broker
_OWN_KEYS = ("base_topic", "picture", "discovery_prefix", "path")


def webcam_number(present: Config, webcams: Sequence[int]) -> int:
    """Return the number of the webcam: the configured one if it is there, else the first, 0 without any."""
    configured = present.camera.device if present.camera.source is CameraSource.WEBCAM else -1
    return configured if configured in webcams else next(iter(webcams), 0)


def camera_default(present: Config, found: CameraSource, webcams: Sequence[int]) -> CameraSource:
    """Return the default answer for the camera.

    Returns:
        What is configured, if it is a recording or a webcam that is there; else what is found.
    """
    configured = present.camera.source
    stays = configured is CameraSource.RECORDING or (configured is CameraSource.WEBCAM and webcams)
    return configured if stays else found


def with_camera(present: Config, kind: CameraSource, webcams: Sequence[int]) -> CameraConfig:
    """Return the camera's table with another source, or with the number that the same webcam has now."""
    camera, device = present.camera, webcam_number(present, webcams)
    if kind is not camera.source:
        # A recording begins again: at its end the service would be done
        loop, number = kind is CameraSource.RECORDING, device if kind is CameraSource.WEBCAM else 0
        return structs.replace(camera, source=kind, device=number, path="", loop=loop)
    return structs.replace(camera, device=device) if kind is CameraSource.WEBCAM else camera


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


def with_player(player: MpdConfig, answer: str) -> MpdConfig:
    """Return the player's table with another MPD, or none; raises ValueError for what is no address."""
    if answer == NONE:
        return structs.replace(player, enabled=False)
    there = parse_place(answer, MPD_PORT)
    return structs.replace(player, enabled=True, host=there.host, port=there.port)


def broker_default(base: BaseFile, find: Callable[[], Address | None]) -> str:
    """Return the default answer for the broker.

    Args:
        base: The configuration that is there.
        find: Looks for a broker, which takes some seconds.

    Returns:
        The broker that the configuration names; else the one that is found. None of both means `NONE` only in
        a new configuration: the broker of one that is there may just be down.
    """
    mqtt = base.present.mqtt
    if not mqtt.enabled:
        return NONE
    is_named = base.names_broker or mqtt != MqttConfig()
    broker = None if is_named else find()
    if not broker and not is_named and not base.is_owned:
        return NONE
    return format_place(broker or _broker(mqtt), MQTT_PORT)


def _broker(mqtt: MqttConfig) -> Address:
    return Address(mqtt.host, mqtt.port or DEFAULT_PORTS[mqtt.transport, mqtt.tls])


def with_broker(mqtt: MqttConfig, answer: str) -> MqttConfig:
    """Return the broker's table with another broker, or none; raises ValueError for what is no address.

    User name and certificates go to no other broker than theirs.
    """
    if answer == NONE:
        return structs.replace(mqtt, enabled=False)
    present = _broker(mqtt)
    if parse_place(answer, present.port) == present:  # without a port the same host is the same broker
        return structs.replace(mqtt, enabled=True)
    there = parse_place(answer, MQTT_PORT)
    port = None if there.port == MQTT_PORT else there.port
    return MqttConfig(host=there.host, port=port, **{key: getattr(mqtt, key) for key in _OWN_KEYS})


def may_keep_password(base: BaseFile, table: str, after: MpdConfig | MqttConfig) -> bool:
    """Return whether the present password may go to a server: to its own, and not in clear after TLS.

    Args:
        base: The configuration that is there.
        table: `player` or `mqtt`.
        after: That table with the server.
    """
    before = getattr(base.present, table)
    if table in base.lost:  # with its server, and whether that was reached by TLS
        return False
    # Then no server is named to which it could belong: it was put there for the one that is set up now
    if not base.is_owned or (table == "mqtt" and not before.username and not base.names_broker):
        return True
    loses_tls = getattr(before, "tls", False) and not getattr(after, "tls", False)
    return not loses_tls and _machine(before.host) == _machine(after.host)


def _machine(host: str) -> str:
    """Return one name for the many of this machine, and for spellings of another's."""
    is_here = host.startswith(("/", "@")) or host.lower() in _HERE
    return "localhost" if is_here else host.lower()


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
