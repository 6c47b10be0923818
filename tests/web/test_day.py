"""The day keeps what happened, for a day and no more than fits."""

from dataclasses import replace

import pytest

from moodpid.mood.emotion import Mood
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus
from moodpid.text import clean
from moodpid.web.day import DAY_S, TRAIL_S, DayLog
from tests.support.page import app_state


def _at(mood: Mood, title: str = "Song", confidence: float = 0.8) -> AppState:
    state = app_state(mood, title)
    assert state.mood
    return replace(state, mood=replace(state.mood, confidence=confidence))


def test_spans_have_beginning_end_and_mean_confidence() -> None:
    day = DayLog()
    for now_s, confidence in ((0.0, 0.5), (1.0, 0.5), (2.0, 1.0)):
        day.update(_at(Mood.HAPPY, confidence=confidence), now_s)
    day.update(_at(Mood.SAD), 3.0)
    found = day.as_json(3.0)
    assert found["moods"] == [[Mood.HAPPY, 0.0, 3.0, pytest.approx(0.5)], [Mood.SAD, 3.0, 3.0, 0.8]]


def test_one_song_is_one_span_and_the_next_another() -> None:
    day = DayLog()
    for now_s, title in ((0.0, "One"), (1.0, "One"), (2.0, "Two")):
        day.update(_at(Mood.HAPPY, title), now_s)
    assert [song[1:4] for song in day.as_json(2.0)["songs"]] == [[0.0, 1.0, "One"], [2.0, 2.0, "Two"]]


def test_what_nobody_watched_is_not_known() -> None:
    day = DayLog()
    day.update(_at(Mood.HAPPY), 0.0)
    day.update(_at(Mood.HAPPY), 1.0)
    off = replace(_at(Mood.HAPPY), camera=CameraState(CameraStatus.OFF), room_known=False)
    day.update(off, 2.0)
    day.update(_at(Mood.HAPPY), 3.0)
    day.update(_at(Mood.HAPPY), 60.0)  # nothing came for a while
    assert [span[1:3] for span in day.as_json(60.0)["moods"]] == [[0.0, 1.0], [3.0, 3.0], [60.0, 60.0]]


def test_what_a_sense_reports_in_the_dark_is_known() -> None:
    day = DayLog()
    dark = replace(_at(Mood.SAD), camera=CameraState(CameraStatus.DARK))
    day.update(dark, 0.0)
    day.update(dark, 1.0)
    found = day.as_json(1.0)
    assert [span[:3] for span in found["moods"]] == [[Mood.SAD, 0.0, 1.0]]
    assert found["trail"]


def test_a_player_that_is_silent_has_no_song() -> None:
    day = DayLog()
    silent = replace(_at(Mood.HAPPY), player=PlayerState(PlayerStatus.PAUSE, clean("One")))
    day.update(silent, 0.0)
    assert day.as_json(0.0)["songs"] == []


def test_more_than_a_day_is_forgotten() -> None:
    day = DayLog()
    day.update(_at(Mood.HAPPY), 0.0)
    day.update(_at(Mood.SAD, "Two"), DAY_S + 1)
    found = day.as_json(DAY_S + 1)
    assert [span[0] for span in found["moods"]] == [Mood.SAD]
    assert [song[3] for song in found["songs"]] == ["Two"]


def test_the_trail_has_a_point_a_second_for_some_minutes() -> None:
    day = DayLog()
    for quarter in range(round(8 * TRAIL_S)):
        day.update(_at(Mood.HAPPY), quarter / 4)
    trail = day.as_json(2 * TRAIL_S)["trail"]
    assert len(trail) == pytest.approx(TRAIL_S, abs=2)
    assert trail[0][1] > 0


def test_moods_that_flicker_for_ever_take_limited_memory() -> None:
    day = DayLog()
    for second in range(5000):
        day.update(_at(Mood.SAD if second % 2 else Mood.HAPPY, str(second)), float(second))
    found = day.as_json(5000.0)
    assert len(found["moods"]) == 2000
    assert len(found["songs"]) == 800
