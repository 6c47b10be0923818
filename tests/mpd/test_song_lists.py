"""A list that MPD cannot send is left out for a while, and one that MPD's own end cut short is not."""

from contextlib import suppress

import pytest

from moodpid.config import SongSource
from moodpid.mpd.protocol import MpdGoneError
from moodpid.mpd.song_lists import TOO_LARGE_S, HangUps

LARGE = SongSource(playlist="Everything")


def read(hang_ups: HangUps, source: SongSource, now_s: float, *, dropped: bool | None) -> str:
    """Read a list, which MPD sends (None), or where the connection is lost; what is said of it then."""
    with suppress(MpdGoneError), hang_ups.watch(source, now_s):
        if dropped is not None:
            raise MpdGoneError("gone", dropped=dropped)
    return hang_ups.problem(source, now_s)


def test_a_list_at_which_mpd_hangs_up_twice_rests() -> None:
    hang_ups = HangUps()
    assert read(hang_ups, LARGE, 0.0, dropped=True) == ""
    assert "max_output_buffer_size" in read(hang_ups, LARGE, 1.0, dropped=True)
    assert hang_ups.problem(LARGE, TOO_LARGE_S) != ""
    assert hang_ups.problem(LARGE, 1.0 + TOO_LARGE_S) == ""
    assert hang_ups.problem(SongSource(playlist="Other"), 1.0) == ""


def test_a_list_that_mpd_has_sent_in_between_is_not() -> None:
    hang_ups = HangUps()
    assert not any(read(hang_ups, LARGE, 0.0, dropped=dropped) for dropped in (True, None, True))


@pytest.mark.parametrize(
    ("source", "dropped"),
    [(LARGE, False), (SongSource(filter="(genre == 'Jazz')"), True), (SongSource(folder="Jazz"), True)],
)
def test_only_a_hang_up_at_a_playlist_counts(source: SongSource, dropped: bool) -> None:
    hang_ups = HangUps()
    assert not any(read(hang_ups, source, 0.0, dropped=dropped) for _ in range(3))
