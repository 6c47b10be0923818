"""Files that cannot be opened: single ones, or all below a folder whose share is away."""

import logging
from pathlib import Path

from moodpid.library.analysis.files import READ_FAULTS, MusicFolderError
from moodpid.library.names import mpd_name
from moodpid.library.records import ListedSong
from moodpid.text import clean

log = logging.getLogger(__name__)

MISSING_IN_A_ROW = 20  # songs of one top folder, from which on the rest of it waits
MISSING_AT_FIRST = 100  # songs of all folders, after which the scan ends if none was opened


def top_folder(uri: str) -> str:
    """Return the folder in the music folder that a song lies below, with its slash; empty for none."""
    return uri[: uri.find("/") + 1]


class MissingFiles:
    """Those of one scan; a share is mounted somewhere below the music folder, and takes all there with it.

    Args:
        folder: The music folder.

    Attributes:
        away: Top folders of which so many songs in a row were missing that the others are not looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.away: set[str] = set()
        self._folder = folder
        self._rows: dict[str, list[tuple[ListedSong, OSError]]] = {}
        self._single: list[tuple[ListedSong, OSError]] = []
        self._opened = False
        self._missing = 0
        self._last: tuple[ListedSong, OSError] | None = None

    def note_opened(self, song: ListedSong) -> None:
        """Note that a song could be read: so its folder is there, and those missing in it are single ones."""
        self._opened = True
        self._single += self._rows.pop(top_folder(song.uri), [])

    def note_missing(self, song: ListedSong, error: OSError) -> None:
        """Note that a song could not be opened, or not be read to its end.

        Raises:
            MusicFolderError: So far none could be.
        """
        top = top_folder(song.uri)
        row = self._rows.setdefault(top, [])
        row.append((song, error))
        self._missing += 1
        self._last = song, error
        if len(row) >= MISSING_IN_A_ROW:
            del self._rows[top]
            self.away.add(top)
            rest = "the rest of" if top else "what lies directly in"
            fault = self._describe(f"{len(row)} songs in a row", song, error)
            log.warning("%s; %s %s waits", fault, rest, clean(str(self._folder / mpd_name(top))))
        if self._missing >= MISSING_AT_FIRST:
            self._require_opened()

    def single(self) -> list[tuple[ListedSong, str]]:
        """Return the missing songs of all folders that do not count as away, and why each is."""
        found = self._single + [one for row in self._rows.values() for one in row]
        return [(song, _reason(error)) for song, error in found]

    def require_some(self) -> None:
        """Make sure that there is more than folders that are away.

        Raises:
            MusicFolderError: No song could be opened, and many in a row were missing.
        """
        if self.away:
            self._require_opened()

    def _require_opened(self) -> None:
        if self._last and not self._opened:
            tried = f"all {self._missing} songs that were tried"
            raise MusicFolderError(self._describe(tried, *self._last))

    def _describe(self, songs: str, song: ListedSong, error: OSError) -> str:
        fault, remedy = "are not in", "correct music in [library], or mount the share"
        if isinstance(error, PermissionError):
            fault, remedy = "may not be read in", "let all users read its files"
        elif error.errno in READ_FAULTS:
            fault, remedy = f"cannot be read ({error.strerror}) in", "see to its disk or share: sudo dmesg"
        such_as = clean(mpd_name(song.uri))
        return f"{songs} {fault} the music folder {self._folder}, such as {such_as}: {remedy}"


def _reason(error: OSError) -> str:
    what = "read" if error.errno in READ_FAULTS else "opened"
    return f"the file cannot be {what}: {error.strerror or error}"
