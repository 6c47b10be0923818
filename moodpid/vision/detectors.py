"""The kinds of face detector: a new one is a module, and one line here."""

from collections.abc import Callable

from moodpid.config import DetectorKind, VisionConfig
from moodpid.vision.types import FaceDetector


def _build_haar(config: VisionConfig, *, stills: bool) -> FaceDetector:
    if stills:
        from moodpid.vision.haar.stills import StillDetector

        return StillDetector(config.min_face_px, config.cascade)
    from moodpid.vision.haar.detector import HaarDetector

    return HaarDetector(config.min_face_px, config.cascade, ignore_pictures=config.ignore_pictures)


def _build_yunet(config: VisionConfig, *, stills: bool) -> FaceDetector:
    from moodpid.vision.yunet import YuNetDetector

    del stills  # a look needs nothing of the one before
    return YuNetDetector(config.detector_model, config.min_face_px)


KINDS: dict[DetectorKind, Callable[..., FaceDetector]] = {
    DetectorKind.HAAR: _build_haar,
    DetectorKind.YUNET: _build_yunet,
}


def build_detector(config: VisionConfig, *, stills: bool = False) -> FaceDetector:
    """Return the configured face detector.

    Args:
        config: Names the kind of detector and its files.
        stills: For unrelated pictures instead of a camera's frames.

    Raises:
        CascadeError: A cascade is missing or is none.
        ModelError: The detector's model is missing or unusable.
    """
    return KINDS[config.detector](config, stills=stills)
