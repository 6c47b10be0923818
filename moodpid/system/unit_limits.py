"""What systemd keeps a unit from, read with systemctl: addresses."""

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from moodpid.system.systemctl import show_properties

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
        """Return whether the unit may reach an address; raise ValueError where it is none."""
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
