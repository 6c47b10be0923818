"""What the guest must know again after a restart of ours: read once, written whenever it changed.

In a folder that ends with the system's run, as systemd's runtime directory does, monotonic seconds hold on:
no step of the wall clock moves them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mpd.connection import format_address
from moodpid.mpd.tracking import OwnSong, QueueState
from moodpid.system.json_file import JsonFile


@dataclass(frozen=True, slots=True)
class SavedSession:
    """What outlives us.

    Attributes:
        queue_state: Own songs, user requests, hands off and a user's stop; not the last snapshot.
        booted_s: When MPD started, in monotonic seconds.
        volume_to_restore: The person's volume while a fade has turned it down, from 0 to 100; else None.
    """

    queue_state: QueueState = field(default_factory=QueueState)
    booted_s: float = -math.inf
    volume_to_restore: int | None = None


class SessionStore:
    """Keeps what is true of one MPD and one partition of it.

    Args:
        file: Where it is kept.
        settings: Which MPD it is, and how long a person may have it.
    """

    def __init__(self, file: JsonFile, settings: MpdConfig) -> None:
        self._file = file
        self._mpd = [format_address(settings), settings.partition]
        self._hands_off_s = settings.hands_off_s
        self._written: dict[str, Any] = {}

    def load(self, now_s: float) -> SavedSession:
        """What was kept; nothing if it is broken, of another MPD, or of the system's run before.

        Args:
            now_s: Monotonic.
        """
        told = self._file.read()
        if not told or told.get("mpd") != self._mpd:
            return SavedSession()
        try:
            kept = _read(told, now_s + self._hands_off_s)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            self._file.set_aside(f"what it says of our songs cannot be read ({error!r})")
            return SavedSession()
        return kept if kept.booted_s <= now_s else SavedSession()

    def save(self, kept: SavedSession) -> None:
        """Write it down, if it is not what was written last; what did not succeed is tried again."""
        queue_state = kept.queue_state
        told = {
            "mpd": self._mpd,
            "booted_s": kept.booted_s,
            "owed": kept.volume_to_restore,
            "ours": [_song_entry(song) for song in queue_state.own_songs],
            "guests": sorted(queue_state.user_requests),
            "hands_off_until_s": queue_state.hands_off_until_s if queue_state.hands_off_why else 0.0,
            "hands_off_why": queue_state.hands_off_why,
            "held": queue_state.stopped_by_user,
        }
        if told != self._written and self._file.write(told):
            self._written = told


def _read(told: Mapping[str, Any], latest_s: float) -> SavedSession:
    queue_state = QueueState(
        own_songs=tuple(_song(song) for song in told["ours"]),
        user_requests=frozenset(int(song) for song in told["guests"]),
        hands_off_until_s=min(float(told["hands_off_until_s"]), latest_s),
        hands_off_why=str(told["hands_off_why"]),
        stopped_by_user=bool(told["held"]),
    )
    return SavedSession(
        queue_state, float(told["booted_s"]), None if told["owed"] is None else int(told["owed"])
    )


def _song_entry(song: OwnSong) -> dict[str, Any]:
    # The keys are those of version 0.1.0, whatever the fields are called
    return {
        "id": song.id,
        "uri": song.uri,
        "mood": song.mood,
        "source": song.source,
        "pos": song.pos,
        "begun": song.started,
    }


def _song(song: Mapping[str, Any]) -> OwnSong:
    return OwnSong(
        int(song["id"]),
        str(song["uri"]),
        Mood(song["mood"]),
        str(song["source"]),
        int(song["pos"]),
        started=bool(song["begun"]),
    )
