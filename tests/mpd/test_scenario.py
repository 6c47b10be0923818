"""The two hours of tools/benchmarks/music_scenario.py, and a house too large to be looked at as a whole."""

from collections.abc import Sequence
from functools import cache

import pytest
from benchmarks.music_evening import Tally
from benchmarks.music_scenario import simulate

from moodpid.config import SongSource, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.song_lists import PAGE
from moodpid.mpd.wire import MpdWire
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, connected, until


@cache
def two_hours(change: TransitionMode) -> Tally:
    return simulate(change, seed=1)


@pytest.mark.parametrize("change", TransitionMode)
def test_in_two_hours_nothing_is_lost_moved_or_started_unasked(change: TransitionMode) -> None:
    tally = two_hours(change)
    assert (tally.mood_changes, tally.interferences, tally.restarts) == (30, 10, 3)
    assert (tally.songs_lost, tally.songs_moved, tally.started_unasked) == (0, 0, 0)
    assert tally.fitting_s > 0.25 * tally.playing_s


def test_now_fits_best_then_next_then_queue() -> None:
    share = {change: two_hours(change).fitting_s for change in TransitionMode}
    assert share[TransitionMode.NOW] > share[TransitionMode.NEXT] > share[TransitionMode.QUEUE]


def test_a_queue_of_ten_thousand_is_read_in_windows(
    mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = "".join(path.read_text() for path in sorted(mpd.playlists.iterdir()))
    lines = (songs * 500).splitlines()[:10_000]
    (mpd.playlists / "Party.m3u").write_text("\n".join(lines))
    mpd.mpc("load", "Party")
    mpd.mpc("play", "5000")
    mpd.mpc("pause")
    longest = 0
    request = MpdWire.request

    def measured(self: MpdWire, command: str, arguments: Sequence[object], timeout_s: float) -> list[str]:
        nonlocal longest
        answer = request(self, command, arguments, timeout_s)
        longest = max(longest, sum(line.startswith("file: ") for line in answer))
        return answer

    monkeypatch.setattr(MpdWire, "request", measured)
    harness = start(playlists={Mood.HAPPY: (SongSource(filter='(genre != "")'),)})
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    with connected(mpd) as client:
        until(lambda: int(client.status()["playlistlength"]) == 10_002)
    assert 0 < longest <= PAGE
