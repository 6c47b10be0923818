"""Finds the faces in a stream of frames with Haar cascades."""

import itertools

from moodpid.vision.haar.finder import FaceFinder, Picture, Way
from moodpid.vision.haar.motion import ChangeDetector, Region, whole
from moodpid.vision.haar.tone import tone_curve
from moodpid.vision.haar.tracking import RECHECK_S, Track, Tracker, same_place
from moodpid.vision.types import Face, Frame

FULL_EVERY_S = 2.0  # a newcomer who changes nothing in the thumbnail is found after this long at the latest
_SMALL_REGION = 0.35  # of the frame: so small a part is searched in all ways at once
_REJECTED_S = 10.0  # a place that was no face is looked at again after this long, or when it has changed
_EXTRAS_EVERY = 3  # full searches, while a person is in view
# The classifier learned the boxes of OpenCV's default cascade, which are a little narrower. Narrower crops
# lose nothing on faces alone, and gain on faces in a room, because they leave out the background: log loss of
# 401 faces 0.39 to 0.41 at 0.9 to 0.95 of the learned crop, 0.43 at 1.0
BOX_SCALE = 0.95


class HaarDetector:
    """Looks for faces where something has changed, now and then everywhere, and around the last ones.

    Args:
        min_face_px: Smaller faces are not looked for; in small pictures at most half of the shorter side.
        cascade: Path of another cascade that proposes faces; empty for OpenCV's.
        full_every_s: How often the whole frame is searched; 0 for always.
        ignore_pictures: Whether a face that never moves is left out after some minutes.

    Raises:
        CascadeError: A cascade is missing or is none.
    """

    def __init__(
        self,
        min_face_px: int,
        cascade: str = "",
        full_every_s: float = FULL_EVERY_S,
        *,
        ignore_pictures: bool = True,
    ) -> None:
        self._finder = FaceFinder(cascade)
        self._box_scale = 1.0 if cascade else BOX_SCALE
        self._min_face_px = min_face_px
        self._full_every_s = full_every_s
        self._ignore_pictures = ignore_pictures
        self._begin()

    def _begin(self) -> None:
        """Forget all frames."""
        self._changes = ChangeDetector()
        self._tracker = Tracker(self._ignore_pictures)
        self._extras = itertools.cycle(self._finder.extras)
        self._full_at_s: float | None = None
        self._at_s = float("-inf")
        self._shape: tuple[int, ...] = ()
        self._full_searches = 0
        self._rejected: list[tuple[float, Face]] = []

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the frame that count as a person, the largest first."""
        if frame.at_s < self._at_s or frame.grey.shape != self._shape:  # a recording begins again, or another
            self._begin()
        self._at_s, self._shape = frame.at_s, frame.grey.shape
        self._changes.update(frame.grey)
        smallest_px = min(self._min_face_px, min(frame.grey.shape) // 2)
        picture = Picture(frame.grey, tone_curve(self._changes.thumbnail), smallest_px)
        lost = self._follow(picture)
        region = self._region_to_search(picture, lost=lost)
        if region:
            self._search(picture, region)
            self._changes.searched(region)
        self._tracker.forget_lost(frame.at_s)
        faces = [boxed(track.face, self._box_scale) for track in self._tracker.tracks if track.counts]
        return tuple(sorted(faces, key=lambda face: face.area, reverse=True))

    def _follow(self, picture: Picture) -> bool:
        """Look for the faces around their last places; return whether one that counted is lost."""
        lost = False
        self._tracker.look_around(picture.grey, self._at_s)
        for track in self._tracker.tracks:
            counted = track.counts
            was_picture = track.picture
            self._tracker.update_motion(track, picture.grey, self._at_s)
            if not track.picture and not self._follow_one(picture, track, moved=was_picture):
                self._tracker.missed(track)
                lost |= counted
        self._tracker.merge()
        return lost

    def _follow_one(self, picture: Picture, track: Track, *, moved: bool) -> bool:
        face = self._finder.near(picture, track.face)
        if face is None:
            return False
        if not track.certain:  # else it counts in any case
            moved = moved or self._changes.moved(face)
        self._tracker.found(track, face, picture.grey, self._at_s, moved=moved)
        if self._at_s - track.weighed_s >= RECHECK_S:
            self._tracker.reweigh(track, self._finder.weigh(picture, face, track.hits), self._at_s)
        return True

    def _region_to_search(self, picture: Picture, *, lost: bool) -> Region | None:
        if lost or self._full_at_s is None or self._at_s - self._full_at_s >= self._full_every_s:
            return whole(picture.grey)
        # A person in view moves all the time: newcomers wait for the next full search
        return None if self._tracker.anybody else self._changes.changed_region()

    def _search(self, picture: Picture, region: Region) -> None:
        """Look for newcomers: upright, and in one of the other ways, more rarely while a face is in view.

        A small part is searched in all ways at once, and so is the first frame.
        """
        everywhere = region == whole(picture.grey)
        thorough = self._full_at_s is None or region.area <= _SMALL_REGION * picture.grey.size
        if everywhere:
            self._full_at_s = self._at_s
            self._full_searches += 1
        self._rejected = [
            (at_s, face)
            for at_s, face in self._rejected
            if self._at_s - at_s < _REJECTED_S and not self._changes.changed(face)
        ]
        self._try(picture, region, self._finder.upright)
        somebody = any(track.counts for track in self._tracker.known_at(self._at_s))
        if not somebody or (everywhere and self._full_searches % _EXTRAS_EVERY == 0):
            for way in self._finder.extras if thorough else (next(self._extras),):
                self._try(picture, region, way)

    def _try(self, picture: Picture, region: Region, way: Way) -> None:
        for weighed, hits in self._finder.candidates(picture, region, way, self._is_known):
            moved = self._changes.moved(weighed.face)
            if not self._tracker.admit(picture.grey, weighed, hits, self._at_s, moved=moved):
                self._rejected.append((self._at_s, weighed.face))

    def _is_known(self, face: Face) -> bool:
        """Return whether a place was found in this look already, or was no face and has not changed since."""
        if any(track.matches(face) for track in self._tracker.known_at(self._at_s)):
            return True
        return any(at_s < self._at_s and same_place(old, face) for at_s, old in self._rejected)


def boxed(face: Face, scale: float) -> Face:
    """Return the face with its box scaled around its centre."""
    side = round(face.width * scale)
    column, row = face.centre
    return Face(round(column - side / 2), round(row - side / 2), side, side, face.roll)
