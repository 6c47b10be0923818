"""Follows faces from look to look, and decides which of them count as persons."""

from dataclasses import dataclass, field

from moodpid.vision.haar.camera_shift import scene_of
from moodpid.vision.haar.evidence import Weighed
from moodpid.vision.haar.missing_pictures import MissingPictures
from moodpid.vision.haar.stillness import STILL_S, FaceMotion
from moodpid.vision.types import Face, GreyImage

# Log odds from which a place counts as a face: by itself, or while something moves there. What never moves
# and is not clearly a face may be a pattern on a cushion
CERTAIN, MOVING = 2.0, 0.6
TURNED = 2.5  # more is asked of a face on its side: twice as many places are tried
KEEP = -1.0  # a face that was certain stays one down to here
CLEAR = 7.0  # from these log odds on, a face is not looked for in another way as well
SURE = 3.0  # below these log odds a face that does not even breathe is soon left out
RECHECK_S = 5.0
_DOUBTFUL_STILL_S = 10.0  # a face without much evidence that has not moved for so long is none
_LOST_S = 3.0  # a place is watched this long after the face was last found there
_EXPECTED_S = 30.0  # a lost person is expected at the same place this long: chosen, see docs/vision.md
_RESIZED = 2.0  # the ratio of sides up to which an expected person may have come nearer or gone back
_DOUBTFUL_S = 15.0  # a place that never became certain is forgotten after this
_SETTLED_S = 2.0  # a place that was found moving for so long is a face
_MAX_LOOK_S = 0.25  # one look counts for no longer, however low the rate is
_OVERLAP = 0.5  # of the larger side: nearer faces are one
_IN_FRONT = 2.0  # times a picture's side: a larger box beside it is another face
_SCENE_EVERY_S = 10.0  # so often what is around the pictures is looked at
_SAME_PLACE, _SAME_SIZE = 0.3, 1.4  # distance in sides, and ratio of sides, of two proposals that are one


@dataclass(slots=True, eq=False)
class Track:
    """A face that is followed.

    Attributes:
        face: Where it was found last.
        hits: How many windows of the search took it for a face when it came.
        log_odds: Of the last close look.
        motion: Whether it moves.
        certain: Whether it counts as a person even while nothing moves there.
        began_s, seen_s, weighed_s: When it came, was found last, and was looked at closely last.
        moving_s: For how long something moved there.
        counts: Whether it counted as a person in the last look.
        picture: Whether it is a picture of a face, or nothing but a pattern: it has not moved.
        scenes: Of a picture: what was around it, some seconds ago and before that.
    """

    face: Face
    hits: int
    log_odds: float
    motion: FaceMotion
    certain: bool
    began_s: float
    seen_s: float
    weighed_s: float
    moving_s: float = 0.0
    counts: bool = True
    picture: bool = False
    scenes: tuple[GreyImage, ...] = ()

    def matches(self, face: Face) -> bool:
        """Return whether a box is this face.

        Beside a picture, or a face that is certain, a box of more than twice its size is another face, nearer
        to the camera.
        """
        (own_x, own_y), (x, y) = self.face.centre, face.centre
        beside = max(abs(x - own_x), abs(y - own_y)) > self.face.width
        near = face.width > _IN_FRONT * self.face.width
        return overlap(self.face, face) and not ((self.picture or self.certain) and near and beside)


