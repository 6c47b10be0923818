"""Where MPD has its songs, which it tells only to clients on its local socket."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from moodpid.addresses import is_loopback
from moodpid.config import MpdConfig
from moodpid.library.names import mpd_name
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.listing import list_songs
from moodpid.mpd.protocol import CommandRefusedError, MpdDeniedError, MpdGoneError

MPD_SOCKET: Final = "/run/mpd/socket"
"""Of Debian's MPD, if systemd opens its sockets."""
USUAL_FOLDER: Final = Path("/var/lib/mpd/music")
"""Of Debian's MPD, as it comes."""
_LOOKED_FOR = 10  # songs, one of which must be in the usual folder


def music_folder(
    connection: MpdConnection, settings: MpdConfig, password: str, usual: Path = USUAL_FOLDER
) -> str:
    """Return MPD's music folder; empty where it is not to be learned.

    Where the connection is to this machine, but not on MPD's socket, it is asked for there. Where there is
    no socket, it is the usual folder, if MPD's songs are in it.

    Args:
        connection: To MPD.
        settings: What the connection was made with.
        password: Of MPD, empty if it has none.
        usual: The folder to look into at last.
    """
    folder = connection.music_directory()
    if folder or not is_loopback(settings.host):
        return folder
    return _told_on_a_socket(connection, settings, password) or _usual(connection, usual)


def _told_on_a_socket(connection: MpdConnection, settings: MpdConfig, password: str) -> str:
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


def _usual(connection: MpdConnection, folder: Path) -> str:
    with suppress(OSError, CommandRefusedError):  # nobody may look into it, or MPD has no library
        songs = islice(list_songs(connection, _LOOKED_FOR), _LOOKED_FOR)
        if any((folder / mpd_name(song.uri)).is_file() for song in songs):
            return str(folder)
    return ""


def local_sockets(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Yield where MPD has its socket on this machine: the user's own, then the system's, as mpc looks."""
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield f"{runtime}/mpd/socket"
    yield MPD_SOCKET
