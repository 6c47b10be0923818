"""The music folder: finding the file of a song, and knowing it again under another name."""

import hashlib
import os
from pathlib import Path

from moodpid.errors import ExitCode, MoodpidError
from moodpid.library.names import mpd_name
from moodpid.library.records import FileStamp, ListedSong
from moodpid.regular_file import check_regular

_SAMPLE_BYTES = 64 * 1024


class MusicFolderError(MoodpidError):
    """The music folder is not there, or went away."""

    exit_code = ExitCode.SOME_FAILED


def require_folder(folder: Path) -> None:
    """Make sure that there is something in the music folder.

    Raises:
        MusicFolderError: It is missing, unreadable or empty, as the mount point of a share is that is away.
    """
    try:
        with os.scandir(folder) as entries:
            if next(entries, None) is not None:
                return
    except OSError as error:
        raise MusicFolderError(
            f"the music folder {folder} cannot be read: {error.strerror}; set music in [library], or mount it"
        ) from error
    raise MusicFolderError(f"the music folder {folder} is empty: mount it, or set music in [library]")


def path_of(folder: Path, uri: str) -> Path | None:
    """Return where the file of a song is; None if it has none of its own, such as a stream.

    Args:
        folder: The music folder.
        uri: As the database has it.
    """
    if "://" in uri or uri.startswith("/") or "\0" in uri or ".." in uri.split("/"):
        return None
    return folder / mpd_name(uri)


def stamp_of(path: Path, song: ListedSong) -> FileStamp:
    """Return by what the file is known again: its size, and 64 kB from its middle, where no tags are.

    Raises:
        OSError: It cannot be read, or is not a regular file.
    """
    check_regular(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, (size - _SAMPLE_BYTES) // 2))
        content = file.read(_SAMPLE_BYTES)
    return FileStamp(song.modified, size, hashlib.blake2b(content, digest_size=16).digest())
