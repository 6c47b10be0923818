"""Hints for aiming follow from what the camera sees, and nothing is drawn up while no page watches."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.state import AimHint, ViewLevel
from moodpid.vision.aim import Advice, AimAdvisor
from moodpid.vision.haar import HaarDetector
from moodpid.vision.live_view import LiveView
from moodpid.vision.opencv import cv2
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.types import Face, Frame, GreyImage
from tests.support.fakes import FakeClassifier
from tests.support.rooms import room

MIN_FACE_PX = 64
SEARCHES = 6


def advise(grey: GreyImage, *, looks: int = SEARCHES) -> Advice:
    advisor, detector = AimAdvisor(MIN_FACE_PX), HaarDetector(MIN_FACE_PX)
    advice = Advice()
    for number in range(looks):
        frame = Frame(grey, number / 4)
        advice = advisor.advise(frame, detector.detect(frame), dark=False)
    return advice


def test_a_face_in_the_middle_needs_no_hint() -> None:
    assert advise(room((Emotion.HAPPY, 220, 140, 200))) == Advice()


def test_a_face_at_the_edge_is_too_far_aside() -> None:
    assert advise(room((Emotion.HAPPY, 10, 140, 160))).hints == (AimHint.SIDE,)


def test_a_distant_face_is_shown_as_too_small() -> None:
    advice = advise(room((Emotion.NEUTRAL, 300, 200, 44)))
    assert advice.hints == (AimHint.SMALL,)
    (face,) = advice.faces
    assert face.width < MIN_FACE_PX
    assert abs(face.x + face.width / 2 - 322) < 20


@pytest.mark.parametrize("turn_deg", [90, 180, 270])
def test_a_camera_on_its_side_is_reported_how_to_turn(turn_deg: int) -> None:
    upright = room((Emotion.HAPPY, 220, 140, 200))
    turned: GreyImage = np.ascontiguousarray(np.rot90(upright, turn_deg // 90))  # counterclockwise
    advice = advise(turned)
    assert advice.hints == (AimHint.TURNED,)
    assert advice.turn_deg == turn_deg
    height, width = turned.shape
    # Where the face of the upright picture has gone
    centres = {90: (240, 320), 180: (320, 240), 270: (240, 320)}
    x, y = centres[turn_deg]
    assert abs(advice.faces[0].x + advice.faces[0].width / 2 - x) < 0.06 * width
    assert abs(advice.faces[0].y + advice.faces[0].height / 2 - y) < 0.06 * height


@pytest.mark.parametrize("tilt_deg", [-28, 28])
def test_a_tilted_face_is_named_tilted(tilt_deg: int) -> None:
    upright = room((Emotion.NEUTRAL, 220, 140, 200))
    matrix = cv2.getRotationMatrix2D((320, 240), tilt_deg, 1.0)
    tilted = np.asarray(
        cv2.warpAffine(upright, matrix, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
    assert AimHint.TILTED in advise(tilted).hints


def test_a_face_before_a_window_is_against_the_light() -> None:
    grey = room((Emotion.HAPPY, 220, 140, 200))
    bright = np.full_like(grey, 230)
    bright[140:340, 220:420] = grey[140:340, 220:420] // 3
    assert AimHint.BACKLIT in advise(bright).hints


@pytest.mark.parametrize(
    "box", [Face(106, -102, 428, 428), Face(-102, 26, 428, 428), Face(-300, -300, 320, 320)]
)
def test_a_face_at_the_edge_may_be_against_the_light(box: Face) -> None:
    grey = np.full((480, 640), 230, np.uint8)
    grey[max(0, box.y) : box.y + box.height, max(0, box.x) : box.x + box.width] = 50
    advice = AimAdvisor(MIN_FACE_PX).advise(Frame(grey, 0.0), (box,), dark=False)
    seen_px = min(box.x + box.width, box.y + box.height)
    assert (AimHint.BACKLIT in advice.hints) == (seen_px > MIN_FACE_PX)


def test_a_hint_stays_until_a_good_look() -> None:
    advisor, small = AimAdvisor(MIN_FACE_PX), room((Emotion.NEUTRAL, 300, 200, 44))
    assert advisor.advise(Frame(small, 0.0), (), dark=False).hints == (AimHint.SMALL,)
    assert advisor.advise(Frame(small, 0.25), (), dark=False).hints == (AimHint.SMALL,)
    good = room((Emotion.HAPPY, 220, 140, 200))
    seen = HaarDetector(MIN_FACE_PX).detect(Frame(good, 0.5))
    assert advisor.advise(Frame(good, 0.5), seen, dark=False).hints == ()
    assert advisor.advise(Frame(room(), 0.75), (), dark=False).hints == ()


def test_in_the_dark_nothing_else_is_named() -> None:
    assert AimAdvisor(MIN_FACE_PX).advise(Frame(room(), 0.0), (), dark=True).hints == (AimHint.DARK,)


def _view(level: ViewLevel, *, picture: bool) -> LiveView:
    view = LiveView(lambda: level, lambda: AimAdvisor(MIN_FACE_PX), picture=picture)
    frame = Frame(room((Emotion.HAPPY, 220, 140, 200)), 1.0)
    view.update(frame, FacePipeline(HaarDetector(MIN_FACE_PX), FakeClassifier()).analyze(frame), dark=False)
    return view


def test_while_no_page_watches_there_is_no_view() -> None:
    assert _view(ViewLevel.NOTHING, picture=True).view is None


def test_a_page_gets_outlines_and_a_picture_only_if_allowed() -> None:
    view = _view(ViewLevel.FACES, picture=False).view
    assert view is not None
    assert view.picture is None
    (face,) = view.faces
    assert face.emotion is Emotion.HAPPY
    assert face.confidence == pytest.approx(0.8)
    assert 0.3 < face.x + face.width / 2 < 0.7
    assert face.width_px == pytest.approx(face.width * view.width_px)


def test_a_jpeg_is_dropped_when_its_view_is_forgotten() -> None:
    live = _view(ViewLevel.AIM, picture=True)
    assert live.view is not None
    assert live.view.picture is not None
    assert live.view.picture.startswith(b"\xff\xd8\xff")
    live.forget()
    assert live.view is None
