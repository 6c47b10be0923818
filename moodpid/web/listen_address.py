"""The listening socket, and how the page's address is written."""

import errno
import socket
from dataclasses import dataclass

from moodpid.addresses import is_loopback
from moodpid.config import WebConfig
from moodpid.errors import ConfigError

_BACKLOG = 32
_ANY = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on


class NotYetAvailableError(Exception):
    """The address is not there yet; try again."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Where the page is.

    Attributes:
        host, port: Where it listens.
        base_path: Below which path it lies.
        public_url: Where a reverse proxy shows it; empty for none.
        hostname: Of this machine.
    """

    host: str
    port: int
    base_path: str = ""
    public_url: str = ""
    hostname: str = "localhost"

    @classmethod
    def of(cls, page: WebConfig, hostname: str) -> "PageAddress":
        """Return where the configuration wants the page."""
        return cls(page.host, page.port, page.base_path, page.public_url, hostname)

    @property
    def local_host(self) -> str:
        """Where programs on this machine reach it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared with

    @property
    def url(self) -> str:
        """The address for people, with a slash at its end."""
        if self.public_url:
            return f"{self.public_url}{self.base_path}/"
        short = self.hostname.partition(".")[0]
        host = f"{short}.local" if self.host in _ANY else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{self.base_path}/"

    @property
    def reachable(self) -> bool:
        """Whether other machines can reach it."""
        return bool(self.public_url) or not is_loopback(self.host)


def listen(address: PageAddress) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigError: The port is taken, or this user may not listen there.
        NotYetAvailableError: The network is not up yet.
    """
    what = f"[web] cannot listen on {address.host} port {address.port}"
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, place = found[0]
        both = address.host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(place, family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    except socket.gaierror as error:
        raise NotYetAvailableError(f"{what}: {error.strerror}") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise NotYetAvailableError(f"{what}: this machine does not have the address") from error
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"{what}: another program has it; set another port in [web]") from error
        if error.errno == errno.EACCES:
            raise ConfigError(f"{what}: it is not allowed; set a port from 1024 on") from error
        raise ConfigError(f"{what}: {error.strerror}") from error
