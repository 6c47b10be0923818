"""What the page asks of MPD and of the network, as plain data; called in threads of the page's own."""

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from msgspec.structs import replace

from moodpid.config import Config, Strategy
from moodpid.library.overview import song_name
from moodpid.library.reader import LibraryReader, PlacedSong
from moodpid.mood.emotion import Mood
from moodpid.mpd.playlist_report import dry_run, report
from moodpid.text import clean
from moodpid.vision import limits
from moodpid.vision.image_files import decode_grey
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.types import Frame

MAX_SONGS = 1500
_URI_CHARS = 4096  # PATH_MAX of Linux


class Backend:
    """Answers from other rooms.

    Args:
        config: The configuration.
        mpd_password: Of MPD, empty for none.
        library: Makes a reader of the database about songs, for the thread that asks.
        make_pipeline: Makes a pipeline for stills; each picture has one of its own, so that nothing stays.
    """

    def __init__(
        self,
        config: Config,
        mpd_password: str,
        *,
        library: Callable[[], LibraryReader],
        make_pipeline: Callable[[], FacePipeline],
    ) -> None:
        self._config = config
        self._mpd_password = mpd_password
        self._library = library
        self._make_pipeline = make_pipeline

    def playlists(self) -> list[dict[str, Any]]:
        """Return what each mood would play; raises MoodpidError if MPD cannot be asked."""
        if not self._config.player.enabled:
            return []
        with self._library() as reader:
            moods = report(self._config.player, self._mpd_password, reader)
        return [
            {
                "mood": one.mood,
                "borrowed": one.borrowed,
                "lists": [
                    {
                        "name": entry.name,
                        "songs": entry.songs,
                        "weight": entry.weight,
                        "problem": entry.problem,
                    }
                    for entry in one.lists
                ],
            }
            for one in moods
        ]

    def next_songs(self, mood: Mood, settings: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the next songs of a mood; raises MoodpidError if MPD cannot be asked or has none.

        Args:
            mood: The mood.
            settings: The texts of the present settings, by their keys; the configuration has the others.
        """
        player = self._config.player
        if not player.enabled:
            return []
        strategy = Strategy(settings.get("strategy", player.strategy))
        with self._library() as reader:
            picks = dry_run(replace(player, strategy=strategy), mood, self._mpd_password, reader=reader)
        return [
            {
                "uri": clean(pick.uri, _URI_CHARS),
                "mood": pick.mood,
                "source": clean(pick.source),
                "why": clean(pick.why),
            }
            for pick in picks
        ]

    def library(self) -> dict[str, Any]:
        """Return where the analysed songs lie, a part of them evenly where there are many.

        Raises:
            MoodpidError: The database about songs cannot be read.
        """
        with self._library() as reader:
            total = reader.count_below("")
            step = max(1, math.ceil(total / MAX_SONGS))
            songs = [_point(song) for song in islice(reader.everything(), 0, None, step)]
        return {"total": total, "songs": songs}

    def classify(self, picture: bytes) -> dict[str, Any]:
        """Return the faces in a picture and their emotions; raises PictureError if it cannot be read."""
        grey = decode_grey(picture, "the picture", limits.SERVICE)
        height, width = grey.shape
        return {
            "width": width,
            "height": height,
            "faces": [
                {
                    "x": face.box.x / width,
                    "y": face.box.y / height,
                    "width": face.box.width / width,
                    "height": face.box.height / height,
                    "emotion": face.scores.top,
                    "confidence": face.scores[face.scores.top],
                    "scores": face.scores.as_dict(),
                }
                for face in self._make_pipeline().analyze(Frame(grey, 0.0))
            ],
        }


def _point(song: PlacedSong) -> list[Any]:
    """Return valence, arousal and name of a song."""
    place = song.place.affect
    return [round(place.valence, 3), round(place.arousal, 3), clean(song_name(song))]
