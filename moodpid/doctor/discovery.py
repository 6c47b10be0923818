"""Find the camera, the player and the broker that are here, as defaults for a new configuration."""

import contextlib
import importlib.util
import os
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from moodpid.config import CameraSource
from moodpid.mpd.music_folder import MPD_SOCKET
from moodpid.system.raspberry_pi import Machine
from moodpid.system.webcams import find_webcams

MPD_PORT: Final = 6600
MQTT_PORT: Final = 1883
_MAX_PORT: Final = 65535
_LIMIT_S: Final = 2.0
_MPD_GREETING: Final = b"OK MPD "
# Home Assistant's own names for itself in a home's network; its add-on Mosquitto listens there
_BROKERS: Final = ("localhost", "homeassistant.local", "homeassistant")


@dataclass(frozen=True, slots=True)
class Address:
    """A server: a host or the path of a socket, and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera.

    Attributes:
        source: Its kind.
        connected: Whether it is there; if not, it is the kind that this machine could use.
    """

    source: CameraSource
    connected: bool = True


def find_camera(machine: Machine, root: Path = Path("/")) -> FoundCamera:
    """Return the kind of the first camera, the Pi's own before a webcam."""
    has_picamera2 = _has_picamera2()
    if has_picamera2 and (machine.camera_answers or _libcamera_lists_one()):
        return FoundCamera(CameraSource.PICAMERA2)
    if find_webcams(root):
        return FoundCamera(CameraSource.WEBCAM)
    return FoundCamera(CameraSource.PICAMERA2 if has_picamera2 else CameraSource.WEBCAM, connected=False)


def _has_picamera2() -> bool:
    return importlib.util.find_spec("picamera2") is not None


def _libcamera_lists_one() -> bool:
    try:
        from picamera2 import Picamera2

        # libcamera lists USB cameras, too
        return any("/usb" not in str(info.get("Id", "")) for info in Picamera2.global_camera_info())
    except Exception:  # noqa: BLE001 - whatever a driver raises: then there is none to be used
        return False


def find_player(environment: Mapping[str, str] = os.environ) -> Address | None:
    """Return the first MPD that answers: the one that mpc would use, on this machine, or its socket."""
    host = environment.get("MPD_HOST", "").rsplit("@", 1)[-1]
    named = environment.get("MPD_PORT", "")  # a container's links set it to an address
    port = int(named) if re.fullmatch("[1-9][0-9]{0,4}", named) else MPD_PORT
    places = [Address(host, port)] if host and port <= _MAX_PORT else []
    for address in (*places, Address("localhost", MPD_PORT), Address(MPD_SOCKET, MPD_PORT)):
        if greeting(address).startswith(_MPD_GREETING):
            return address
    return None


def greeting(address: Address) -> bytes:
    """Return what a server sends first, empty if it cannot be reached or sends nothing in 2 s."""
    try:
        with _connected(address) as connection:
            return connection.recv(64)
    except OSError:
        return b""


def find_broker(hosts: Iterable[str] = _BROKERS, port: int = MQTT_PORT) -> Address | None:
    """Return the first of these hosts that accepts a connection on the port of MQTT."""
    for host in hosts:
        with contextlib.suppress(OSError), _connected(Address(host, port)):
            return Address(host, port)
    return None


def _connected(address: Address) -> socket.socket:
    if not address.host.startswith(("/", "@")):
        return socket.create_connection((address.host, address.port), _LIMIT_S)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_LIMIT_S)
    try:
        connection.connect(address.host.replace("@", "\0", 1))
    except OSError:
        connection.close()
        raise
    return connection


def parse_place(text: str, default_port: int) -> Address:
    """Return the server that `host`, `host:port`, `[address]:port` or the path of a socket names.

    Raises:
        ValueError: The port is not one.
    """
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?", text)
    named = re.fullmatch(r"([^:/\s]+)(?::(\d+))?", text)
    if found := bracketed or named:
        port = int(found[2] or default_port)
        if not 1 <= port <= _MAX_PORT:
            raise ValueError(f"{text}: a port is a number from 1 to {_MAX_PORT}")
        return Address(found[1], port)
    if re.search(r"\s|://", text) or not text:
        raise ValueError(
            f"{text!r}: a name or an address is wanted, such as 192.168.1.10 or 192.168.1.10:{default_port}"
        )
    return Address(text, default_port)


def format_place(place: Address, default_port: int) -> str:
    """Return what `parse_place` reads."""
    if place.port == default_port or place.host.startswith("/"):
        return place.host
    return f"[{place.host}]:{place.port}" if ":" in place.host else f"{place.host}:{place.port}"
