"""The loop looks, feels, decides and speaks, obeys requests, and leaves in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

import pytest

from moodpid.channels import RequestQueue
from moodpid.daemon import Daemon
from moodpid.errors import CameraStuckError, RecordingEnded, RestartRequested
from moodpid.metrics import LoopMetrics
from moodpid.mood.emotion import UNIFORM, Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter, MoodState
from moodpid.mood.observation import Observation
from moodpid.mood.policy import EventType, Policy
from moodpid.mood.room import RoomState
from moodpid.mood.senses import Sense, evidence_of_scores
from moodpid.requests import (
    Button,
    ChangeSetting,
    PlayerChanged,
    PressButton,
    Request,
    SenseReport,
    TrackSkipped,
)
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus, Settings
from moodpid.status_line import format_status
from moodpid.system.sd_notify import ServiceManager
from moodpid.text import clean
from moodpid.vision.cameras import time_limited
from moodpid.vision.cameras.time_limited import TimeLimitedCamera
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import LiveSource
from tests.support.fakes import (
    Clock,
    FakeCamera,
    FakeClassifier,
    FakeDetector,
    FakePlayer,
    FakePublisher,
    ScriptedSource,
    look,
)

PLAYLISTS = {Mood.HAPPY: ("Happy",), Mood.SAD: ("Sad",)}


@dataclass
class DaemonHarness:
    """A daemon with everything around it."""

    requests: RequestQueue[Request]
    player: FakePlayer = field(default_factory=FakePlayer)
    home: FakePublisher = field(default_factory=FakePublisher)
    notes: list[str] = field(default_factory=list)
    stop: Event = field(default_factory=Event)
    source: ScriptedSource = field(default_factory=lambda: ScriptedSource([]))

    kept: Settings | None = None
    keeps: list[Settings] = field(default_factory=list)
    disk_full: int = 0  # so many times nothing can be kept

    def keep(self, settings: Settings) -> bool:
        self.keeps.append(settings)
        return len(self.keeps) > self.disk_full

    def daemon(self, *looks: Observation | None) -> Daemon:
        self.eye = ScriptedSource(looks)
        return Daemon(
            self.eye,
            MoodFilter(FilterSettings()),
            Policy(PLAYLISTS, {Mood.SAD: Mood.HAPPY}),
            self.player,
            (self.home,),
            self.requests,
            ServiceManager(self.notes.append, watchdog_usec="30000000"),
            self.stop,
            restored_settings=self.kept,
            save_settings=self.keep,
            clock=Clock(),
        )

    def run(self, *looks: Observation | None) -> None:
        with pytest.raises(RecordingEnded):
            self.daemon(*looks).run()


@pytest.fixture
def harness() -> Iterator[DaemonHarness]:
    requests: RequestQueue[Request] = RequestQueue()
    yield DaemonHarness(requests)
    requests.close()


def seconds(n: float, *emotions: Emotion, start_s: float = 0.0) -> list[Observation]:
    return [look(start_s + i / 4, *emotions) for i in range(round(n * 4))]


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


def test_ready_follows_the_first_step_and_the_watchdog_is_fed(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY))
    assert harness.notes.count("READY=1") == 1
    assert harness.notes.count("WATCHDOG=1") == 1
    assert harness.notes[-1] == "STOPPING=1"


def test_a_stop_reaches_all_parts_before_any_wait(harness: DaemonHarness) -> None:
    harness.run()
    assert harness.eye.closed
    assert harness.player.calls == ["start", "stop", "join"]
    assert harness.home.calls == ["start", "stop", "join"]


def test_who_does_not_end_is_named_and_left_behind(
    harness: DaemonHarness, caplog: pytest.LogCaptureFixture
) -> None:
    harness.player.hangs = True
    harness.run()
    assert "MPD connection did not end" in caplog.text
    assert harness.home.calls[-1] == "join"


def test_a_stop_that_came_before_the_first_turn_is_heard(harness: DaemonHarness) -> None:
    harness.stop.set()
    daemon = Daemon(
        ScriptedSource([look(0.0)]),
        MoodFilter(FilterSettings()),
        Policy({}),
        None,
        (),
        harness.requests,
        ServiceManager(harness.notes.append),
        harness.stop,
    )
    daemon.run()
    assert harness.notes == ["STOPPING=1"]


def test_a_stop_is_handled_while_the_camera_hangs(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_limited, "SLICE_S", 0.01)
    let_go = Event()

    def open_camera() -> FakeCamera:
        harness.stop.set()
        let_go.wait()
        raise AssertionError("nobody waits for it any more")

    daemon = harness.daemon()
    observer = FacePipeline(FakeDetector(), FakeClassifier())
    daemon.source = LiveSource(lambda: TimeLimitedCamera(open_camera, harness.stop.is_set), observer)
    daemon.run()
    let_go.set()
    assert harness.notes == ["STOPPING=1"]
    assert harness.player.calls == harness.home.calls == ["start", "stop", "join"]


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


def test_a_change_of_strategy_is_told_with_the_next_mood(
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
    ],
)
def test_the_status_line_names_mood_and_music(camera: CameraStatus, player: PlayerState, says: str) -> None:
    mood = MoodState(Mood.HAPPY, 0.0, 0.9, 1, UNIFORM, 0.0)
    assert format_status(AppState(CameraState(camera), player, mood)) == says


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
    [("dwell_s", 20.0, 0.513, 20.0), ("sensitivity", 20.0, 0.9, FilterSettings().dwell_s)],
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


def test_the_strategy_stands_in_what_the_player_is_asked_for(harness: DaemonHarness) -> None:
    harness.requests.post(ChangeSetting("strategy", "lift"))
    harness.run(*seconds(10, Emotion.HAPPY))
    assert harness.player.requests
    assert all(request.targets for request in harness.player.requests)


def test_a_restart_leaves_in_order(harness: DaemonHarness) -> None:
    harness.requests.post(PressButton(Button.RESTART))
    with pytest.raises(RestartRequested):
        harness.daemon().run()
    assert harness.player.calls == ["start", "stop", "join"]
    assert harness.eye.closed


def test_settings_are_restored_at_start_and_saved_when_changed(harness: DaemonHarness) -> None:
    harness.kept = Settings(enabled=False)
    harness.requests.post(ChangeSetting("dwell_s", 20.0))
    harness.run(None)
    assert harness.eye.enabled_calls == [False]
    assert harness.keeps == [Settings(enabled=False, dwell_s=20.0)]


def test_settings_that_could_not_be_saved_are_retried(harness: DaemonHarness) -> None:
    harness.disk_full = 2
    harness.requests.post(ChangeSetting("dwell_s", 20.0))
    harness.run(*[None] * 6)
    assert harness.keeps == [Settings(dwell_s=20.0)] * 3


def test_a_skip_in_another_client_is_published_once(harness: DaemonHarness) -> None:
    harness.requests.post(TrackSkipped())
    harness.run(None)
    assert [event.event_type for event in harness.home.events] == [EventType.TRACK_SKIPPED]
    assert "skip" not in harness.player.calls


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


def test_senses_set_the_mood_while_the_camera_is_lost(harness: DaemonHarness) -> None:
    daemon = harness.daemon(*[None] * 60)
    harness.eye.state = CameraState(CameraStatus.LOST)
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
