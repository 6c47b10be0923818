"""Read MPD's answers: lines of `key: value` become the types of this room. Pure."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping

from moodpid.mpd.protocol import Output, PlayState, QueueSong, Status
from moodpid.text import clean

_MAX_DIGITS = 12  # of a number: more are no id, position or length


def pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line as key and value; the rest of a tag with a line end in it is skipped."""
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon:
            yield key, value


def records(lines: Iterable[str], first: str, several: Collection[str] = ()) -> Iterator[dict[str, str]]:
    """Yield objects, each of which begins with the key `first`.

    Of repeated tags the first value counts; those in `several` are joined by semicolons.
    """
    record: dict[str, str] = {}
    for key, value in pairs(lines):
        if key == first and record:
            yield record
            record = {}
        if key in several and key in record:
            record[key] += f"; {value}"
        elif key == first or record:
            record.setdefault(key, value)
    if record:
        yield record


def values(lines: Iterable[str], key: str) -> Iterator[str]:
    """Yield the values of one key."""
    return (value for name, value in pairs(lines) if name == key)


def status(answer: Mapping[str, str]) -> Status:
    """Return the answer to `status`; a number that cannot be read counts as not given."""
    state = answer.get("state", "")
    volume = _number(answer, "volume", -1)
    elapsed_s = _seconds(answer.get("elapsed", ""))
    return Status(
        state=PlayState(state) if state in set(PlayState) else PlayState.STOP,
        length=_number(answer, "playlistlength"),
        queue_version=answer.get("playlist", ""),
        song_pos=_optional_int(answer, "song"),
        song_id=_optional_int(answer, "songid"),
        next_id=_optional_int(answer, "nextsongid"),
        elapsed_s=elapsed_s,
        duration_s=_duration_s(answer),
        opened="audio" in answer or elapsed_s > 0,
        random=answer.get("random", "0") != "0",
        repeat=answer.get("repeat", "0") != "0",
        single=answer.get("single", "0") != "0",
        consume=answer.get("consume", "0") != "0",
        crossfade_s=_seconds(answer.get("xfade", "")),
        volume=volume if volume >= 0 else None,
        error=clean(answer.get("error", "")),
        updating="updating_db" in answer,
    )


def _number(answer: Mapping[str, str], key: str, default: int = 0) -> int:
    value = _optional_int(answer, key)
    return default if value is None else value


def _optional_int(answer: Mapping[str, str], key: str) -> int | None:
    text = answer.get(key, "")
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < _MAX_DIGITS else None


def _seconds(text: str) -> float:
    """Return a length of time, 0 where it cannot be read."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0


def _duration_s(answer: Mapping[str, str]) -> float | None:
    """Return the length of the song; before MPD 0.20 it stands in `time` alone, in whole seconds."""
    return _seconds(answer.get("duration") or answer.get("time", "").partition(":")[2]) or None


def queue_songs(lines: Iterable[str]) -> Iterator[QueueSong]:
    """Return the songs of `playlistinfo` or `playlistid`; what is no song of a queue is skipped."""
    return filter(None, map(queue_song, records(lines, "file")))


def queue_song(answer: Mapping[str, str]) -> QueueSong | None:
    """Return a song of the queue; None if it has no file, id or position."""
    song_id, pos, uri = _optional_int(answer, "Id"), _optional_int(answer, "Pos"), answer.get("file", "")
    if song_id is None or pos is None or not uri:
        return None
    return QueueSong(
        id=song_id,
        pos=pos,
        uri=uri,
        title=clean(answer.get("Title") or answer.get("Name") or uri.rsplit("/", 1)[-1]),
        artist=clean(answer.get("Artist", "")),
        prio=_number(answer, "Prio"),
    )


def output(answer: Mapping[str, str]) -> Output:
    """Return one output of `outputs`."""
    return Output(
        number=_number(answer, "outputid"),
        name=answer.get("outputname", ""),
        plugin=answer.get("plugin", ""),
        enabled=answer.get("outputenabled") == "1",
    )


def stickers(lines: Iterable[str]) -> dict[str, str]:
    """Return the answer to `sticker list`: names and values."""
    both = (value.partition("=") for value in values(lines, "sticker"))
    return {name: value for name, _, value in both}


def songs_with_sticker(lines: Iterable[str], name: str) -> dict[str, str]:
    """Return the answer to `sticker find`: songs and the values of the sticker `name`."""
    both = ((one["file"], one.get("sticker", "").partition("=")) for one in records(lines, "file"))
    return {uri: value for uri, (key, _, value) in both if key == name}


def messages(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the answer to `readmessages`: channels and texts."""
    return tuple((one["channel"], one["message"]) for one in records(lines, "channel") if "message" in one)
