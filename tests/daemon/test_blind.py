"""What the loop does while the camera sees nothing: it opens, is dark, off or gone."""

from collections.abc import Iterator

import pytest

from moodpid.errors import CameraError, CameraStuckError, RecordingEnded
from moodpid.mood.emotion import UNIFORM, Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import Observation
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mood.senses import Sense, evidence_of_scores
from moodpid.requests import ChangeSetting, SenseReport
from moodpid.state import CameraState, CameraStatus
from tests.support.daemon_harness import DaemonHarness, seconds
from tests.support.fakes import Clock, ScriptedSource, look


def test_that_the_camera_opens_is_published_before_it_does(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = harness.daemon()
    switches = iter([False, True])

    def open_or_close(on: bool) -> None:
        harness.eye.state = CameraState(CameraStatus.STARTING if on else CameraStatus.OFF)

    def wait_for_frame() -> None:
        on = next(switches, None)
        if on is None:
            raise RecordingEnded("the script is over")
        harness.requests.post(ChangeSetting("enabled", on))

    monkeypatch.setattr(harness.eye, "set_enabled", open_or_close)
    monkeypatch.setattr(harness.eye, "next_observation", wait_for_frame)
    with pytest.raises(RecordingEnded):
        daemon.run()
    before, last = harness.home.published[-2:]
    assert (before.settings.enabled, before.camera.status) == (False, CameraStatus.OFF)
    assert (last.settings.enabled, last.camera.status) == (True, CameraStatus.STARTING)
    assert not last.room_known


@pytest.mark.parametrize("status", [CameraStatus.LOST, CameraStatus.DARK, CameraStatus.STARTING])
def test_senses_set_the_mood_while_the_camera_sees_nothing(
    harness: DaemonHarness, status: CameraStatus
) -> None:
    daemon = harness.daemon(*[None] * 60)
    harness.eye.state = CameraState(status)
    clock = Clock()
    daemon.mood_filter = MoodFilter(FilterSettings(), senses={"voice": Sense(weight=1.0)})

    def later() -> float:
        clock.sleep(0.1)  # a step reads the clock a few times
        return clock()

    daemon.clock = later
    harness.requests.post(SenseReport("voice", evidence_of_scores({Emotion.HAPPY: 1.0}), 1.0))
    with pytest.raises(RecordingEnded):
        daemon.run()
    mood = harness.home.published[-1].mood
    assert mood is not None
    assert mood.mood is Mood.HAPPY
    assert mood.faces == 0
    assert harness.home.published[-1].room_known
    assert harness.home.published[-1].metrics.fps is None  # nothing is observed


def test_with_the_camera_off_no_sense_tells_of_the_room(harness: DaemonHarness) -> None:
    daemon = harness.daemon(*[None] * 5)
    harness.eye.state = CameraState(CameraStatus.OFF)
    daemon.mood_filter = MoodFilter(FilterSettings(), senses={"voice": Sense(weight=1.0)})
    harness.requests.post(SenseReport("voice", evidence_of_scores({Emotion.HAPPY: 1.0}), 1.0))
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert not harness.home.published[-1].room_known


@pytest.mark.parametrize("status", list(CameraStatus))
def test_only_a_camera_that_watches_knows_the_room(harness: DaemonHarness, status: CameraStatus) -> None:
    daemon = harness.daemon(None)
    harness.eye.state = CameraState(status)
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert harness.home.published[-1].room_known == (status is CameraStatus.WATCHING)


@pytest.mark.parametrize("status", list(CameraStatus))
def test_an_override_has_faces_only_while_the_room_is_seen(
    harness: DaemonHarness, status: CameraStatus
) -> None:
    daemon = harness.daemon(*seconds(4, Emotion.SAD))
    with pytest.raises(RecordingEnded):
        daemon.run()
    harness.requests.post(ChangeSetting("override", Mood.HAPPY))
    daemon.source = harness.eye = ScriptedSource([None])
    harness.eye.state = CameraState(status)
    with pytest.raises(RecordingEnded):
        daemon.run()
    mood, observed = harness.home.published[-1].mood, harness.home.published[-1].observed_mood
    assert mood is not None
    assert observed is not None
    assert mood.mood is Mood.HAPPY
    seen = status is CameraStatus.WATCHING
    assert (mood.faces, mood.scores) == ((1, observed.scores) if seen else (0, UNIFORM))


def test_after_a_dark_night_a_person_arrives(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY), *seconds(4, Emotion.SAD, start_s=28_800.0))
    events = [event.event_type for event in harness.home.events]
    assert events.count(EventType.PERSON_ARRIVED) == 2
    assert EventType.ROOM_EMPTY not in events


