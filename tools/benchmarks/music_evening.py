"""The moods, interventions and restarts of two hours, and the figures of what became of the music."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from moodpid.config import SongSource
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Mood

LENGTH_S = 7200
SONG_S = 200.0
HANDS_OFF_S = 300.0
MOODS = [mood for mood in Mood if mood is not Mood.NOBODY]
LISTS: dict[Mood, tuple[str | SongSource, ...]] = {mood: (mood.capitalize(),) for mood in MOODS}
THEIRS = [f"user/{number:02}.wav" for number in range(24)]


@dataclass(frozen=True)
class Music:
    """The songs of a run, and when one fits.

    Attributes:
        lists: Stored playlists by their names.
        playlists: Of the configuration; empty: each mood has what sounds like it.
        fits: Whether a song, by its URI, fits a mood.
        reader: Of the database about songs, where moods play by sound.
        moods: Between which the room changes.
    """

    lists: dict[str, list[str]]
    playlists: dict[Mood, tuple[str | SongSource, ...]]
    fits: Callable[[str, str], bool]
    reader: LibraryReader | None = None
    moods: Sequence[Mood] = tuple(MOODS)


def by_folder(uri: str, mood: str) -> bool:
    """Return whether a song lies in the folder of a mood."""
    return uri.split("/", maxsplit=1)[0] == mood


HAND_MADE = Music(
    {mood.capitalize(): [f"{mood}/{number}" for number in range(40)] for mood in MOODS}, LISTS, by_folder
)


@dataclass(frozen=True)
class Event:
    """One event: a mood begins, a user does something, or MPD restarts."""

    at_s: float
    kind: str
    what: str = ""


def script(seed: int, all_moods: Sequence[Mood] = tuple(MOODS)) -> list[Event]:
    """Return the events of the two hours in the order of time."""
    rng = random.Random(seed)  # noqa: S311 - a script, not a secret
    moods: list[Event] = []
    for place in sorted(rng.sample(range(60, LENGTH_S - 60, 20), 30)):
        others = [mood for mood in all_moods if not moods or mood != moods[-1].what]
        moods.append(Event(place, "mood", rng.choice(others)))
    doings = ["add", "insert", "next", "previous", "pause", "stop", "choose", "load", "random", "remove"]
    rng.shuffle(doings)
    spread = (LENGTH_S - 1200) / len(doings)
    users = [Event(400 + spread * (n + rng.random() / 2), "user", doing) for n, doing in enumerate(doings)]
    ends = [Event(e.at_s + 150, "user", f"{e.what} over") for e in users if e.what in _PASSING]
    restarts = [Event(at_s, "restart", how) for at_s, how in ((1500, "stop"), (3900, "kill"), (6000, "stop"))]
    return sorted(moods + users + ends + restarts, key=lambda event: event.at_s)


_PASSING = {"pause", "stop", "random"}  # and 150 s later the user undoes it


@dataclass
class Tally:
    """The figures of a run."""

    seconds: float = 0.0
    playing_s: float = 0.0
    fitting_s: float = 0.0
    mood_changes: int = 0
    interferences: int = 0
    restarts: int = 0
    songs_lost: int = 0
    songs_moved: int = 0
    started_unasked: int = 0
    heard: list[str] = field(default_factory=list)
    commands: int = 0
    fits: Callable[[str, str], bool] = by_folder

    def compare(self, before: list[str], after: list[str]) -> None:
        """Compare the users' songs before and after an event that was not theirs."""
        self.songs_lost += sum(song not in after for song in before)
        self.songs_moved += before != after and sorted(before) == sorted(after)

    def hear(self, uri: str, mood: str, seconds: float) -> None:
        """Count a song that plays for some time."""
        self.seconds += seconds
        if uri:
            folder = uri.split("/", maxsplit=1)[0]
            self.playing_s += seconds
            self.fitting_s += seconds * self.fits(uri, mood)
            if not self.heard or self.heard[-1] != folder:
                self.heard.append(folder)

    @property
    def good(self) -> bool:
        """Return whether no law was broken."""
        return self.songs_lost == self.songs_moved == self.started_unasked == 0

    def report(self) -> dict[str, float]:
        """Return the figures by name."""
        hours = self.seconds / 3600
        figures = asdict(self) | {
            "share_of_time_playing": round(self.playing_s / max(1.0, self.seconds), 3),
            "share_of_time_fitting": round(self.fitting_s / max(1.0, self.playing_s), 3),
            "changes_of_music_an_hour": round((len(self.heard) - 1) / hours, 1),
            "writing_commands_an_hour": round(self.commands / hours, 1),
            "hours": round(hours, 2),
        }
        unsaid = ["heard", "seconds", "playing_s", "fitting_s", "commands", "fits"]
        if not self.commands:
            unsaid.append("writing_commands_an_hour")  # music_cost.py counts a real worker's
        for inner in unsaid:
            del figures[inner]
        return figures


def count(tally: Tally, event: Event) -> None:
    """Add an event to the figures."""
    tally.mood_changes += event.kind == "mood"
    tally.interferences += event.kind == "user" and not event.what.endswith(" over")
    tally.restarts += event.kind == "restart"
