"""What the page asks of other rooms arrives as plain data, within limits."""

from pathlib import Path

import msgspec
import pytest

from moodpid import page_backend
from moodpid.config import Config, MpdConfig, SongSource
from moodpid.errors import PictureError
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Analysis, FileStamp, ListedSong, Tags
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect, Mood
from moodpid.mpd.picker import Pick
from moodpid.page_backend import MAX_SONGS, Backend
from moodpid.vision.haar import StillDetector
from moodpid.vision.pipeline import FacePipeline
from tests.support.fakes import FakeClassifier
from tests.support.rooms import FACES
from tests.support.servers import PrivateMpd


def backend(library: Path = Path("/nonexistent"), config: Config | None = None) -> Backend:
    return Backend(
        config or Config(),
        "",
        library=lambda: LibraryReader(library),
        make_pipeline=lambda: FacePipeline(StillDetector(64), FakeClassifier()),
    )


def test_without_a_library_there_are_no_songs(tmp_path: Path) -> None:
    assert backend(tmp_path / "library.sqlite").library() == {"total": 0, "songs": []}


@pytest.mark.parametrize("count", [3, MAX_SONGS + 10])
def test_songs_come_with_place_and_name_and_never_too_many(tmp_path: Path, count: int) -> None:
    path = tmp_path / "library.sqlite"
    songs = [ListedSong(f"{number}.mp3", tags=Tags(f"T\n{number}", "A")) for number in range(count)]
    with LibraryStore(path) as store:
        store.replace_listing(songs, 1)
        for number, song in enumerate(songs):
            place = Place(Affect(number % 21 / 10 - 1, number % 7 / 3 - 1), 0.1, 0.1)
            store.record(song, FileStamp("", 1), 1, Analysis(bytes(412), None, place, bytes(16)))
    found = backend(path).library()
    assert found["total"] == count
    assert min(count, MAX_SONGS) / 2 <= len(found["songs"]) <= MAX_SONGS
    valence, arousal, name = found["songs"][0]
    assert -1 <= valence <= 1
    assert -1 <= arousal <= 1
    assert name == "A: T 0"


def test_next_songs_whose_names_are_no_utf8_can_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "M\udcf6tley.mp3"  # as python-mpd2 has bytes that are no UTF-8
    pick = Pick(odd, Mood.HAPPY, f"songs like {odd}", f"near {odd}", {})
    monkeypatch.setattr(page_backend, "dry_run", lambda *_, **__: [pick])
    sent = msgspec.json.decode(msgspec.json.encode(backend().next_songs(Mood.HAPPY, {})))
    assert [song["uri"] for song in sent] == ["M\ufffdtley.mp3"]


@pytest.mark.parametrize(
    ("settings", "moods"),
    [({"strategy": "lift"}, {Mood.SAD, Mood.HAPPY}), ({"strategy": "match"}, {Mood.SAD}), ({}, {Mood.SAD})],
)
def test_next_songs_follow_the_strategy_that_was_set(
    mpd: PrivateMpd, settings: dict[str, str], moods: set[Mood]
) -> None:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.SAD: ("Sad",), Mood.HAPPY: ("Happy",)}
    config = Config(player=MpdConfig(host="127.0.0.1", port=mpd.port, playlists=lists))
    songs = backend(config=config).next_songs(Mood.SAD, settings)
    assert {song["mood"] for song in songs} == moods


def test_a_picture_is_classified_in_shares_of_its_size() -> None:
    found = backend().classify((FACES / "happy.png").read_bytes())
    (face,) = found["faces"]
    assert 0 <= face["x"] <= face["x"] + face["width"] <= 1
    assert face["emotion"] == "happy"
    assert sum(face["scores"].values()) == pytest.approx(1.0)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff"])
def test_a_picture_that_cannot_be_read_is_named_so(data: bytes) -> None:
    with pytest.raises(PictureError, match="the picture: "):
        backend().classify(data)
