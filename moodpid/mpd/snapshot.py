"""What MPD shows at one moment, read from its answers: the state, the song, and a window of the queue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from moodpid.text import EMPTY, CleanText, clean

WINDOW = 16  # how many songs of the queue are looked at, from the one that plays on: never the whole queue


class PlayState(StrEnum):
    """MPD's own three states."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class QueueSong:
    """A song in the queue.

    Attributes:
        id: MPD's name for this place in the queue; it moves with the song and ends with it.
        pos: Position in the queue, from 0.
        uri: The file below the music folder, or the address of a stream.
        title: Its title, or the last part of `uri`.
        artist: Its artist, empty if unknown.
        prio: Its priority in random mode, from 0 to 255.
    """

    id: int
    pos: int
    uri: str
    title: CleanText = EMPTY
    artist: CleanText = EMPTY
    prio: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """MPD at one moment.

    Attributes:
        at_s: When, in monotonic seconds.
        state: Whether it plays.
        length: How many songs the queue holds.
        song: The current song; None when nothing was begun, and after the end of the queue.
        next_id: The song that MPD itself would go on with, None if there is none.
        elapsed_s: How far the song has got.
        duration_s: How long it is, None if MPD does not know (a stream).
        random: Songs come in random order.
        repeat: The queue starts again after its end.
        single: Playback stops (or the song repeats) after this song; `oneshot` counts.
        consume: Songs leave the queue after playing; `oneshot` counts.
        crossfade_s: Length of MPD's crossfade, 0 for none.
        error: What MPD says went wrong with playing, empty if nothing.
        window: Up to `WINDOW` songs of the queue from the current one on, in order.
        own_songs: Those of the songs that we added that are still in the queue, by id.
        other_leader: Another moodpid is connected and was there first.
        own_change: We wrote to MPD after this was read (see `moodpid.mpd.planner.wrote`).
    """

    at_s: float
    state: PlayState
    length: int
    song: QueueSong | None = None
    next_id: int | None = None
    elapsed_s: float = 0.0
    duration_s: float | None = None
    random: bool = False
    repeat: bool = False
    single: bool = False
    consume: bool = False
    crossfade_s: float = 0.0
    error: CleanText = EMPTY
    window: tuple[QueueSong, ...] = ()
    own_songs: Mapping[int, QueueSong] = field(default_factory=dict)
    other_leader: bool = False
    own_change: bool = False


Answer = Mapping[str, Any]


def read_status(answer: Answer, at_s: float) -> Snapshot:
    """What `status` told, without songs; as MPD's manual describes it."""
    duration = answer.get("duration")
    return Snapshot(
        at_s=at_s,
        state=PlayState(answer.get("state", PlayState.STOP)),
        length=int(answer.get("playlistlength", 0)),
        next_id=int(answer["nextsongid"]) if "nextsongid" in answer else None,
        elapsed_s=float(answer.get("elapsed", 0.0)),
        duration_s=float(duration) if duration else None,
        random=answer.get("random", "0") != "0",
        repeat=answer.get("repeat", "0") != "0",
        single=answer.get("single", "0") != "0",
        consume=answer.get("consume", "0") != "0",
        crossfade_s=float(answer.get("xfade", 0.0)),
        error=clean(answer.get("error", "")),
    )


def read_song(answer: Answer) -> QueueSong:
    """A song of the queue as `playlistinfo` and `playlistid` tell it."""
    uri = str(answer["file"])
    return QueueSong(
        id=int(answer["id"]),
        pos=int(answer["pos"]),
        uri=uri,
        title=_first(answer, "title") or _first(answer, "name") or clean(uri.rsplit("/", 1)[-1]),
        artist=_first(answer, "artist"),
        prio=int(answer.get("prio", 0)),
    )


def _first(answer: Answer, tag: str) -> CleanText:
    """A tag's value; a song may have several artists, and python-mpd2 then gives a list."""
    value = answer.get(tag, "")
    return clean(value[0] if isinstance(value, list) else value)
