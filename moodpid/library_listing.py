"""MPD's list of songs, taken over into our database, and where their files are."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

from moodpid import wiring
from moodpid.config import Config
from moodpid.library.analysis.files import MusicFolderError, require_folder
from moodpid.library.records import ListedSong
from moodpid.library.store import LibraryStore, ListingShrunkError
from moodpid.mpd import listing
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.music_folder import music_folder
from moodpid.mpd.session import format_address

log = logging.getLogger(__name__)

_DAY_S = 24 * 3600
_LISTED = "mpd_database"  # the version of MPD's database that the listing is of
_FEW_SINCE = "few_since"  # the day from which on MPD has had less than half of the songs
_FEW_DAYS = 7  # until that is believed at night


def update_listing(config: Config, store: LibraryStore, *, unattended: bool) -> Path:
    """Take over MPD's list of songs if it has changed, and return the music folder.

    Args:
        config: Names MPD and the folder.
        store: The database.
        unattended: By a timer: a list that has lost more than half of its songs is not believed at once.

    Raises:
        MusicFolderError: The folder is away. MPD may show no songs for that reason: the list stays as it was.
    """
    password = wiring.mpd_password(config)
    with MpdConnection(config.player, password) as connection:
        folder = local_folder(config.library.music or music_folder(connection, config.player, password))
        require_folder(folder)
        version = f"{format_address(config.player)} {connection.database_version()}"
        songs = listing.list_songs(connection)  # read only if they are asked for
        if version != store.fact(_LISTED) and _replace_listing(store, songs, unattended=unattended):
            store.keep_fact(_LISTED, version)
    return folder


def _replace_listing(store: LibraryStore, songs: Iterator[ListedSong], *, unattended: bool) -> bool:
    """Replace the list of songs; return whether that was done.

    A part of the library may lie on a share of its own, which is away while the rest is there.
    """
    today = int(time.time() // _DAY_S)  # noqa: TID251 - songs that are gone are kept for some months
    since = min(int(store.fact(_FEW_SINCE) or today), today)  # a clock may have been set back
    before = store.backlog(0).listed  # whatever version analysed them
    suspicious = unattended and today - since < _FEW_DAYS
    try:
        store.replace_listing(songs, today, at_least=(before + 1) // 2 if suspicious else 0)
    except ListingShrunkError as error:
        store.keep_fact(_FEW_SINCE, str(since))
        log.warning(
            "MPD has %d of %d songs: a share may be away. The others are kept for %d days, or until"
            " sudo -u moodpid moodpid analyse",
            error.count,
            before,
            since + _FEW_DAYS - today,
        )
        return False
    store.keep_fact(_FEW_SINCE, "")
    return True


def local_folder(folder: str) -> Path:
    """Return the music folder on this machine.

    Raises:
        MusicFolderError: MPD does not report where it is, or has it on another machine.
    """
    if not folder:
        raise MusicFolderError(
            "MPD shows its music folder on its local socket only, and none is found: set music in [library] "
            "to the folder with the songs, or host in [player] to that socket"
        )
    if "://" in folder:
        raise MusicFolderError(
            f"MPD reads its songs from {folder}: mount that share, and set music in [library] to where it is"
        )
    return Path(folder).expanduser()
