"""What is published of a room that the service has just begun to watch."""

from dataclasses import replace

import pytest

from moodpid.errors import RecordingEnded
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import Observation
from moodpid.mood.policy import EventType
from moodpid.requests import ChangeSetting
from moodpid.state import AppState, CameraState, CameraStatus, Settings
from tests.support.daemon_harness import DaemonHarness, seconds
from tests.support.fakes import ScriptedSource


def start(harness: DaemonHarness, *looks: Observation) -> None:
    daemon = harness.daemon(*looks)
    daemon.mood_filter = MoodFilter(FilterSettings(), room_known=False)
    with pytest.raises(RecordingEnded):
        daemon.run()


def test_people_who_were_there_before_do_not_arrive(harness: DaemonHarness) -> None:
    start(harness, *seconds(4, Emotion.HAPPY))
    moods = [state.observed_mood and state.observed_mood.mood for state in harness.home.published]
    assert set(moods) == {None, Mood.HAPPY}
    assert harness.home.events == []
    assert [request.playlists for request in harness.player.requests] == [("Happy",)]


def test_the_room_is_not_known_before_it_was_watched(harness: DaemonHarness) -> None:
    start(harness, *seconds(4, Emotion.HAPPY))
    for state in harness.home.published:
        assert state.room_known == (state.observed_mood is not None)


def test_an_empty_room_is_known_after_a_second(harness: DaemonHarness) -> None:
    start(harness, *seconds(2))
    last = harness.home.published[-1]
    assert last.room_known
    assert last.observed_mood is not None
    assert last.observed_mood.mood is Mood.NOBODY


def test_who_comes_into_an_empty_room_arrives(harness: DaemonHarness) -> None:
    start(harness, *seconds(3), *seconds(4, Emotion.HAPPY, start_s=3.0))
    assert [event.event_type for event in harness.home.events].count(EventType.PERSON_ARRIVED) == 1


def test_an_override_plays_before_the_room_is_known(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("override", Mood.SAD))
    start(harness, *seconds(0.5, Emotion.HAPPY))
    state = harness.home.published[-1]
    assert state.observed_mood is None
    assert state.mood is not None
    assert state.mood.mood is Mood.SAD
    assert harness.player.requests[-1].playlists == ("Sad",)


def published_before_a_frame(harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch) -> list[AppState]:
    """Return what is published before the camera, which takes a while to open, has sent its first frame."""
    before: list[AppState] = []
    source = ScriptedSource([])
    source.state = CameraState(CameraStatus.STARTING)

    def open_slowly() -> None:
        before.extend(harness.home.published)
        raise RecordingEnded("that is enough")

    monkeypatch.setattr(source, "next_observation", open_slowly)
    with pytest.raises(RecordingEnded):
        replace(harness.daemon(), source=source).run()
    return before


def test_that_the_camera_starts_is_published_at_once(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    (state,) = published_before_a_frame(harness, monkeypatch)
    assert state.camera.status is CameraStatus.STARTING
    assert (state.mood, state.observed_mood, state.mood_known) == (None, None, False)


def test_a_restored_override_is_published_at_once(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.kept = Settings(override=Mood.SAD)
    (state,) = published_before_a_frame(harness, monkeypatch)
    assert state.mood_known
    assert state.mood is not None
    assert (state.mood.mood, state.mood.faces) == (Mood.SAD, 0)
    assert harness.home.events == []
