"""Whether somebody is in the room: an integrator that fills while a face is in view or a sense reports."""

_MAX_GAP_S = 2.5  # observations further apart than this do not cover the time between them


class Presence:
    """How surely the room is occupied.

    Args:
        somebody_after_s: It is surely occupied after a face was in view for so many seconds.
        nobody_after_s: It is surely empty after so many seconds without one.
        known: Whether the room is known to be empty at first; otherwise nothing is known until somebody, or
            for a while nobody, was seen.

    Attributes:
        level: From 0, surely empty, to 1, surely occupied.
        known: Whether anything is known of the room.
        by_senses: Whether somebody is there by other senses, without a face.
    """

    def __init__(self, somebody_after_s: float, nobody_after_s: float, *, known: bool) -> None:
        self._somebody_after_s = somebody_after_s
        self._nobody_after_s = nobody_after_s
        self.level = 0.0
        self.known = known
        self.by_senses = False
        self._seen = False  # since the room was empty, by the camera
        self._occupied = False  # by the last observation
        self._watched_s = self._empty_s = 0.0  # until it is known; without a face since the last one

    @property
    def may_stay_unseen(self) -> bool:
        """Whether the camera saw somebody, who may still be there when it sees nothing at all."""
        return self._seen and self.level > 0.0

    def update(self, elapsed_s: float, *, faces: bool, sensed: bool) -> None:
        """Take in one observation.

        Args:
            elapsed_s: Since the one before; of a longer time, 2.5 s count.
            faces: Whether it has a face.
            sensed: Whether another sense reports somebody.
        """
        elapsed_s = min(elapsed_s, _MAX_GAP_S)
        occupied = faces or sensed
        same, self._occupied = occupied is self._occupied, occupied
        # An interval counts if the observations at both its ends agree
        step = elapsed_s / self._somebody_after_s if occupied else -elapsed_s / self._nobody_after_s
        self.level = min(1.0, max(0.0, self.level + (step if same else 0.0)))
        self.by_senses = not faces and (sensed or (self.by_senses and self.level > 0.0))
        self._seen = faces or (self._seen and self.level > 0.0)
        self._update_known(elapsed_s)

    def _update_known(self, elapsed_s: float) -> None:
        self._watched_s += elapsed_s
        self._empty_s = 0.0 if self._occupied else self._empty_s + elapsed_s
        empty = self._empty_s >= self._somebody_after_s
        decided = self.level == 1.0 or empty or self._watched_s >= self._nobody_after_s
        self.known = self.known or decided

    def reset(self) -> None:
        """Start again with a room that is known to be empty."""
        self.level, self.known = 0.0, True
        self.by_senses = self._seen = self._occupied = False
