"""Working stand-ins for what a test machine lacks: they keep their promises and remember what they heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from moodpid.errors import CameraError, RecordingEnded
from moodpid.mood.emotion import EMOTIONS, Emotion, EmotionScores
from moodpid.mood.observation import FaceReading, Observation
from moodpid.mood.policy import MoodEvent, MusicRequest
from moodpid.state import AppState, CameraState, CameraStatus, CameraView
from moodpid.vision.types import Face, Frame


class Clock:
    """Monotonic seconds that only pass when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def scores(emotion: Emotion, sure: float = 0.8) -> EmotionScores:
    """Scores with `sure` for one emotion and the rest shared by the others."""
    rest = (1 - sure) / (len(EMOTIONS) - 1)
    return EmotionScores(tuple(sure if e is emotion else rest for e in EMOTIONS))


def look(at_s: float, *emotions: Emotion, sure: float = 0.8, area: float = 0.1) -> Observation:
    """A look at faces that show these emotions."""
    return Observation(at_s, tuple(FaceReading(scores(e, sure), area) for e in emotions))


def grey(width: int = 64, height: int = 48, level: int = 128) -> Frame:
    """A frame of one grey level."""
    return Frame(np.full((height, width), level, np.uint8), 0.0)


class FakeCamera:
    """Gives frames until its plug is pulled, as a camera does; a deaf one always at the same pace."""

    def __init__(self, clock: Clock, frames: int | None = None, *, deaf: bool = False) -> None:
        self._clock = clock
        self._deaf = deaf
        self._period_s = 0.25
        self.rates: list[float] = []
        self._left = frames
        self.closed = False

    def read(self) -> Frame:
        assert not self.closed, "read after close"
        if self._left == 0:
            raise CameraError("the plug was pulled")
        self._left = self._left - 1 if self._left else None
        self._clock.sleep(self._period_s)
        return Frame(grey().grey, self._clock())

    def set_rate(self, fps: float) -> None:
        self.rates.append(fps)
        if not self._deaf:
            self._period_s = max(0.25, 1 / fps)

    def close(self) -> None:
        self.closed = True


class FakeDetector:
    """Sees one face in every frame."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        height, width = frame.grey.shape
        return (Face(0, 0, width // 2, height // 2),)


class FakeClassifier:
    """Reads happiness in every face."""

    def classify(self, frame: Frame, face: Face) -> EmotionScores:
        assert face.width <= frame.grey.shape[1]
        return scores(Emotion.HAPPY)


class ScriptedSource:
    """Shows a list of looks, then ends like a recording."""

    def __init__(self, looks: Iterable[Observation | None]) -> None:
        self._looks = iter(looks)
        self.state = CameraState(CameraStatus.WATCHING)
        self.enabled_calls: list[bool] = []
        self.rates: list[float] = []
        self.picture: bytes | None = None
        self.view: CameraView | None = None
        self.closed = False

    def idle_s(self) -> float:
        return 0.0

    def next_observation(self) -> Observation | None:
        try:
            return next(self._looks)
        except StopIteration:
            raise RecordingEnded("the script is over") from None

    def set_enabled(self, on: bool) -> None:
        self.enabled_calls.append(on)
        self.state = CameraState(CameraStatus.WATCHING if on else CameraStatus.OFF)

    def set_rate(self, fps: float) -> None:
        self.rates.append(fps)

    def close(self) -> None:
        self.closed = True


@dataclass
class FakePlayer:
    """Remembers wishes; ends when asked, unless it hangs."""

    hangs: bool = False
    requests: list[MusicRequest] = field(default_factory=list)
    enabled: list[bool] = field(default_factory=list)
    enabled_after: list[MusicRequest | None] = field(default_factory=list)  # the request of that moment
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def request(self, request: MusicRequest) -> None:
        self.requests.append(request)

    def set_enabled(self, on: bool) -> None:
        self.enabled.append(on)
        self.enabled_after.append(self.requests[-1] if self.requests else None)

    def skip(self) -> None:
        self.calls.append("skip")

    def reject_song(self) -> None:
        self.calls.append("misfit")

    def like(self) -> None:
        self.calls.append("like")

    def take_over(self) -> None:
        self.calls.append("take over")

    def stop(self) -> None:
        self.calls.append("stop")

    def join(self, timeout_s: float) -> bool:
        assert timeout_s > 0
        self.calls.append("join")
        return not self.hangs


@dataclass
class FakePublisher:
    """Remembers what it got; ends when asked, unless it hangs."""

    name: str = "MQTT connection"

    hangs: bool = False
    published: list[AppState] = field(default_factory=list)
    events: list[MoodEvent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def publish(self, present: AppState, events: Sequence[MoodEvent]) -> None:
        self.published.append(present)
        self.events += events

    def stop(self) -> None:
        self.calls.append("stop")

    def join(self, timeout_s: float) -> bool:
        assert timeout_s > 0
        self.calls.append("join")
        return not self.hangs
