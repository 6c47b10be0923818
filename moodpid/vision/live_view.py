"""Each frame as a page shows it: outlines of the faces, hints for aiming, and a JPEG where it is allowed."""

from collections.abc import Callable, Sequence

from moodpid.mood.emotion import Emotion
from moodpid.state import CameraView, FaceInView, ViewLevel
from moodpid.vision.aim import Advice, AimAdvisor
from moodpid.vision.opencv import cv2
from moodpid.vision.pipeline import ClassifiedFace
from moodpid.vision.types import Face, Frame, GreyImage

_QUALITY = 72  # of JPEG, from 0 to 100
_MAX_WIDTH_PX = 800


class LiveView:
    """Draws up the last frame while a page watches; costs nothing while none does.

    Args:
        level: Returns what the pages want now.
        picture: Whether the configuration allows them the picture.
        make_advisor: Makes the adviser for aiming, which takes memory and so lives only while it is used.

    Attributes:
        view: The last frame, None while no page watches.
    """

    def __init__(
        self, level: Callable[[], ViewLevel], make_advisor: Callable[[], AimAdvisor], *, picture: bool
    ) -> None:
        self._level = level
        self._make_advisor = make_advisor
        self._advisor: AimAdvisor | None = None
        self._picture = picture
        self.view: CameraView | None = None

    def update(self, frame: Frame, faces: Sequence[ClassifiedFace], *, dark: bool) -> None:
        """Take one frame in."""
        level = self._level()
        if level is ViewLevel.NOTHING:
            self.forget()
            return
        height, width = frame.grey.shape
        advice = self._advise(frame, faces, dark=dark) if level is ViewLevel.AIM else Advice()
        self.view = CameraView(
            frame.at_s,
            width,
            height,
            (*(_classified(face, width, height) for face in faces), *_outlines(advice.faces, width, height)),
            advice.hints,
            advice.turn_deg,
            encode(frame.grey) if self._picture else None,
        )

    def forget(self) -> None:
        """Keep no frame of the past."""
        self.view = self._advisor = None

    def _advise(self, frame: Frame, faces: Sequence[ClassifiedFace], *, dark: bool) -> Advice:
        self._advisor = self._advisor or self._make_advisor()
        return self._advisor.advise(frame, [face.box for face in faces], dark=dark)


def encode(grey: GreyImage) -> bytes:
    """Return the frame as grey JPEG, at most 800 pixels wide."""
    scale = _MAX_WIDTH_PX / grey.shape[1]
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def _classified(face: ClassifiedFace, width: int, height: int) -> FaceInView:
    top = face.scores.top
    return _outline(face.box, width, height, top, face.scores[top])


def _outlines(faces: Sequence[Face], width: int, height: int) -> tuple[FaceInView, ...]:
    return tuple(_outline(face, width, height) for face in faces)


def _outline(
    box: Face, width: int, height: int, emotion: Emotion | None = None, confidence: float = 0.0
) -> FaceInView:
    return FaceInView(
        box.x / width,
        box.y / height,
        box.width / width,
        box.height / height,
        box.width,
        emotion,
        confidence,
    )
