"""Recognises pictures of faces again: after something was before them, or after the camera was nudged."""

from moodpid.vision.haar.camera_shift import SceneShift, scene_of
from moodpid.vision.haar.stillness import ALIKE, ANOTHER, LEAST_S, FaceMotion
from moodpid.vision.types import Face, GreyImage

_COVERED_S, _AWAY_S = 10.0, 7200.0  # until something covers what moves, and while it is covered
_AGAIN_LOOKS = 4  # in a row, in which it is seen as it was
_NUDGED_S = 60.0  # for so long it is looked for where a nudged camera would see it
_NUDGE_EVERY_S = 1.0
_MOST = 4  # pictures that are remembered: each costs some work a look


class MissingPicture:
    """A picture that seemed to move: it is seen again as it was, or it was none.

    Args:
        motion: Of the picture, until it seemed to move.
        scene: What the camera saw while the picture was in its place; None if it is not known.
        at_s: When it seemed to move, in monotonic seconds.
    """

    def __init__(self, motion: FaceMotion, scene: GreyImage | None, at_s: float) -> None:
        self.motion, self.scene = motion, scene
        self._moved_s = self._taken_s = at_s
        self._tried_s = float("-inf")
        self._again = 0
        self._covered = False

    def look(self, grey: GreyImage, at_s: float) -> None:
        """Take in one more frame."""
        if at_s - self._taken_s < LEAST_S:
            return
        self._taken_s = at_s
        likeness, unmoved = self.motion.compare(grey)
        self._covered |= likeness < ANOTHER
        self._again = self._again + 1 if unmoved and likeness > ALIKE else 0

    def shift_is_due(self, at_s: float) -> bool:
        """Return whether to look for it where a nudged camera would see it."""
        due = at_s - self._tried_s >= _NUDGE_EVERY_S and at_s - self._moved_s < _NUDGED_S
        return due and self.scene is not None and not self.is_back

    def try_shift(self, grey: GreyImage, scene: GreyImage, shift: SceneShift, at_s: float) -> None:
        """Look for the picture where it is if the whole view has shifted.

        Args:
            grey: The frame.
            scene: Of this frame.
            shift: Since the scene of the picture.
            at_s: When the frame was taken.
        """
        self._tried_s = at_s
        height, width = grey.shape
        beside = shift.beside(self.motion.face, width, height)
        if beside and self.motion.follow_camera(grey, *beside, at_s):
            # It is back until something else is seen there
            self._covered, self._again, self.scene = True, _AGAIN_LOOKS, scene

    @property
    def is_back(self) -> bool:
        """Whether it was covered, or shifted with the view, and has been for some looks as it was."""
        return self._covered and self._again >= _AGAIN_LOOKS

    @property
    def is_over(self) -> bool:
        """Whether it is watched no longer: nothing came before it, so it moved; or it is away for hours."""
        uncovered_s = _COVERED_S if self.scene is None else _NUDGED_S
        return self._taken_s - self._moved_s >= (_AWAY_S if self._covered else uncovered_s)


class MissingPictures:
    """The pictures that may be seen again, at most four."""

    def __init__(self) -> None:
        self._missing: list[MissingPicture] = []

    def add(self, motion: FaceMotion, scene: GreyImage | None, at_s: float) -> None:
        """Watch for a picture that seems to have moved."""
        self._missing = [*self._missing, MissingPicture(motion, scene, at_s)][-_MOST:]

    def look(self, grey: GreyImage, at_s: float) -> None:
        """Look whether pictures are seen again; once in each look."""
        for picture in self._missing:
            picture.look(grey, at_s)
        self._missing = [picture for picture in self._missing if not picture.is_over]
        self.try_shift(grey, at_s)

    def try_shift(self, grey: GreyImage, at_s: float) -> None:
        """Look where pictures are if the camera was nudged; for those of one scene at a time."""
        due = [picture for picture in self._missing if picture.shift_is_due(at_s)]
        before = due[0].scene if due else None
        if before is None:
            return
        scene = scene_of(grey)
        shift = SceneShift(before, scene)
        for picture in due:
            if picture.scene is before:
                picture.try_shift(grey, scene, shift, at_s)

    def recognize(self, face: Face) -> MissingPicture | None:
        """Return the picture that is seen again in the place of this face, and watch for it no longer."""
        back = next((p for p in self._missing if p.is_back and p.motion.covers(face)), None)
        if back:
            self._missing.remove(back)
        return back
