"""A library of 300 analysed songs at a real MPD: when the mood changes, the songs that follow lie near it."""

import wave
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from moodpid.config import MpdConfig, TransitionMode
from moodpid.library.places import PLACES
from moodpid.library.reader import LibraryReader
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect, Mood
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.leader_election import LIKE, leader_among
from moodpid.mpd.listing import list_songs
from moodpid.mpd.stickers import rejected_songs
from tests.library.songs import ANALYZER, TODAY, analysis, stamp
from tests.support.environment import require
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import WorkerHarness, until

pytestmark = pytest.mark.e2e

SONGS = 300


@pytest.fixture(scope="module")
def mpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateMpd]:
    """An MPD with 300 short songs, each named by where it lies; their places are in a database beside it."""
    require("mpd", "mpc")
    folder = tmp_path_factory.mktemp("sounds")
    (folder / "playlists").mkdir()
    rng = Random(11)  # noqa: S311 - the same songs every time
    for number in range(SONGS):
        valence, arousal = rng.uniform(-1, 1), rng.uniform(-1, 1)
        write_silence(folder / "music" / f"Album {number // 10}" / f"{valence:+.2f}{arousal:+.2f}.wav")
    with PrivateMpd(folder, within=tmp_path_factory.mktemp("m")) as server:
        with (
            MpdConnection(MpdConfig(host=server.host, port=server.port)) as link,
            LibraryStore(folder / "library.sqlite") as store,
        ):
            songs = list(list_songs(link))
            store.replace_listing(songs, TODAY)
            for song in songs:
                store.record(song, stamp(song), ANALYZER, analysis(*place_in_name(song.uri)))
        yield server


def write_silence(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(16_000 * 20))


def place_in_name(uri: str) -> Affect:
    name = Path(uri).stem
    return Affect(float(name[:5]), float(name[5:]))


@pytest.fixture
def harness(mpd: PrivateMpd) -> Iterator[WorkerHarness]:
    mpd.mpc("clear")
    settings = MpdConfig(host=mpd.host, port=mpd.port, change=TransitionMode.NOW, autoplay=True)
    made = WorkerHarness(settings, reader=LibraryReader(mpd.music.parent / "library.sqlite"))
    made.worker.start()
    yield made
    made.stop()


def places_in_queue(mpd: PrivateMpd) -> list[Affect]:
    return [place_in_name(uri) for uri in mpd.mpc("playlist", "-f", "%file%").splitlines()]


@pytest.mark.parametrize("mood", [Mood.HAPPY, Mood.SAD, Mood.ANGRY, Mood.NEUTRAL])
def test_the_songs_that_follow_lie_near_the_mood(mpd: PrivateMpd, harness: WorkerHarness, mood: Mood) -> None:
    harness.request(Mood.SURPRISE if mood is not Mood.SURPRISE else Mood.HAPPY)
    until(lambda: len(places_in_queue(mpd)) >= 2)
    harness.request(mood)
    harness.until(lambda state: state.place is not None and state.place.distance(PLACES[mood]) < 0.6)
    until(lambda: all(place.distance(PLACES[mood]) < 0.6 for place in places_in_queue(mpd)[-2:]))


def test_rejections_are_read_back_from_the_server(mpd: PrivateMpd) -> None:
    with MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        uris = [song.uri for song in list_songs(link)][:2]
        for at_s, uri in zip(("1700000000", "900"), uris, strict=True):
            link.set_sticker(uri, "moodpid_sad_rejected", at_s)
        assert rejected_songs(link, Mood.SAD, 50) == [uris[1], uris[0]]
        assert rejected_songs(link, Mood.SAD, 1) == [uris[0]]
        assert rejected_songs(link, Mood.HAPPY, 50) == []


def test_songs_like_one_follow_when_a_client_asks_for_them(mpd: PrivateMpd, harness: WorkerHarness) -> None:
    harness.request(Mood.HAPPY)
    until(lambda: len(places_in_queue(mpd)) >= 2)
    with MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        uri = min(
            (song.uri for song in list_songs(link)),
            key=lambda one: place_in_name(one).distance(Affect(-0.7, -0.7)),
        )
        link.send_message(leader_among(link.channels()), f"{LIKE} {uri}")
    until(lambda: all(place.distance(place_in_name(uri)) < 0.5 for place in places_in_queue(mpd)[-2:]))
