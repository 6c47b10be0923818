"""Where the tracks of a CUE sheet lie: MPD lists them as songs below the sheet, as `album.cue/track0001`."""

import re
from dataclasses import dataclass
from typing import Final

_FRAMES_PER_S: Final = 75
_BOM: Final = "\ufeff"
_FILE: Final = re.compile(r'\s*FILE\s+(?:"([^"]*)"|(\S+))\s+(\S+)')
_TRACK: Final = re.compile(r"\s*TRACK\s+\d+\s+(\S+)")
_INDEX: Final = re.compile(r"\s*INDEX\s+(\d+)\s+(\d{1,6}):(\d{1,2}):(\d{1,2})")
# As MPD has it, which passes over the tracks of a file of another type, such as OGG
_SOUND: Final = frozenset({"WAVE", "FLAC", "MP3", "AIFF"})


@dataclass(frozen=True, slots=True)
class CueTrack:
    """A track of a CUE sheet.

    Attributes:
        file: Its file, relative to the sheet's folder; bytes that are no UTF-8 are escaped.
        start_s: Where in the file it begins, in seconds.
    """

    file: str
    start_s: float = 0.0


def cue_tracks(sheet: bytes) -> list[CueTrack]:
    """Return the tracks of a CUE sheet with sound, in the order in which MPD counts them.

    A track begins at its index 01, the first of a sheet at its first index, as with MPD.
    """
    tracks: list[CueTrack] = []
    file, placed = "", True
    for line in sheet.decode("utf-8", "surrogateescape").removeprefix(_BOM).splitlines():
        if found := _FILE.match(line):
            file, placed = (found[1] or found[2]) if found[3] in _SOUND else "", True
        elif found := _TRACK.match(line):
            placed = not file or found[1] != "AUDIO"
            if not placed:
                tracks.append(CueTrack(file))
        elif not placed and (found := _INDEX.match(line)):
            number, minutes, seconds, frames = map(int, found.groups())
            tracks[-1] = CueTrack(file, minutes * 60 + seconds + frames / _FRAMES_PER_S)
            placed = number > 0 or len(tracks) == 1
    return tracks
