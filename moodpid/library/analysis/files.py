"""The music folder: finding the sound of a song, and knowing it again under another name."""

import errno
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from moodpid.errors import ExitCode, MoodpidError
from moodpid.library.analysis.cue_sheet import cue_tracks
from moodpid.library.names import mpd_name
from moodpid.library.records import MIDDLE_BYTES, FileStamp, ListedSong
from moodpid.regular_file import check_regular, read_regular

NO_TRACK = "the CUE sheet has no such track"
# A disk or a share fails, which may be over soon
READ_FAULTS = frozenset(
    {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.ENODEV}
)
_SAMPLE_BYTES = 64 * 1024
_TAIL_BYTES = 16 * 1024
_ID3V1_BYTES = 128  # tags at the very end, which may change (id3.org/ID3v1)
_CUE_BYTES = 1 << 20
_CUE_TRACK = re.compile(r"track(\d{4,9})")  # MPD's name for a song of a CUE sheet


@dataclass(frozen=True, slots=True)
class Passage:
    """Where the sound of a song lies.

    Attributes:
        path: The file.
        duration_s: As MPD's database has it; 0 if unknown.
        start_s: Where in the file it begins.
        is_part: There are other songs in the file.
    """

    path: Path
    duration_s: float = 0.0
    start_s: float = 0.0
    is_part: bool = False


class NoPassageError(MoodpidError):
    """A song has no sound in the music folder."""

    exit_code = ExitCode.SOME_FAILED


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


def locate(folder: Path, song: ListedSong) -> Passage:
    """Return where the sound of a song lies; that of a CUE sheet's track lies in another file.

    Args:
        folder: The music folder.
        song: As the database has it.

    Raises:
        NoPassageError: It is a stream, or a track of a CUE sheet that does not have it.
        OSError: The CUE sheet cannot be read.
    """
    path = _path_within(folder, mpd_name(song.uri))
    track = _CUE_TRACK.fullmatch(path.name)
    if not track or path.parent.suffix.lower() != ".cue" or path.parent.is_dir():
        return Passage(path, song.duration_s)
    tracks = cue_tracks(read_regular(path.parent, _CUE_BYTES))
    number = int(track[1])
    if not 1 <= number <= len(tracks):
        raise NoPassageError(NO_TRACK)
    found = tracks[number - 1]
    return Passage(_path_within(path.parents[1], found.file), song.duration_s, found.start_s, is_part=True)


def _path_within(folder: Path, name: str) -> Path:
    """Return a path below a folder; raises NoPassageError for one that leads out of it."""
    if "://" in name or name.startswith("/") or "\0" in name or ".." in name.split("/"):
        raise NoPassageError("no file of its own in the music folder")
    return folder / name


def stamp_of(passage: Passage, song: ListedSong) -> FileStamp:
    """Return by what a song's file is known again: its size, and pieces of its middle and its end.

    The middle has no tags as a rule, but may have a large picture. One value throughout, as in silence, is of
    no use: the fingerprint is then empty.

    Raises:
        OSError: It cannot be read, or is not a regular file.
    """
    check_regular(passage.path)
    with passage.path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(0, (size - _SAMPLE_BYTES) // 2))
        middle = file.read(_SAMPLE_BYTES)
        file.seek(max(0, size - _ID3V1_BYTES - _TAIL_BYTES))
        tail = file.read(_TAIL_BYTES)
    if middle.count(middle[:1]) == len(middle):
        return FileStamp(song.modified, size)
    if passage.is_part:
        middle += f" {passage.start_s:.2f} {passage.duration_s:.2f}".encode()
    return FileStamp(song.modified, size, _hash(middle) + _hash(tail))


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=MIDDLE_BYTES).digest()
