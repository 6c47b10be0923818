"""What is known of one song, as plain frozen types."""

from dataclasses import dataclass

from moodpid.library.places import Place

MIDDLE_BYTES = 16  # of a fingerprint: the hash of the middle of a file, which is all of it in older rows
FEATURES_BYTES, EMBEDDING_BYTES, SOUND_BYTES = 4 * 103, 2 * 200, 16  # see `Analysis`
NO_FILE = -1  # the size of a file that was not there
# A song that an earlier version read is read again, after all that are new
ANALYZER_VERSION = 1


def analyzer_version(*, network: bool) -> int:
    """Return the version of an analysis: the network's numbers count as a step of their own."""
    return 2 * ANALYZER_VERSION + network


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a song in MPD's database; empty where there are none."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    mood: str = ""


@dataclass(frozen=True, slots=True)
class ListedSong:
    """A song of MPD's database.

    Attributes:
        uri: Relative to the music folder, as `database_name` has it.
        modified: When its file changed last, in MPD's words; another text is another file.
        duration_s: 0 if unknown.
        tags: Of it.
    """

    uri: str
    modified: str = ""
    duration_s: float = 0.0
    tags: Tags = Tags()


@dataclass(frozen=True, slots=True)
class FileStamp:
    """By what a file is known to be the one that was read.

    Attributes:
        modified: As in `ListedSong`.
        size: In bytes; `NO_FILE` if it was not there.
        fingerprint: Hashes of pieces of its middle and its end, which find it again under another name; empty
            if they say nothing.
    """

    modified: str
    size: int
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in the sound of a song.

    Attributes:
        features: 103 numbers as little-endian float32.
        embedding: 200 numbers of the network as little-endian float16; None without it.
        place: On the plane.
        sound: 16 numbers from 0 to 255, by which neighbours are found.
        loudness_lufs: None for a song without a passage that passes the gate.
    """

    features: bytes
    embedding: bytes | None
    place: Place
    sound: bytes
    loudness_lufs: float | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far the analysis is.

    Attributes:
        listed: Songs that MPD has.
        analyzed: Of them, with the present program and network.
        failed: Of them, could not be read.
        waiting: Of them, new, changed, or analysed by an earlier program.
    """

    listed: int
    analyzed: int
    failed: int
    waiting: int
