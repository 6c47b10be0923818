"""What `moodpid setup` finds on this machine, and how it tries what was answered."""

import socket
from collections.abc import Callable, Mapping
from typing import Protocol

from moodpid.config import Config
from moodpid.doctor.discovery import Address, FoundCamera, find_broker, find_camera, find_player
from moodpid.state import Finding
from moodpid.system.raspberry_pi import read_machine
from moodpid.system.systemctl import read_unit
from moodpid.system.webcams import find_webcams

Check = Callable[[Config], list[Finding]]


class Surroundings(Protocol):
    """What setup asks of the machine: what is here, and whether it works."""

    def host_name(self) -> str:
        """Return the machine's name in the network."""

    def camera(self) -> FoundCamera:
        """Return the camera that is found, or the kind that could be used."""

    def webcams(self) -> list[int]:
        """Return the numbers N of /dev/videoN that are webcams."""

    def player(self) -> Address | None:
        """Return the MPD that is found."""

    def broker(self) -> Address | None:
        """Return the broker that is found."""

    def checks(self) -> Mapping[str, Check]:
        """Return doctor's checks of `camera`, `player` and `broker`."""


class ThisMachine:
    """The machine that the program runs on."""

    def host_name(self) -> str:
        """Return the machine's name in the network."""
        return socket.gethostname()

    def camera(self) -> FoundCamera:
        """Return the camera that is found, or the kind that could be used."""
        return find_camera(read_machine())

    def webcams(self) -> list[int]:
        """Return the numbers N of /dev/videoN that are webcams."""
        return find_webcams()

    def player(self) -> Address | None:
        """Return the MPD that is found."""
        return find_player()

    def broker(self) -> Address | None:
        """Return the broker that is found."""
        return find_broker()

    def checks(self) -> Mapping[str, Check]:
        """Return doctor's checks of `camera`, `player` and `broker`."""
        from moodpid.doctor.servers import check_broker, check_player
        from moodpid.doctor.vision import check_camera, service_with_camera

        return {
            "camera": lambda config: [
                check_camera(config, read_machine(), service_with_camera(config, read_unit()))
            ],
            "player": lambda config: list(check_player(config)),
            "broker": lambda config: list(check_broker(config)),
        }
