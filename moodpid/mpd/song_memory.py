"""Which songs were heard, refused or broken lately. Time is monotonic seconds."""

UNUSABLE_S = 600.0
"""So long a refused song is left out, and one that did not play comes last."""
_REMEMBERED = 4096  # songs: a day and night of short ones
_NEVER = float("-inf")


class SongMemory:
    """Remembers songs, so many of each kind; the oldest make room."""

    def __init__(self) -> None:
        self._last_played: dict[str, float] = {}
        self._refused: dict[str, float] = {}
        self._broken: dict[str, float] = {}

    def mark_playing(self, uri: str, at_s: float) -> None:
        """Remember that a song plays."""
        _remember(self._last_played, uri, at_s)

    def mark_refused(self, uri: str, at_s: float) -> None:
        """Leave out a song that MPD does not add, whatever the list contains."""
        _remember(self._refused, uri, at_s)

    def mark_broken(self, uri: str, at_s: float) -> None:
        """Prefer others to a song that MPD could not play."""
        _remember(self._broken, uri, at_s)

    def forget_refused(self) -> None:
        """Try all songs again: the library may have changed."""
        self._refused.clear()

    def is_refused(self, uri: str, now_s: float) -> bool:
        """Return whether MPD has refused a song lately."""
        return now_s - self._refused.get(uri, _NEVER) < UNUSABLE_S

    def heard_since(self, since_s: float) -> list[str]:
        """Return the songs that began after `since_s`, the last one at the end."""
        return [uri for uri, at_s in self._last_played.items() if at_s > since_s]

    def heard(self, now_s: float) -> dict[str, float]:
        """Return when songs were heard; those that MPD could not play count as heard last, in their order."""
        broken = {uri: at_s for uri, at_s in self._broken.items() if now_s - at_s < UNUSABLE_S}
        return self._last_played | {uri: now_s + at_s / 1e9 for uri, at_s in broken.items()}


def _remember(memory: dict[str, float], uri: str, at_s: float) -> None:
    """Keep the time for a song; the oldest make room."""
    memory.pop(uri, None)
    memory[uri] = at_s
    while len(memory) > _REMEMBERED:
        del memory[next(iter(memory))]
