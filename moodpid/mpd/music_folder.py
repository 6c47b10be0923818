"""Where MPD has its songs, which it tells only to clients on its local socket."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from msgspec.structs import replace

from moodpid.addresses import is_loopback
from moodpid.config import MpdConfig
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.protocol import MpdDeniedError, MpdGoneError

MPD_SOCKET: Final = "/run/mpd/socket"
"""Of Debian's MPD."""


def music_folder(connection: MpdConnection, settings: MpdConfig, password: str) -> str:
    """Return MPD's music folder; empty where it is not to be learned.

    Where the connection is to this machine, but not on MPD's socket, it is asked for there.

    Args:
        connection: To MPD.
        settings: What the connection was made with.
        password: Of MPD, empty if it has none.
    """
    folder = connection.music_directory()
    if folder or not is_loopback(settings.host):
        return folder
    version = connection.database_version()
    for place in local_sockets():
        with (
            suppress(MpdGoneError, MpdDeniedError),
            MpdConnection(replace(settings, host=place), password) as local,
        ):
            # Several may run on one machine: the one whose library was updated at the same second
            if version and local.database_version() == version:
                return local.music_directory()
    return ""


def local_sockets(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield where MPD has its socket on this machine: the user's own, then the system's, as mpc looks."""
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield f"{runtime}/mpd/socket"
    yield MPD_SOCKET