def test_after_a_dark_night_the_room_is_empty(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY), look(28_800.0))
    observed = harness.home.published[-1].observed_mood
    assert observed is not None
    assert observed.mood is Mood.NOBODY


@pytest.mark.parametrize(("dark_s", "wanted"), [(7000.0, ("Happy",)), (7300.0, ())])
def test_after_two_dark_hours_no_more_songs_come(
    harness: DaemonHarness, dark_s: float, wanted: tuple[str, ...]
) -> None:
    daemon = harness.daemon(*seconds(4, Emotion.HAPPY))
    with pytest.raises(RecordingEnded):
        daemon.run()
    daemon.source = harness.eye = ScriptedSource([None, None])
    harness.eye.state = CameraState(CameraStatus.DARK)
    daemon.clock = lambda: 4.0 + dark_s
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert harness.player.requests[-1].playlists == wanted
    assert EventType.ROOM_EMPTY not in {event.event_type for event in harness.home.events}


def test_in_the_dark_a_silent_sense_sends_nobody_away(harness: DaemonHarness) -> None:
    looks = [*seconds(20, Emotion.HAPPY), *[None] * 4 * 1200]
    daemon, step = harness.daemon(*looks), iter(range(len(looks) + 1))
    daemon.mood_filter = MoodFilter(FilterSettings(), senses={"voice": Sense(weight=1.0)})
    next_look, now_s = harness.eye.next_observation, 0.0

    def look_and_report() -> Observation | None:
        nonlocal now_s
        number = next(step)
        now_s = number / 4
        if number >= 80:
            harness.eye.state = CameraState(CameraStatus.DARK)
        if now_s in (320.0, 620.0, 920.0):  # a spoken sentence
            harness.requests.post(SenseReport("voice", evidence_of_scores({Emotion.HAPPY: 1.0}), 1.0))
        return next_look()

    daemon.source.next_observation = look_and_report  # type: ignore[method-assign]
    daemon.clock = lambda: now_s
    with pytest.raises(RecordingEnded):
        daemon.run()
    events = [event.event_type for event in harness.home.events]
    assert events.count(EventType.PERSON_ARRIVED) == 1
    assert EventType.ROOM_EMPTY not in events
    assert harness.player.requests[-1].playlists == ("Happy",)


def test_an_override_that_ends_in_the_dark_changes_no_mood(
    harness: DaemonHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    def darken() -> Iterator[Observation | None]:
        yield from seconds(4, Emotion.SAD)
        harness.requests.post(ChangeSetting("override", Mood.HAPPY))
        yield None
        harness.eye.state = CameraState(CameraStatus.DARK)
        harness.requests.post(ChangeSetting("override", None))
        yield from (None, None)
        ended.extend([*harness.home.events, *harness.player.requests[-1].playlists])
        harness.eye.state = CameraState(CameraStatus.WATCHING)
        yield from seconds(1, Emotion.SAD, start_s=5.0)

    ended: list[MoodEvent | str] = []
    daemon = harness.daemon()
    daemon.source = harness.eye = ScriptedSource(darken())
    with pytest.raises(RecordingEnded):
        daemon.run()
    asked_for = MoodEvent(EventType.MOOD_CHANGED, Mood.SAD, Mood.HAPPY)
    assert ended[-2:] == [asked_for, "Sad"]
    seen_again = MoodEvent(EventType.MOOD_CHANGED, Mood.HAPPY, Mood.SAD)
    assert harness.home.events[-2:] == [asked_for, seen_again]
    assert "the mood is not known now, and was sad before; music from Sad" in caplog.text
    assert sum("the mood is sad" in line for line in caplog.messages) == 1


@pytest.mark.parametrize("senses", [True, False])
def test_a_camera_that_is_gone_ends_it_unless_senses_report(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch, senses: bool
) -> None:
    daemon = harness.daemon()
    daemon.mood_filter = MoodFilter(FilterSettings(), senses={"voice": Sense(weight=1.0)})
    if senses:
        harness.requests.post(SenseReport("voice", evidence_of_scores({Emotion.HAPPY: 1.0}), 1.0))
    looks = iter([CameraError("gave up"), CameraError("gave up"), CameraStuckError("it hangs")])

    def fail() -> None:
        harness.eye.state = CameraState(CameraStatus.LOST)
        raise next(looks)

    monkeypatch.setattr(harness.eye, "next_observation", fail)
    with pytest.raises(CameraStuckError if senses else CameraError, match="hangs" if senses else "gave up"):
        daemon.run()
