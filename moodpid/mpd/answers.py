"""Read MPD's answers: lines of `key: value` become the types of this room. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from moodpid.mpd.protocol import Output, PlayState, QueueSong, Status
from moodpid.text import clean

Pairs = Iterable[tuple[str, str]]


def pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each line as key and value; the rest of a tag with a line end in it is skipped."""
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon:
            yield key, value


def records(lines: Iterable[str], first: str) -> Iterator[dict[str, str]]:
    """Yield objects, each of which begins with the key `first`; of repeated tags the first value counts."""
    record: dict[str, str] = {}
    for key, value in pairs(lines):
        if key == first and record:
            yield record
            record = {}
        if key == first or record:
            record.setdefault(key, value)
    if record:
        yield record


def values(lines: Iterable[str], key: str) -> Iterator[str]:
    """Yield the values of one key."""
    return (value for name, value in pairs(lines) if name == key)


def status(answer: Mapping[str, str]) -> Status:
    """Return the answer to `status`; ValueError if a number is none."""
    volume = int(answer.get("volume", -1))
    return Status(
        state=PlayState(answer.get("state", PlayState.STOP)),
        length=int(answer.get("playlistlength", 0)),
        queue_version=answer.get("playlist", ""),
        song_pos=_optional_int(answer, "song"),
        song_id=_optional_int(answer, "songid"),
        next_id=_optional_int(answer, "nextsongid"),
        elapsed_s=float(answer.get("elapsed", 0.0)),
        duration_s=_duration_s(answer),
        random=answer.get("random", "0") != "0",
        repeat=answer.get("repeat", "0") != "0",
        single=answer.get("single", "0") != "0",
        consume=answer.get("consume", "0") != "0",
        crossfade_s=float(answer.get("xfade", 0.0)),
        volume=volume if volume >= 0 else None,
        error=clean(answer.get("error", "")),
        updating="updating_db" in answer,
    )


def _optional_int(answer: Mapping[str, str], key: str) -> int | None:
    return int(answer[key]) if key in answer else None


def _duration_s(answer: Mapping[str, str]) -> float | None:
    """Return the length of the song; before MPD 0.20 it stands in `time` alone, in whole seconds."""
    duration_s = float(answer.get("duration") or answer.get("time", "0:0").partition(":")[2] or 0.0)
    return duration_s or None


def queue_song(answer: Mapping[str, str]) -> QueueSong:
    """Return a song of `playlistinfo` or `playlistid`; KeyError or ValueError if it is no song of a queue."""
    uri = answer["file"]
    return QueueSong(
        id=int(answer["Id"]),
        pos=int(answer["Pos"]),
        uri=uri,
        title=clean(answer.get("Title") or answer.get("Name") or uri.rsplit("/", 1)[-1]),
        artist=clean(answer.get("Artist", "")),
        prio=int(answer.get("Prio", 0)),
    )


def output(answer: Mapping[str, str]) -> Output:
    """Return one output of `outputs`."""
    return Output(
        number=int(answer["outputid"]),
        name=answer.get("outputname", ""),
        plugin=answer.get("plugin", ""),
        enabled=answer.get("outputenabled") == "1",
    )


def stickers(lines: Iterable[str]) -> dict[str, str]:
    """Return the answer to `sticker list`: names and values."""
    both = (value.partition("=") for value in values(lines, "sticker"))
    return {name: value for name, _, value in both}


def messages(lines: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the answer to `readmessages`: channels and texts."""
    return tuple((one["channel"], one["message"]) for one in records(lines, "channel") if "message" in one)
