"""What the home sets is applied, published, kept, and restored."""

import pytest

from moodpid.errors import RecordingEnded, RestartRequested
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import Observation
from moodpid.mood.policy import EventType
from moodpid.mood.room import RoomState
from moodpid.requests import Button, ChangeSetting, PressButton
from moodpid.state import Settings
from tests.support.daemon_harness import DaemonHarness, seconds
from tests.support.fakes import ScriptedSource, look


def test_an_override_is_published_and_played_whatever_the_faces(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("override", Mood.HAPPY))
    harness.run(*seconds(4, Emotion.SAD))
    present = harness.home.published[-1]
    assert present.mood is not None
    assert present.observed_mood is not None
    assert (present.mood.mood, present.observed_mood.mood) == (Mood.HAPPY, Mood.SAD)
    assert harness.player.requests[-1].playlists == ("Happy",)


def test_a_party_goes_on_with_the_camera_off(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("override", Mood.HAPPY))
    harness.requests.post(ChangeSetting("enabled", False))
    harness.run(None, None)
    assert harness.player.requests[-1].playlists == ("Happy",)
    assert harness.player.enabled == []


def switch_off_and_on(harness: DaemonHarness, pause_s: float, *after: Observation) -> None:
    """People are happy; watching is switched off, and on after a while; then this is seen."""
    daemon = harness.daemon(*seconds(4, Emotion.HAPPY))
    with pytest.raises(RecordingEnded):
        daemon.run()
    daemon.source = ScriptedSource(after)
    daemon.clock = lambda: 3.75 + pause_s
    for on in (False, True):
        harness.requests.post(ChangeSetting("enabled", on))
    with pytest.raises(RecordingEnded):
        daemon.run()


@pytest.mark.parametrize(("pause_s", "wanted"), [(299.0, Mood.HAPPY), (300.0, Mood.NOBODY)])
def test_after_a_night_no_music_plays_for_yesterday(
    harness: DaemonHarness, pause_s: float, wanted: Mood
) -> None:
    switch_off_and_on(harness, pause_s)
    assert harness.player.enabled == [False, True]
    request = harness.player.enabled_after[-1]
    assert request is not None
    assert request.mood is wanted


def test_after_a_night_an_override_goes_on_and_nobody_leaves(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("override", Mood.SAD))
    switch_off_and_on(harness, 28_800.0, *(look(28_804.0 + n / 4) for n in range(40)))
    assert harness.player.requests[-1].mood is Mood.SAD
    observed = harness.home.published[-1].observed_mood
    assert observed is not None
    assert observed.mood is Mood.NOBODY
    assert EventType.ROOM_EMPTY not in {event.event_type for event in harness.home.events}


def test_leaving_the_music_alone_leaves_the_camera_open(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("drive_music", False))
    harness.run(None)
    assert harness.player.enabled == [False]
    assert harness.eye.enabled_calls == []


def test_the_same_setting_twice_is_done_once(harness: DaemonHarness) -> None:
    for _ in range(3):
        harness.requests.post(ChangeSetting("enabled", False))
    harness.run(None)
    assert harness.eye.enabled_calls == [False]


def test_looks_a_second_reach_the_eye(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("fps", 1.0))
    harness.run(None)
    assert harness.eye.rates == [1.0]


def test_a_longer_dwell_holds_the_mood(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("dwell_s", 600.0))
    harness.run(*seconds(20, Emotion.HAPPY), *seconds(60, Emotion.SAD, start_s=20))
    assert harness.home.published[-1].mood is not None
    assert harness.home.published[-1].mood.mood is Mood.HAPPY


@pytest.mark.parametrize(
    ("name", "value", "threshold", "dwell_s"),
    [("dwell_s", 20.0, 0.513, 20.0), ("sensitivity", 20.0, 0.675, FilterSettings().dwell_s)],
)
def test_a_filter_setting_leaves_the_others_alone(
    harness: DaemonHarness, name: str, value: float, threshold: float, dwell_s: float
) -> None:
    daemon = harness.daemon(None)
    daemon.mood_filter = MoodFilter(
        FilterSettings(threshold=0.513)
    )  # which no whole sensitivity says exactly
    harness.requests.post(ChangeSetting(name, value))
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert daemon.mood_filter._settings == FilterSettings(threshold=threshold, dwell_s=dwell_s)


def test_the_strategy_stands_in_what_the_player_is_asked_for(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("strategy", "lift"))
    harness.run(*seconds(10, Emotion.HAPPY))
    assert harness.player.requests
    assert all(request.targets for request in harness.player.requests)


def test_settings_are_restored_at_start_and_saved_when_changed(harness: DaemonHarness) -> None:
    harness.kept = Settings(enabled=False)
    harness.requests.post(ChangeSetting("dwell_s", 20.0))
    harness.run(None)
    assert harness.eye.enabled_calls == [False]
    assert harness.keeps == [Settings(enabled=False, dwell_s=20.0)]


def test_settings_that_change_at_once_are_saved_once(harness: DaemonHarness) -> None:
    for dwell_s in (1.0, 2.0, 3.0):
        harness.requests.post(ChangeSetting("dwell_s", dwell_s))
    harness.run(None, None)
    assert harness.keeps == [Settings(dwell_s=3.0)]


def test_a_setting_just_before_a_restart_is_saved(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("dwell_s", 3.0))
    harness.requests.post(PressButton(Button.RESTART))
    with pytest.raises(RestartRequested):
        harness.daemon().run()
    assert harness.keeps == [Settings(dwell_s=3.0)]


def test_settings_that_could_not_be_saved_are_retried(harness: DaemonHarness) -> None:
    harness.disk_full = 2
    harness.requests.post(ChangeSetting("dwell_s", 20.0))
    harness.run(*[None] * 6)
    assert harness.keeps == [Settings(dwell_s=20.0)] * 3


def test_what_was_learned_is_forgotten_by_a_button_and_saved(harness: DaemonHarness) -> None:
    daemon = harness.daemon(*seconds(10, Emotion.HAPPY))
    saved: list[tuple[RoomState, bool]] = []

    def save(state: RoomState, /, *, now: bool) -> bool:
        saved.append((state, now))
        return True

    daemon.save_room = save
    daemon.mood_filter.room.state = RoomState((600.0,) * 7)
    harness.requests.post(PressButton(Button.FORGET_ROOM))
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert saved[0] == (RoomState(), True)
    assert saved[-1][1]
    assert sum(saved[-1][0].moods_s) < 20


def test_forgetting_is_tried_again_while_the_camera_sees_nothing(harness: DaemonHarness) -> None:
    daemon = harness.daemon(*[None] * 6)
    waits: list[bool] = []

    def refuse(_state: RoomState, /, *, now: bool) -> bool:
        waits.append(not now)
        return False

    daemon.save_room = refuse
    harness.requests.post(PressButton(Button.FORGET_ROOM))
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert waits == [False, *[True] * 6, False]
