"""Two hours of music: thirty changes of mood, ten interventions of a user, three restarts of MPD.

    .venv/bin/python tools/benchmarks/music_scenario.py         at a fake MPD, in simulated time: seconds
    .venv/bin/python tools/benchmarks/music_scenario.py --real  at a real MPD, 100 times as fast: a minute

Prints the figures, as a table or with --json; the exit status is 1 if a user's song was lost or moved, or the
music started unasked.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, str(Path(__file__).parents[1]))

from demo.library import generate

from moodpid.config import MpdConfig, SongSource, TransitionMode
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest, music_request_for
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.worker import MpdWorker
from tests.support.fake_mpd import FakeMpd
from tests.support.servers import PrivateMpd

LENGTH_S = 7200
SONG_S = 200.0
HANDS_OFF_S = 300.0
SPEED = 100  # of the real run: a song takes 2 s
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
            unsaid.append("writing_commands_an_hour")  # a real worker's are not counted here: see cost.py
        for inner in unsaid:
            del figures[inner]
        return figures


def simulate(change: TransitionMode, seed: int, music: Music = HAND_MADE) -> Tally:
    """Run the reconciler at a fake MPD, second by second."""
    fake_mpd = FakeMpd(music.lists | {"Theirs": THEIRS}, SONG_S, now_s=10.0)
    settings = MpdConfig(change=change, hands_off_s=HANDS_OFF_S, playlists=music.playlists)
    rng = random.Random(seed)  # noqa: S311 - repeatable songs
    reconciler = QueueReconciler(settings, rng, **fake_mpd.clocks, reader=music.reader)
    for uri in THEIRS[:12]:
        fake_mpd.add(uri)
    fake_mpd.play(0)
    reconciler.on_connect(fake_mpd.link)
    tally, request, events = Tally(fits=music.fits), None, script(seed, music.moods)
    for second in range(LENGTH_S):
        while events and events[0].at_s <= second:
            event = events.pop(0)
            _count(tally, event)
            if event.kind == "mood":
                request = music_request_for(
                    start_path(Mood(event.what), None), settings.names, settings.active_targets
                )
            elif event.kind == "user":
                _user_simulated(fake_mpd, event.what)
            else:
                fake_mpd.restart()
                reconciler.on_connect(fake_mpd.link)
        _look(fake_mpd, reconciler, request, tally)
        tally.hear(fake_mpd.playing(), request.mood if request else "", 1.0)
        fake_mpd.advance(1.0)
    tally.commands = len(fake_mpd.sent)
    return tally


def _look(fake_mpd: FakeMpd, reconciler: QueueReconciler, request: MusicRequest | None, tally: Tally) -> None:
    before, state = [str(id_) for id_ in fake_mpd.user_songs()], fake_mpd.state
    reconciler.reconcile(fake_mpd.link, request)
    tally.compare(before, [str(id_) for id_ in fake_mpd.user_songs()])
    tally.started_unasked += fake_mpd.state == "play" and state != "play"


def _count(tally: Tally, event: Event) -> None:
    tally.mood_changes += event.kind == "mood"
    tally.interferences += event.kind == "user" and not event.what.endswith(" over")
    tally.restarts += event.kind == "restart"


def _user_simulated(fake_mpd: FakeMpd, what: str) -> None:
    place = fake_mpd.position(fake_mpd.current) if fake_mpd.current is not None else 0
    doing: dict[str, Callable[[], object]] = {
        "add": lambda: fake_mpd.add(THEIRS[20]),
        "insert": lambda: fake_mpd.add(THEIRS[21], place + 1),
        "next": fake_mpd.next,
        "previous": fake_mpd.previous,
        "pause": fake_mpd.pause,
        "pause over": fake_mpd.play,
        "stop": fake_mpd.stop,
        "stop over": fake_mpd.play,
        "choose": lambda: fake_mpd.play(len(fake_mpd.queue) - 1),
        "load": partial(_load, fake_mpd),
        "random": lambda: setattr(fake_mpd.options, "random", True),
        "random over": lambda: setattr(fake_mpd.options, "random", False),
        "remove": lambda: fake_mpd.remove(place + 1),
    }
    doing[what]()


def _load(fake_mpd: FakeMpd) -> None:
    for uri in THEIRS[12:18]:
        fake_mpd.add(uri)


def perform(change: TransitionMode, seed: int) -> Tally:
    """Run the worker at a real MPD, with mpc as the user, `SPEED` times as fast."""
    with tempfile.TemporaryDirectory(prefix="moodpid-scenario-") as folder:
        library = _with_theirs(generate(Path(folder), seconds=SONG_S / SPEED))
        with PrivateMpd(library) as mpd:
            for uri in THEIRS[:12]:
                mpd.mpc("add", uri)
            mpd.mpc("play")
            return _Performance(mpd, change, seed).run()


def _with_theirs(library: Path) -> Path:
    song = next((library / "music" / "neutral").iterdir())
    (library / "music" / "theirs").mkdir()
    for uri in THEIRS:
        shutil.copy(song, library / "music" / uri)
    (library / "playlists" / "Theirs.m3u").write_text("\n".join(THEIRS[12:18]))
    return library


class _Performance:
    """One real run: the script's events at their times, and polls of MPD in between."""

    def __init__(self, mpd: PrivateMpd, change: TransitionMode, seed: int) -> None:
        self.mpd = mpd
        self.change = change
        self.seed = seed
        self.tally = Tally()
        self.mood = ""
        self.may_play = True
        self.baseline: list[str] = []

    def run(self) -> Tally:
        """Run from the first event to the end."""
        with self._worker() as request:
            self.baseline = self._theirs()
            start, last = time.monotonic(), 0.0
            events = script(self.seed)
            while last < LENGTH_S:
                now = (time.monotonic() - start) * SPEED
                while events and events[0].at_s <= now:
                    self._happens(events.pop(0), request)
                self._look(now - last)
                last = now
                time.sleep(0.04)
        return self.tally

    @contextmanager
    def _worker(self) -> Iterator[Callable[[MusicRequest], None]]:
        settings = MpdConfig(
            host=self.mpd.host,
            port=self.mpd.port,
            change=self.change,
            hands_off_s=HANDS_OFF_S / SPEED,
            no_repeat_h=2 / SPEED,
            playlists=LISTS,
        )
        worker = MpdWorker(settings, lambda _: True)
        worker.start()
        yield worker.request
        worker.stop()
        worker.join(10)

    def _happens(self, event: Event, request: Callable[[MusicRequest], None]) -> None:
        _count(self.tally, event)
        if event.kind == "mood":
            self.mood = event.what
            request(MusicRequest(start_path(Mood(event.what), None), (event.what.capitalize(),)))
        elif event.kind == "user":
            self._check()
            for arguments in _MPC[event.what]:
                self.mpd.mpc(*[self._place(word) for word in arguments], check=False)
            self.may_play = event.what not in {"pause", "stop"} and (self.may_play or "over" in event.what)
            self.baseline = self._theirs()
        else:
            self._check()
            self.mpd.stop() if event.what == "stop" else self.mpd.kill()
            self.mpd.start()
            self.baseline = self._theirs()  # killed, MPD itself goes back to the queue it saved last

    def _place(self, word: str) -> str:
        return word.replace("END", str(len(self._queue()))).replace("AFTER", str(self._position() + 1))

    def _position(self) -> int:
        return int(self.mpd.mpc("current", "-f", "%position%").strip() or 0)

    def _queue(self) -> list[str]:
        return self.mpd.mpc("playlist", "-f", "%file%").splitlines()

    def _theirs(self) -> list[str]:
        return [uri for uri in self._queue() if uri.startswith("user/")]

    def _check(self) -> None:
        now = self._theirs()
        self.tally.compare(self.baseline, now)
        self.baseline = now

    def _look(self, seconds: float) -> None:
        status = self.mpd.mpc("-f", "%file%", "status").splitlines()
        plays = len(status) > 1 and status[1].startswith("[playing]")
        self.tally.hear(status[0] if plays else "", self.mood, seconds)
        self.tally.started_unasked += plays and not self.may_play
        self._check()


_MPC: dict[str, Iterable[list[str]]] = {
    "add": [["add", THEIRS[20]]],
    "insert": [["insert", THEIRS[21]]],
    "next": [["next"]],
    "previous": [["prev"]],
    "pause": [["pause"]],
    "pause over": [["play"]],
    "stop": [["stop"]],
    "stop over": [["play"]],
    "choose": [["play", "END"]],
    "load": [["load", "Theirs"]],
    "random": [["random", "on"]],
    "random over": [["random", "off"]],
    "remove": [["del", "AFTER"]],
}


def main() -> int:
    """Run the simulated or the real scenario, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--real", action="store_true", help="at a real MPD")
    parser.add_argument(
        "--change", type=TransitionMode, default=TransitionMode.NEXT, help="next (default), now or queue"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, other hours")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args()
    tally = (perform if options.real else simulate)(options.change, options.seed)
    figures = tally.report()
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name.replace('_', ' '):<26} {figure}" for name, figure in figures.items()))
    return 0 if tally.good else 1


if __name__ == "__main__":
    sys.exit(main())
