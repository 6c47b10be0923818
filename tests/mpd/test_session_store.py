"""What is kept over a restart of ours: a real file, and a reconciler at a fake MPD that is gone and back."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from moodpid.config import MpdConfig, SongSource, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.queue_state import OwnSong, QueueState
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.session_store import SavedSession, SessionStore
from moodpid.system.json_file import RETRY_S, JsonFile
from tests.support.fake_mpd import FakeMpd
from tests.support.fakes import Clock
from tests.support.killed import KilledError

LISTS: dict[Mood, tuple[str | SongSource, ...]] = {Mood.SAD: ("Sad",), Mood.HAPPY: ("Happy",)}
SONGS = {"Sad": [f"sad/{n}" for n in range(8)], "Happy": [f"happy/{n}" for n in range(8)]}
KEPT = SavedSession(
    QueueState(
        own_songs=(
            OwnSong(7, "sad/1", Mood.SAD, "Sad", 3, started=True),
            OwnSong(9, "sad/2", Mood.SAD, "Sad", 4),
            OwnSong(11, "sad/3", Mood.SAD, "Sad", 5, outdated=True),
        ),
        user_requests=frozenset([4, 5]),
        hands_off_until_s=1200.0,
        hands_off_why="a user added songs",
        stopped_by_user=True,
        mood=Mood.SAD,
    ),
    booted_s=10.5,
    volume_to_restore=80,
    own_volumes=frozenset([50, 60]),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "player.json"


def store(file: Path | None, **settings: object) -> SessionStore:
    return SessionStore(JsonFile(file), MpdConfig(playlists=LISTS, **settings))  # type: ignore[arg-type]


def test_what_was_kept_comes_back(file: Path) -> None:
    store(file).save(KEPT)
    assert store(file).load(1000.0) == KEPT


@pytest.mark.parametrize("place", ["no file", "no folder", "no place"])
def test_where_nothing_was_kept_nothing_comes_back(file: Path, place: str) -> None:
    where = {"no file": file, "no folder": file.parent / "none" / file.name, "no place": None}[place]
    assert store(where).load(1000.0) == SavedSession()


@pytest.mark.parametrize("other", [{"port": 6601}, {"host": "attic"}, {"partition": "kitchen"}])
def test_what_is_of_another_mpd_counts_as_nothing(file: Path, other: dict[str, object]) -> None:
    store(file).save(KEPT)
    assert store(file, **other).load(1000.0) == SavedSession()


def test_state_of_an_earlier_boot_is_ignored(file: Path) -> None:
    store(file).save(KEPT)
    assert store(file).load(5.0) == SavedSession()


def test_a_user_has_the_player_no_longer_than_is_set(file: Path) -> None:
    store(file).save(KEPT)
    assert store(file, hands_off_s=60.0).load(1000.0).queue_state.hands_off_until_s == 1060.0


@pytest.mark.parametrize(("kept_s", "loaded_s"), [(1030.0, 1030.0), (5000.0, 1060.0)])
def test_music_that_was_to_start_is_still_to(file: Path, kept_s: float, loaded_s: float) -> None:
    kept = replace(KEPT.queue_state, start_until_s=kept_s)
    store(file).save(replace(KEPT, queue_state=kept))
    assert store(file).load(1000.0).queue_state.start_until_s == loaded_s


@pytest.mark.parametrize(
    "broken",
    [
        {"ours": None},
        {"ours": [1]},
        {"ours": [{"id": 7}]},
        {"ours": [{"id": "x", "uri": "", "mood": "sad", "source": "", "pos": 0, "begun": False}]},
        {"ours": [{"id": 1, "uri": "", "mood": "bored", "source": "", "pos": 0, "begun": False}]},
        {"guests": 3},
        {"hands_off_until_s": "soon"},
        {"booted_s": None},
        {"owed": "all"},
        {"owed": float("inf")},
        {"faded_to": [101]},
    ],
)
def test_a_broken_file_is_set_aside(file: Path, broken: dict[str, object]) -> None:
    store(file).save(KEPT)
    file.write_text(json.dumps(json.loads(file.read_text()) | broken))
    assert store(file).load(1000.0) == SavedSession()
    assert not file.exists()
    assert file.with_suffix(".broken").exists()


def test_it_is_written_only_when_it_changed(file: Path) -> None:
    one = store(file)
    one.save(KEPT)
    file.unlink()
    one.save(KEPT)
    assert not file.exists()
    one.save(replace(KEPT, volume_to_restore=None))
    assert file.exists()


def test_what_could_not_be_written_is_written_later(file: Path) -> None:
    clock = Clock()
    one = SessionStore(JsonFile(file.parent / "later" / file.name, clock), MpdConfig(playlists=LISTS))
    one.save(KEPT)
    (file.parent / "later").mkdir()
    clock.sleep(RETRY_S)
    one.save(KEPT)
    assert json.loads((file.parent / "later" / file.name).read_text())["owed"] == 80


class Session:
    """A song of a user plays at volume 80, ours wait behind it, and the service may end at any time."""

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self.fake_mpd = FakeMpd(SONGS)
        self.player = MpdConfig(change=TransitionMode.NOW, playlists=LISTS)
        self.fake_mpd.add("user/0")
        self.fake_mpd.play(0)
        self.steps = -1
        self.reconciler = self.comes()

    def comes(self) -> QueueReconciler:
        clocks = self.fake_mpd.clocks | {"sleep": self.sleep}
        store = SessionStore(JsonFile(self.file), self.player)
        reconciler = QueueReconciler(self.player, Random(3), **clocks, store=store)  # noqa: S311
        reconciler.on_connect(self.fake_mpd.link)
        return reconciler

    def sleep(self, _: float) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise KilledError

    def turn(self, mood: Mood | None) -> None:
        request = MusicRequest(start_path(mood, None), (mood.capitalize(),)) if mood else None
        self.reconciler.reconcile(self.fake_mpd.link, request)

    def is_killed_in_a_fade(self) -> None:
        self.steps = 3
        with pytest.raises(KilledError):
            self.turn(Mood.SAD)

    @property
    def queue(self) -> list[str]:
        return [entry.file.split("/")[0] for entry in self.fake_mpd.queue]


@pytest.mark.parametrize("times", [1, 3])
def test_the_queue_does_not_grow_at_a_restart_of_ours(file: Path, times: int) -> None:
    session = Session(file)
    session.turn(Mood.SAD)
    before = session.queue
    for _ in range(times):
        session.reconciler = session.comes()
        session.turn(None)
        session.turn(Mood.SAD)
    assert session.queue == before
    session.turn(Mood.HAPPY)
    assert session.queue.count("sad") <= 1, "the one before stays, for who presses previous"


def test_hands_off_outlives_a_restart_of_ours(file: Path) -> None:
    session = Session(file)
    session.turn(Mood.SAD)
    session.fake_mpd.add("user/1")
    session.turn(Mood.SAD)
    session.fake_mpd.advance(5.0)
    session.reconciler = session.comes()
    sent = len(session.fake_mpd.sent)
    session.turn(Mood.HAPPY)
    assert len(session.fake_mpd.sent) == sent


def test_an_interrupted_fade_restores_the_volume_at_the_next_start(file: Path) -> None:
    session = Session(file)
    session.is_killed_in_a_fade()
    assert session.fake_mpd.options.volume == 50
    session.comes()
    assert session.fake_mpd.options.volume == 80


@pytest.mark.parametrize("volume", [0, 20, 33, 40, 70])
def test_what_a_user_turned_since_stays(file: Path, volume: int) -> None:
    session = Session(file)
    session.is_killed_in_a_fade()
    session.fake_mpd.options.volume = volume
    session.comes()
    assert session.fake_mpd.options.volume == volume


@pytest.mark.parametrize("volume", [0, 20, 50, 70])
def test_a_file_of_before_restores_any_step(file: Path, volume: int) -> None:
    session = Session(file)
    session.is_killed_in_a_fade()
    content = json.loads(file.read_text())
    assert content.pop("faded_to") == [50, 60]
    file.write_text(json.dumps(content))
    session.fake_mpd.options.volume = volume
    session.comes()
    assert session.fake_mpd.options.volume == 80


def test_a_fade_that_ended_leaves_nothing_to_restore(file: Path) -> None:
    session = Session(file)
    session.turn(Mood.SAD)
    content = json.loads(file.read_text())
    assert content["owed"] is None
    assert "faded_to" not in content


def test_songs_added_before_an_interrupted_fade_remain_ours(file: Path) -> None:
    session = Session(file)
    session.is_killed_in_a_fade()
    session.reconciler = session.comes()
    session.turn(Mood.SAD)
    assert session.queue.count("sad") <= 3


def test_without_a_place_what_waits_counts_as_a_user_s() -> None:
    session = Session(None)
    session.turn(Mood.SAD)
    reconciler = session.comes()
    assert reconciler.queue_state.own_songs == ()
