"""MPD commands and CPU time of the MPD worker: at rest, per song, and with a very large library.

.venv/bin/python tools/benchmarks/music_cost.py [--rest SECONDS] [--songs N] [--queue N]
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, str(Path(__file__).parents[1]))

from demo.library import generate

from moodpid.config import MpdConfig, SongSource
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.worker import MpdWorker
from tests.support.servers import PrivateMpd

PARTY, LARGE = "Party", "Large"


class CountingLink(MpdConnection):
    """Counts the commands and the items of the answers."""

    def __init__(self, settings: MpdConfig) -> None:
        self.asked: Counter[str] = Counter()
        self.longest = 0
        super().__init__(settings)

    def _ask(self, command: str, *arguments: object) -> list[str]:
        return self._count(command, super()._ask(command, *arguments))

    def _search(self, command: str, *arguments: object) -> list[str]:
        return self._count(command, super()._search(command, *arguments))

    def _count(self, command: str, answer: list[str]) -> list[str]:
        self.asked[command] += 1
        self.longest = max(self.longest, sum(line.startswith("file: ") for line in answer))
        return answer


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rest", type=float, default=60.0, help="how long to look on at rest, in seconds")
    parser.add_argument("--songs", type=int, default=100_000, help="songs in the large library")
    parser.add_argument("--queue", type=int, default=10_000, help="songs in the large queue")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="moodpid-cost-") as folder:
        library = generate(Path(folder), seconds=3.0)
        rest(library, options.rest)
        large(library, options.songs, options.queue)


def rest(library: Path, seconds: float) -> None:
    """Measure a worker at an idle MPD."""
    with PrivateMpd(library) as mpd:
        mpd.mpc("load", "Happy")
        settings = MpdConfig(host=mpd.host, port=mpd.port, playlists={Mood.SAD: ("Sad",)})
        worker = MpdWorker(settings, lambda _: True)
        worker.start()
        worker.request(MusicRequest(start_path(Mood.SAD, None), ("Sad",)))
        worker.join(3.0)  # it has settled
        before = time.process_time()
        worker.join(seconds)
        spent_ms = 1000 * (time.process_time() - before)
        print(f"at rest: {spent_ms:.1f} ms of CPU in {seconds:.0f} s, for the whole process")
        worker.stop()
        worker.join(5.0)


def large(library: Path, songs: int, queue: int) -> None:
    """Measure how one song is added to a large queue from a large library."""
    folder = library / "music" / "large"
    tracks = list((library / "music" / "sad").iterdir())  # a file may have 65,000 names and no more
    for number in range(songs):
        place = folder / f"{number // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        os.link(tracks[number % len(tracks)], place / f"{number}.wav")
    uris = [f"large/{number // 1000:03}/{number}.wav" for number in range(songs)]
    (library / "playlists" / f"{LARGE}.m3u").write_text("\n".join(uris))
    (library / "playlists" / f"{PARTY}.m3u").write_text("\n".join(uris[:queue]))
    mpd = PrivateMpd(library)
    (mpd.folder / "database").touch()  # the start would wait for an update of this size
    with mpd:
        mpd.mpc("update")
        while "Updating" in mpd.mpc("status"):
            time.sleep(1)
        mpd.mpc("load", PARTY)
        mpd.mpc("play", str(queue // 2))
        mpd.mpc("pause")
        for entry in (
            SongSource(playlist=LARGE),
            SongSource(filter='(title != "")'),
            SongSource(folder="large"),
        ):
            _measure(mpd, entry, songs, queue)


def _measure(mpd: PrivateMpd, entry: SongSource, songs: int, queue: int) -> None:
    settings = MpdConfig(host=mpd.host, port=mpd.port, playlists={Mood.SAD: (entry,)})
    with CountingLink(settings) as link:
        reconciler = QueueReconciler(settings, Random(1))  # noqa: S311 - no secret
        reconciler.on_connect(link)
        for what in ("first", "second"):
            link.asked.clear()
            cpu, wall_clock = time.process_time(), time.monotonic()
            mood = Mood.SAD if what == "first" else Mood.DISGUST
            reconciler.reconcile(link, MusicRequest(start_path(mood, None), ("x",)))
            cpu, wall_clock = time.process_time() - cpu, time.monotonic() - wall_clock
            print(
                f"{entry.name}, {songs} songs, a queue of {queue}: {what} two songs put in with "
                f"{link.asked.total()} commands, {1000 * cpu:.0f} ms of CPU, {1000 * wall_clock:.0f} ms; "
                f"longest answer {link.longest} songs"
            )


if __name__ == "__main__":
    main()
