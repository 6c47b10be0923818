"""The loop looks, filters, decides, and publishes."""

import pytest

from moodpid.errors import CameraStuckError, RecordingEnded
from moodpid.metrics import LoopMetrics, ThermalThrottle
from moodpid.mood.emotion import UNIFORM, Emotion, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import EventType
from moodpid.requests import Button, ChangeSetting, PlayerChanged, PressButton, TrackSkipped
from moodpid.state import AppState, CameraState, CameraStatus, Metrics, PlayerState, PlayerStatus, Settings
from moodpid.status_line import format_status
from moodpid.text import clean
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import LiveSource
from tests.support.daemon_harness import DaemonHarness, seconds
from tests.support.fakes import Clock, FakeCamera, FakeClassifier, FakeDetector, look


def test_a_hot_processor_halves_the_rate_until_it_cools(harness: DaemonHarness) -> None:
    degrees = iter([50.0, 81.0, 76.0, 71.0, 71.0])
    daemon = harness.daemon(*seconds(2, Emotion.HAPPY))
    clock = Clock()

    def thermometer() -> float:
        return next(degrees, 71.0)

    def later() -> float:
        clock.sleep(10.0)  # each turn is a while after the last one
        return clock()

    daemon.metrics, daemon.clock = LoopMetrics(thermometer), later
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert harness.eye.rates == [Settings().fps / 2, Settings().fps]


def test_the_rate_is_halved_from_78_degrees_until_below_72() -> None:
    throttle, shares = ThermalThrottle(), []
    for degrees in (77.9, 78.0, 72.0, 71.9):
        throttle.update(degrees)
        shares.append(throttle.share)
    assert shares == [1.0, 0.5, 0.5, 1.0]


@pytest.mark.parametrize(("wanted", "throttled"), [(4.0, 2.0), (0.5, 0.4), (0.3, 0.3)])
def test_the_throttle_leaves_looks_enough_for_the_mood(wanted: float, throttled: float) -> None:
    throttle = ThermalThrottle()
    assert throttle.rate_for(wanted) == wanted
    throttle.update(80.0)
    assert throttle.rate_for(wanted) == throttled


def test_a_night_without_a_camera_says_nothing_of_the_rate() -> None:
    metrics = LoopMetrics(lambda: None)
    for start_s in (0.0, 30_000.0):
        for step in range(20):
            measured = metrics.read(start_s + step / 4, start_s + step / 4)
            assert measured.fps is None if start_s + step == 0 else measured.fps == pytest.approx(4.0)


def test_without_observations_there_is_no_rate_and_no_latency() -> None:
    metrics = LoopMetrics(lambda: None)
    for step in range(20):
        metrics.read(step / 4, step / 4 + 0.05)
    assert metrics.read(None, 6.0).fps == pytest.approx(4.0)
    assert metrics.read(None, 10.0) == Metrics()


def test_a_requested_rate_is_halved_while_hot(harness: DaemonHarness) -> None:
    daemon = harness.daemon(*seconds(1, Emotion.HAPPY))

    def thermometer() -> float:
        harness.requests.post(ChangeSetting("fps", 1.0))  # heard in the next turn
        return 90.0

    daemon.metrics = LoopMetrics(thermometer)
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert harness.eye.rates == [Settings().fps / 2, 0.5]


def test_faces_become_a_wish_and_news_for_the_home(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY))
    assert [w.playlists for w in harness.player.requests] == [(), ("Happy",)]
    assert [e.event_type for e in harness.home.events] == [EventType.MOOD_CHANGED, EventType.PERSON_ARRIVED]
    state = harness.home.published[-1].mood
    assert state is not None
    assert state.mood is Mood.HAPPY


def test_a_look_that_could_not_be_made_changes_no_mood(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY), *[None] * 100)
    state = harness.home.published[-1].mood
    assert state is not None
    assert state.mood is Mood.HAPPY
    assert len(harness.home.published) == 116


def test_switching_off_closes_the_camera_and_leaves_the_player_alone(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("enabled", False))
    harness.run(None)
    assert harness.eye.enabled_calls == [False]
    assert harness.player.enabled == [False]
    assert harness.home.published[-1].settings.enabled is False
    assert harness.home.published[-1].camera.status is CameraStatus.OFF


def test_news_from_the_player_reach_the_home(harness: DaemonHarness) -> None:
    playing = PlayerState(PlayerStatus.PLAY, title=clean("Sunny"), artist=clean("Ada"))
    harness.requests.post(PlayerChanged(playing))
    harness.run(look(0.0))
    assert harness.home.published[-1].player == playing


