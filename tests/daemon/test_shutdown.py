"""A stop reaches every part, whatever hangs, and a restart leaves in order."""

from threading import Event

import pytest

from moodpid.daemon import Daemon
from moodpid.errors import RecordingEnded, RestartRequested
from moodpid.mood.emotion import Emotion
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.policy import Policy
from moodpid.requests import Button, PressButton
from moodpid.system.sd_notify import ServiceManager
from moodpid.vision.cameras import time_limited
from moodpid.vision.cameras.time_limited import TimeLimitedCamera
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import LiveSource
from tests.support.daemon_harness import DaemonHarness, seconds
from tests.support.fakes import Clock, FakeCamera, FakeClassifier, FakeDetector, ScriptedSource, look


def test_ready_follows_the_first_step_and_the_watchdog_is_fed(harness: DaemonHarness) -> None:
    harness.run(*seconds(4, Emotion.HAPPY))
    assert harness.notes.count("READY=1") == 1
    assert harness.notes.count("WATCHDOG=1") == 1
    assert harness.notes[-1] == "STOPPING=1"


def test_a_stop_reaches_all_parts_before_any_wait(harness: DaemonHarness) -> None:
    harness.player.calls = harness.home.calls = []
    harness.run()
    assert harness.eye.closed
    assert harness.home.calls == ["start", "start", "stop", "stop", "join", "join"]


@pytest.mark.parametrize(("step_s", "left_s"), [(0.0, 2.0), (3.5, 0.5), (9.0, 0.2)])
def test_all_parts_together_have_two_seconds_or_less(
    harness: DaemonHarness, monkeypatch: pytest.MonkeyPatch, step_s: float, left_s: float
) -> None:
    clock = Clock()
    monkeypatch.setattr("moodpid.daemon.time.monotonic", clock)
    waits: list[float] = []

    def hang(timeout_s: float) -> bool:
        waits.append(timeout_s)
        clock.sleep(timeout_s)
        return False

    harness.player.join = harness.home.join = hang  # type: ignore[method-assign]

    def last_look() -> None:
        clock.sleep(step_s)
        raise RecordingEnded("the script is over")

    daemon = harness.daemon()
    monkeypatch.setattr(harness.eye, "next_observation", last_look)
    with pytest.raises(RecordingEnded):
        daemon.run()
    assert waits == pytest.approx([left_s, 0.2])


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


def test_a_restart_leaves_in_order(harness: DaemonHarness) -> None:
    harness.requests.post(PressButton(Button.RESTART))
    with pytest.raises(RestartRequested):
        harness.daemon().run()
    assert harness.player.calls == ["start", "stop", "join"]
    assert harness.eye.closed