@dataclass(slots=True)
class Tracker:
    """The faces that are followed.

    Attributes:
        ignore_pictures: Whether a face that has not moved for minutes is left out, however much it is one.
        tracks: The faces, those included that were not found in the last look.
        expected: Tracks of persons that were lost a moment ago.
        missing: Pictures that may be seen again.
        scene_taken_s: When what is around the pictures was last looked at.
    """

    ignore_pictures: bool
    tracks: list[Track] = field(default_factory=list)
    expected: list[Track] = field(default_factory=list)
    missing: MissingPictures = field(default_factory=MissingPictures)
    scene_taken_s: float = float("-inf")

    @property
    def anybody(self) -> bool:
        """Whether a face counts as a person."""
        return any(track.counts for track in self.tracks)

    def known_at(self, at_s: float) -> list[Track]:
        """Return the tracks that were found in the look of this time and need no search in another way.

        Those are the ones from before, and the new ones with much evidence.
        """
        return [
            track
            for track in self.tracks
            if track.seen_s == at_s and (track.began_s < at_s or track.log_odds >= CLEAR)
        ]

    def admit(self, grey: GreyImage, weighed: Weighed, hits: int, at_s: float, *, moved: bool) -> bool:
        """Follow a proposal if there is enough evidence for it; return whether it counts as a face now.

        Where a person was seen a moment ago and something moves, the threshold is that of a followed face:
        the prior probability of a face is far higher there than elsewhere.

        Args:
            grey: The frame.
            weighed: The proposal after a close look.
            hits: How many windows of the search took it for a face.
            at_s: The time of the frame.
            moved: Whether something moved there.
        """
        odds = weighed.log_odds - (TURNED if weighed.face.roll else 0.0)
        returned = moved and self._is_expected(weighed.face)
        if odds < (KEEP if returned else MOVING if moved else CERTAIN):
            return False
        certain = returned or odds >= CERTAIN
        track = next((t for t in self.tracks if t.matches(weighed.face)), None)
        if track is None:
            motion = FaceMotion(grey, weighed.face, at_s)
            track = Track(weighed.face, hits, odds, motion, certain, at_s, at_s, at_s)
            self.tracks.append(track)
        if track.seen_s < at_s or odds >= track.log_odds:
            track.face, track.log_odds = weighed.face, odds
        track.seen_s = track.weighed_s = at_s
        track.certain = track.certain or certain
        track.counts = True
        return True

    def found(self, track: Track, face: Face, grey: GreyImage, at_s: float, *, moved: bool) -> None:
        """Take note that a face was found again, and decide whether it counts."""
        if moved:
            track.moving_s += min(at_s - track.seen_s, _MAX_LOOK_S)
        track.face, track.seen_s = face, at_s
        if not track.motion.covers(face):
            track.motion = FaceMotion(grey, face, at_s)
        if track.moving_s >= _SETTLED_S:
            track.certain = True
        track.counts = track.certain or moved

    def update_motion(self, track: Track, grey: GreyImage, at_s: float) -> None:
        """Measure whether a face moves, and decide whether it is a picture."""
        track.motion.update(grey, at_s, is_picture=track.picture)
        if not self._is_still(track, at_s):
            if track.picture:
                self._watch_picture(track, grey, at_s)
            self._recognize(track, at_s)
        track.picture = self._is_still(track, at_s)
        if track.picture:
            track.counts, track.seen_s = False, at_s

    def _is_still(self, track: Track, at_s: float) -> bool:
        """Return whether a face has not moved for so long that it is a picture."""
        limit_s = STILL_S if self.ignore_pictures else float("inf")
        if track.log_odds < SURE:
            limit_s = _DOUBTFUL_STILL_S
        return track.motion.still_s(at_s) >= limit_s

    def look_around(self, grey: GreyImage, at_s: float) -> None:
        """Look for pictures that may be seen again, and remember what is around the others; once a look."""
        self.missing.look(grey, at_s)
        pictures = [track for track in self.tracks if track.picture]
        if pictures and at_s - self.scene_taken_s >= _SCENE_EVERY_S:
            self.scene_taken_s, scene = at_s, scene_of(grey)
            for track in pictures:
                track.scenes = (*track.scenes, scene)[-2:]

    def _watch_picture(self, track: Track, grey: GreyImage, at_s: float) -> None:
        """Watch for a picture that seems to have moved; if it moved with the camera, it is found at once."""
        picture, place = track.motion, track.motion.face
        self.missing.add(picture, track.scenes[0] if track.scenes else None, at_s)
        self.missing.try_shift(grey, at_s)
        if picture.face != place:
            track.face = picture.face
        track.motion, track.scenes = FaceMotion(grey, track.face, at_s), ()

    def _recognize(self, track: Track, at_s: float) -> None:
        """Take a face for the picture that was in its place, if that is seen again."""
        back = self.missing.recognize(track.face)
        if back:
            back.motion.rest(at_s)
            track.motion = back.motion
            track.scenes = () if back.scene is None else (back.scene,)

    def reweigh(self, track: Track, weighed: Weighed, at_s: float) -> None:
        """Take note of another close look at a face that was found again."""
        odds = weighed.log_odds - (TURNED if weighed.face.roll else 0.0)
        track.weighed_s, track.log_odds = at_s, odds
        track.certain = odds >= (KEEP if track.certain else CERTAIN)
        if not track.certain:
            track.moving_s = 0.0

    def missed(self, track: Track) -> None:
        """Take note that a face was not found in this look."""
        track.counts = False

    def forget_lost(self, at_s: float) -> None:
        """Drop faces that are gone, and places that never became certain."""
        lost = [t for t in self.tracks if at_s - t.seen_s > _LOST_S and t.certain and not t.picture]
        self.expected = [t for t in (*self.expected, *lost) if at_s - t.seen_s <= _EXPECTED_S]
        self.tracks = [
            t
            for t in self.tracks
            if at_s - t.seen_s <= _LOST_S and (t.certain or t.picture or at_s - t.began_s <= _DOUBTFUL_S)
        ]

    def _is_expected(self, face: Face) -> bool:
        """Return whether a person was found at a place until a moment ago."""
        followed = (t for t in self.tracks if t.certain and not t.picture)
        return any(
            overlap(t.face, face) and 1 / _RESIZED < t.face.width / face.width < _RESIZED
            for t in (*followed, *self.expected)
        )

    def merge(self) -> None:
        """Drop faces that have become one with another; the one that is older stays."""
        kept: list[Track] = []
        for track in self.tracks:
            if not any(track.matches(other.face) and other.matches(track.face) for other in kept):
                kept.append(track)
        self.tracks = kept


def overlap(one: Face, other: Face) -> bool:
    """Return whether two boxes are one face."""
    near = _OVERLAP * max(one.width, other.width)
    (one_x, one_y), (other_x, other_y) = one.centre, other.centre
    return abs(one_x - other_x) < near and abs(one_y - other_y) < near


def same_place(one: Face, other: Face) -> bool:
    """Return whether two boxes are one proposal: of one place and of one size."""
    near = _SAME_PLACE * one.width
    (one_x, one_y), (other_x, other_y) = one.centre, other.centre
    alike = 1 / _SAME_SIZE < one.width / other.width < _SAME_SIZE
    return alike and one.roll == other.roll and abs(one_x - other_x) < near and abs(one_y - other_y) < near
