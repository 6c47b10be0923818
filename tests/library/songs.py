"""Songs for the tests of the library: made-up rows, and an analyser that hears what their files say."""

from collections.abc import Iterable
from pathlib import Path

from moodpid.library.analysis.decoder import (
    DecodeError,
    DecoderFaultError,
    DecoderNotStartedError,
    RetryableDecodeError,
)
from moodpid.library.analysis.files import Passage
from moodpid.library.places import Place
from moodpid.library.records import Analysis, FileStamp, ListedSong, Tags
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect

ANALYZER = 3
TODAY = 20_000


def listed(uri: str, artist: str = "", album: str = "", modified: str = "1", genre: str = "") -> ListedSong:
    return ListedSong(uri, modified, 180.0, Tags(Path(uri).stem, artist, album, genre))


def analysis(valence: float = 0.0, arousal: float = 0.0, sound: int = 128, spread: float = 0.2) -> Analysis:
    place = Place(Affect(valence, arousal), spread, spread)
    return Analysis(bytes(4 * 103), bytes(2 * 200), place, bytes([sound]) * 16, -14.0)


def stamp(song: ListedSong, content: bytes = b"") -> FileStamp:
    return FileStamp(song.modified, 1000, content or song.uri.encode())


def fill(store: LibraryStore, songs: Iterable[tuple[ListedSong, Analysis]]) -> None:
    """Analyse all songs of a listing of these."""
    rows = list(songs)
    store.replace_listing((song for song, _ in rows), TODAY)
    for song, found in rows:
        store.record(song, stamp(song), ANALYZER, found)


class ReadingAnalyzer:
    """Takes the first words of a file for its sound: two numbers, or a word of what goes wrong."""

    def __init__(self, version: int = ANALYZER) -> None:
        self.version = version
        self.heard: list[str] = []
        self.placed = 0

    def analyze(self, passage: Passage, tags: Tags) -> Analysis:
        del tags
        path = passage.path
        self.heard.append(path.name)
        match path.read_text(encoding="utf-8").split():
            case ["broken", *why]:
                raise DecodeError(" ".join(why))
            case ["slow"]:
                raise RetryableDecodeError("the decoder did not finish")
            case ["crash"]:
                raise DecoderFaultError("the decoder crashed")
            case ["missing", "library"]:
                raise DecoderNotStartedError("the decoder does not start: a library is missing")
            case ["unplugged"]:
                path.unlink()
                raise DecodeError("no sound can be decoded")
            case ["unplugged", "late"]:
                path.unlink()
                return analysis()
            case ["fault"]:
                raise ZeroDivisionError
            case [valence, arousal, *_]:
                return analysis(float(valence), float(arousal))
        raise AssertionError

    def place_library(self, store: LibraryStore) -> None:
        del store
        self.placed += 1
