"""What systemd keeps a unit from, read with systemctl: addresses and folders."""

import ipaddress
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from moodpid.system.systemctl import show_properties

_HOMES, _TEMPORARY = ("/home", "/root", "/run/user"), ("/tmp", "/var/tmp")  # noqa: S108  # nosec B108: none is used
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class AddressFilter:
    """The addresses that a unit may reach, as systemd.resource-control(5) has it.

    Attributes:
        allowed: IPAddressAllow=.
        denied: IPAddressDeny=, for what is not allowed.
    """

    allowed: tuple[Network, ...] = ()
    denied: tuple[Network, ...] = ()

    def admits(self, address: str) -> bool:
        """Return whether the unit may reach an address.

        Raises:
            ValueError: It is no address.
        """
        there = ipaddress.ip_address(address)
        return any(there in net for net in self.allowed) or not any(there in net for net in self.denied)


def read_address_filter(name: str) -> AddressFilter:
    """Return the addresses that a unit may reach: all, where it is not installed or systemd does not run."""
    shown = show_properties("systemctl", name, properties=("IPAddressAllow", "IPAddressDeny"))
    return AddressFilter(
        tuple(_networks(shown.get("IPAddressAllow", ""))), tuple(_networks(shown.get("IPAddressDeny", "")))
    )


def _networks(text: str) -> Iterator[Network]:
    for word in text.split():
        with suppress(ValueError):
            yield ipaddress.ip_network(word, strict=False)


@dataclass(frozen=True, slots=True)
class HiddenFolders:
    """The folders that systemd shows to a unit as empty, see systemd.exec(5).

    `InaccessiblePaths=` and `TemporaryFileSystem=` are not read.

    Attributes:
        hidden: By ProtectHome= and PrivateTmp=.
        bound: What BindPaths= and BindReadOnlyPaths= show all the same.
    """

    hidden: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()

    def hides(self, path: str) -> bool:
        """Return whether the unit cannot see a file or folder, or what it is a link to."""
        return any(
            _is_below(place, self.hidden) and not _is_below(place, self.bound)
            for place in (path, os.path.realpath(path))
        )


def read_hidden_folders(name: str) -> HiddenFolders:
    """Return the folders that a unit cannot see: none, where it is not installed or systemd does not run."""
    properties = ("ProtectHome", "PrivateTmp", "BindPaths", "BindReadOnlyPaths")
    shown = show_properties("systemctl", name, properties=properties)
    homes = _HOMES if shown.get("ProtectHome") in {"yes", "tmpfs"} else ()
    temporary = _TEMPORARY if shown.get("PrivateTmp") in {"yes", "connected", "disconnected"} else ()
    bound = " ".join(shown.get(key, "") for key in properties[2:]).split()
    return HiddenFolders((*homes, *temporary), tuple((entry.split(":") * 2)[1] for entry in bound))


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(PurePath(path).is_relative_to(folder) for folder in folders)
