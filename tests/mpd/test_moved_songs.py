"""Songs that have moved since the analysis: others play, and the player names what mends it."""

from pathlib import Path
from random import Random

import pytest

from moodpid.config import MpdConfig, SongSource, Sound
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Affect, Mood
from moodpid.mpd import sound_pools
from moodpid.mpd.probe import _list
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.song_lists import ListCheck, Page
from tests.mpd.songs_by_sound import analysed, config
from tests.mpd.test_like import request_for
from tests.support.fake_mpd import FakeMpd

HAPPIEST = {f"Old/{number}.mp3": Affect(0.8, 0.5) for number in range(70)}
NEARLY_AS_HAPPY = {f"New/{number}.mp3": Affect(0.75, 0.45) for number in range(60)}


class Evening:
    """A song of a user plays on and on, at a player whose folder `Old` was renamed."""

    def __init__(self, reader: LibraryReader) -> None:
        self.mpd = FakeMpd({}, song_s=1e6)
        self.mpd.lost = {"Old"}
        self.reconciler = QueueReconciler(config(), Random(3), **self.mpd.clocks, reader=reader)  # noqa: S311
        self.reconciler.on_connect(self.mpd.link)
        self.mpd.add("a user's/1.mp3")
        self.mpd.play(0)
        self.message = ""

    def listen(self, seconds: int, step_s: int = 1) -> None:
        for _ in range(0, seconds, step_s):
            self.mpd.advance(step_s)
            self.look()

    def look(self, *changed: str) -> None:
        state = self.reconciler.reconcile(self.mpd.link, request_for(Mood.HAPPY), set(changed))
        self.message = state.message

    @property
    def waiting(self) -> list[str]:
        return [entry.file.split("/", maxsplit=1)[0] for entry in self.mpd.queue if not entry.by_user]

    @property
    def tries(self) -> int:
        return sum(command[0] == "addid" for command in self.mpd.sent)


@pytest.mark.parametrize(("moved", "seconds"), [(70, 3), (250, 60)])
def test_songs_beyond_a_moved_folder_play_soon(tmp_path: Path, moved: int, seconds: int) -> None:
    happiest = {f"Old/{number}.mp3": Affect(0.8, 0.5) for number in range(moved)}
    with analysed(tmp_path, happiest | NEARLY_AS_HAPPY) as reader:
        evening = Evening(reader)
        evening.listen(seconds, step_s=3)
    assert evening.waiting == ["New", "New"]


def test_moved_songs_are_not_tried_all_night(tmp_path: Path) -> None:
    with analysed(tmp_path, HAPPIEST) as reader:
        evening = Evening(reader)
        evening.listen(3600, step_s=30)
    assert evening.waiting == []
    assert evening.tries < len(HAPPIEST)
    assert "run moodpid analyse" in evening.message


def test_songs_that_are_back_play_again(tmp_path: Path) -> None:
    with analysed(tmp_path, HAPPIEST) as reader:
        evening = Evening(reader)
        evening.listen(60, step_s=5)
        evening.mpd.lost.clear()
        evening.look("database")
    assert evening.waiting == ["Old", "Old"]


def test_not_more_songs_than_a_limit_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_pools, "_MAX_LOST", 64)
    songs = {f"Old/{number}.mp3": Affect(0.8 - number / 1e4, 0.5) for number in range(300)}
    asked: list[str] = []
    with analysed(tmp_path, songs) as reader:
        evening = Evening(reader)
        monkeypatch.setattr(evening.mpd.link, "has_song", asked.append)
        evening.listen(3600, step_s=30)
    assert len(asked) == 64


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        (SongSource(sounds=Sound.HAPPY), "sudo -u moodpid moodpid analyse"),
        (SongSource(playlist="Old", sounds=Sound.HAPPY), "mpc update --wait"),
        (SongSource(folder="Old"), "mpc update --wait"),
    ],
)
def test_the_doctor_names_what_finds_moved_songs(source: SongSource, remedy: str) -> None:
    check = ListCheck(Page(tuple(HAPPIEST)[:10], 70), missing=10)
    finding = _list(check, source, MpdConfig(), has_queue=True)
    assert (finding.ok, finding.remedy.startswith(remedy)) == (False, True)