def test_a_camera_hanging_on_a_new_rate_is_published_lost(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = FakeCamera(Clock())

    def hang(_fps: float) -> None:
        raise CameraStuckError("the camera hangs")

    monkeypatch.setattr(camera, "set_rate", hang)
    daemon = harness.daemon()
    daemon.source = LiveSource(lambda: camera, FacePipeline(FakeDetector(), FakeClassifier()))
    harness.requests.post(ChangeSetting("fps", 1.0))
    with pytest.raises(CameraStuckError):
        daemon.run()
    assert harness.keeps == [Settings(fps=1.0)]
    assert harness.home.published[-1].settings == Settings(fps=1.0)
    assert harness.home.published[-1].camera == CameraState(CameraStatus.LOST, clean("the camera hangs"))


def test_changes_are_logged_with_fields_and_sameness_is_not(
    harness: DaemonHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    harness.run(*seconds(20, Emotion.HAPPY))
    happy = [r for r in caplog.records if getattr(r, "MOODPID_MOOD", "") == "happy"]
    assert len(happy) == 1
    assert "music from Happy" in happy[0].getMessage()
    assert len(caplog.records) <= 3


def test_without_a_player_the_log_names_no_music(
    harness: DaemonHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    daemon = harness.daemon(*seconds(20, Emotion.HAPPY))
    daemon.player = None
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert "the mood is happy" in caplog.text
    assert "music from" not in caplog.text


def test_a_change_of_strategy_is_reported_with_the_next_mood(
    harness: DaemonHarness, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    harness.requests.post(ChangeSetting("strategy", "lift"))
    harness.requests.post(ChangeSetting("override", Mood.SAD))
    harness.run(*seconds(1, Emotion.HAPPY))
    assert "music from Sad, then Happy" in caplog.text


@pytest.mark.parametrize(
    ("camera", "player", "says"),
    [
        (
            CameraStatus.WATCHING,
            PlayerState(PlayerStatus.PLAY, clean("Sunny"), clean("Ada")),
            "happy; Ada - Sunny",
        ),
        (CameraStatus.WATCHING, PlayerState(PlayerStatus.PLAY, clean("Sunny")), "happy; Sunny"),
        (CameraStatus.WATCHING, PlayerState(PlayerStatus.PAUSE, clean("Sunny")), "happy; player: pause"),
        (CameraStatus.LOST, PlayerState(PlayerStatus.STOP), "camera: lost; player: stop"),
        (
            CameraStatus.WATCHING,
            PlayerState(PlayerStatus.PLAY, clean("Sunny"), message=clean("hands off until 21:14")),
            "happy; Sunny; hands off until 21:14",
        ),
        (
            CameraStatus.OFF,
            PlayerState(PlayerStatus.UNREACHABLE, message=clean("Connection refused")),
            "camera: off; player: unreachable; Connection refused",
        ),
    ],
)
def test_the_status_line_names_mood_music_and_what_holds_it(
    camera: CameraStatus, player: PlayerState, says: str
) -> None:
    mood = MoodState(Mood.HAPPY, 0.0, 0.9, 1, UNIFORM, 0.0)
    assert format_status(AppState(CameraState(camera), player, mood)) == says


def test_a_skip_reaches_the_player_which_alone_reports_it(harness: DaemonHarness) -> None:
    harness.requests.post(PressButton(Button.SKIP))
    harness.run(None)
    assert harness.player.calls.count("skip") == 1
    assert harness.home.events == []


def test_take_over_now_reaches_the_player(harness: DaemonHarness) -> None:
    harness.requests.post(PressButton(Button.TAKE_OVER))
    harness.run(None)
    assert "take over" in harness.player.calls


def test_a_rejected_song_is_passed_to_the_player(harness: DaemonHarness) -> None:
    harness.requests.post(PlayerChanged(PlayerState(PlayerStatus.PLAY)))
    harness.requests.post(PressButton(Button.REJECT_SONG))
    harness.run(None)
    assert "misfit" in harness.player.calls


def test_a_skip_in_another_client_is_published_once(harness: DaemonHarness) -> None:
    harness.requests.post(TrackSkipped())
    harness.run(None)
    assert [event.event_type for event in harness.home.events] == [EventType.TRACK_SKIPPED]
    assert "skip" not in harness.player.calls
