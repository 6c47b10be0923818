"""A source of observations whose cameras come from a shelf."""

from moodpid.errors import CameraError, ConfigError
from moodpid.state import CameraStatus
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import LiveSource
from tests.support.fakes import Clock, FakeCamera, FakeClassifier, FakeDetector


class CameraFactory:
    """Cameras to open one after the other; None is a recording that is not there."""

    def __init__(self, clock: Clock, *frames: int | None, deaf: bool = False) -> None:
        made = [None if n is None else FakeCamera(clock, n, deaf=deaf) for n in frames]
        self.cameras = [camera for camera in made if camera]
        self._left = iter(made)

    def __call__(self) -> FakeCamera:
        for camera in self._left:
            if camera is None:
                raise ConfigError("no such file")
            return camera
        raise CameraError("no camera found")


def status(source: LiveSource) -> CameraStatus:
    return source.state.status


def live_source(clock: Clock, shelf: CameraFactory) -> LiveSource:
    return LiveSource(shelf, FacePipeline(FakeDetector(), FakeClassifier()), clock=clock)
