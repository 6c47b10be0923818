"""What `moodpid playlists` reports of a real MPD."""

import re
from random import Random

import pytest

from moodpid.config import MpdConfig, SongSource, Strategy
from moodpid.mood.emotion import Mood
from moodpid.mpd.playlist_report import (
    NEXT_SONGS,
    NothingToPlayError,
    as_text,
    dry_run,
    picks_as_text,
    report,
)
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import queue


def settings(mpd: PrivateMpd, strategy: Strategy = Strategy.MATCH) -> MpdConfig:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {
        Mood.HAPPY: ("Happy", SongSource(folder="nowhere")),
        Mood.SAD: (SongSource(filter='(genre == "Blues")', weight=2),),
        Mood.NEUTRAL: ("Neutral",),
    }
    return MpdConfig(host="127.0.0.1", port=mpd.port, playlists=lists, strategy=strategy)


def test_each_mood_is_listed_with_its_sources_and_faults(mpd: PrivateMpd) -> None:
    moods = {one.mood: one for one in report(settings(mpd))}
    assert set(moods) == set(Mood)
    good, missing = moods[Mood.HAPPY].lists
    assert (good.songs, good.problem) == (3, "")
    assert 'no folder "nowhere/"' in missing.problem
    assert not moods[Mood.HAPPY].ok
    assert (moods[Mood.SAD].lists[0].songs, moods[Mood.SAD].lists[0].weight) == (3, 2)
    assert moods[Mood.DISGUST].borrowed is Mood.SAD
    assert moods[Mood.NOBODY].lists == ()


def test_the_table_has_a_line_for_each_list(mpd: PrivateMpd) -> None:
    lines = as_text(report(settings(mpd))).splitlines()
    assert len(lines) == 9  # eight moods, and happy has two lists
    assert "happy     3 songs in Happy, weight 1" in lines
    assert "nobody    leaves the player as it is" in lines


def test_a_missing_list_is_reported_once_with_its_moods(mpd: PrivateMpd) -> None:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("Happy", "Lost"), Mood.SAD: ("Lost",)}
    lines = as_text(report(MpdConfig(host="127.0.0.1", port=mpd.port, playlists=lists))).splitlines()
    (line,) = [line for line in lines if '"Lost"' in line]
    moods, fault = line.split(": ", maxsplit=1)
    assert fault.startswith('MPD has no playlist "Lost"')
    assert {"happy", "sad", "disgust"} <= set(moods.split(", "))


def test_a_mood_with_only_missing_lists_has_no_dry_run(mpd: PrivateMpd) -> None:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: ("Happy",), Mood.SAD: ("Lost", "Gone")}
    player = MpdConfig(host="127.0.0.1", port=mpd.port, playlists=lists)
    lines = as_text(report(player)).splitlines()
    assert "sad       nothing to play: Lost, Gone cannot be used" in lines
    assert "disgust   nothing to play: Lost, Gone cannot be used (as sad)" in lines
    with pytest.raises(NothingToPlayError) as caught:
        dry_run(player, Mood.SAD)
    assert str(caught.value).startswith("sad: nothing to play: ")
    assert caught.value.exit_code == 1


def test_a_dry_run_shows_songs_with_reasons_and_changes_nothing(mpd: PrivateMpd) -> None:
    picks = dry_run(settings(mpd), Mood.HAPPY, rng=Random(1))  # noqa: S311 - repeatable
    assert len(picks) == NEXT_SONGS
    assert len({pick.uri for pick in picks[:3]}) == 3
    shown = re.compile(r" ?\d+  \S+  \(one of \d+ from Happy, \d+\.\d\d for it and \d+\.\d\d against\)")
    assert all(shown.fullmatch(line) for line in picks_as_text(picks).splitlines())
    assert queue(mpd) == []


def test_a_dry_run_follows_the_strategy(mpd: PrivateMpd) -> None:
    picks = dry_run(settings(mpd, Strategy.LIFT), Mood.SAD)
    assert [pick.mood for pick in picks[:5]] == [Mood.SAD] * 2 + [Mood.NEUTRAL] * 2 + [Mood.HAPPY]


def test_a_mood_without_lists_has_nothing_to_run(mpd: PrivateMpd) -> None:
    assert dry_run(settings(mpd), Mood.NOBODY) == []
