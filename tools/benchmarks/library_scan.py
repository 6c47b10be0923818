"""Kill the analysis of a large made-up library again and again: is a song lost, or heard twice?

    .venv/bin/python tools/benchmarks/library_scan.py [--songs 10000] [--kills 100]

The files are a line of text each and the analysis reads that line, so that what is measured is the database
and the scan: how long a song takes as the library grows, and what SIGKILL at a random moment costs.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from moodpid.library.analysis.scan import LibraryScan, Progress
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Analysis, ListedSong, Tags
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect

ANALYZER = 3
TODAY = 20_000
_NUMBERS = bytes(4 * 103), bytes(2 * 200)


class ReadingAnalyzer:
    """Takes the line in a file for its sound, and writes down which files it was asked for."""

    version = ANALYZER

    def __init__(self, heard: Path) -> None:
        self._heard = heard.open("a", encoding="utf-8")

    def analyze(self, path: Path, duration_s: float, tags: Tags) -> Analysis:
        """Return two numbers of the file as its place."""
        del duration_s, tags
        valence, arousal = path.read_text(encoding="utf-8").split()[:2]
        self._heard.write(f"{path.name}\n")
        self._heard.flush()
        place = Place(Affect(float(valence), float(arousal)), 0.3, 0.3)
        return Analysis(*_NUMBERS, place, bytes(16), -14.0)

    def place_library(self, store: LibraryStore) -> None:
        """Do nothing: the places are those of the files."""


def main() -> int:
    """Run the benchmark; returns 1 if a song was lost or heard twice without a kill in between."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)  # a child: scan this folder
    options = parser.parse_args()
    if options.scan:
        scan(options.scan)
        return 0
    with tempfile.TemporaryDirectory() as name:
        return benchmark(Path(name), options.songs, options.kills)


def benchmark(folder: Path, songs: int, kills: int) -> int:
    """Make the library, kill scans at random moments, let the last one end, and count."""
    make_library(folder, songs)
    with LibraryStore(folder / "library.sqlite") as store:
        start_s = time.monotonic()
        store.replace_listing(listing(folder), TODAY)
        print(f"list of {songs} songs taken over in {time.monotonic() - start_s:.1f} s")
    chance = random.Random(7)  # noqa: S311 - the same moments every time
    killed = 0
    while killed < kills and waiting(folder):
        process = subprocess.Popen(
            [sys.executable, __file__, "--scan", str(folder)], stdout=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=0.6 + 1.2 * chance.random())
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    subprocess.run([sys.executable, __file__, "--scan", str(folder)], check=True)
    return judge(folder, songs, killed)


def judge(folder: Path, songs: int, killed: int) -> int:
    """Print what came of it."""
    heard = Counter((folder / "heard").read_text(encoding="utf-8").splitlines())
    again = sum(count - 1 for count in heard.values())
    with LibraryReader(folder / "library.sqlite") as reader:
        counts = reader.counts()
    lost = songs - counts.analyzed
    print(f"{killed} kills: {lost} songs lost, {counts.failed} given up, {again} heard again")
    return 0 if lost == 0 and again <= killed else 1


def make_library(folder: Path, songs: int) -> None:
    """Write a file of one line for each song, a hundred in each folder."""
    chance = random.Random(3)  # noqa: S311 - no secret
    for number in range(songs):
        path = folder / "music" / f"{number // 100:04}" / f"{number:06}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"{chance.uniform(-1, 1):.3f} {chance.uniform(-1, 1):.3f} {number}\n", encoding="utf-8"
        )


def listing(folder: Path) -> Iterator[ListedSong]:
    """Yield the songs as MPD would list them."""
    for path in sorted((folder / "music").rglob("*.mp3")):
        number = int(path.stem)
        tags = Tags(path.stem, f"Artist {number // 40}", f"Album {number // 12}")
        yield ListedSong(str(path.relative_to(folder / "music")), "1", 180.0, tags)


def waiting(folder: Path) -> int:
    """Return how many songs still wait."""
    with LibraryReader(folder / "library.sqlite") as reader:
        return reader.backlog(ANALYZER).waiting


def scan(folder: Path) -> None:
    """Scan until all is done, and print how long a tenth of the songs took, one by one."""
    marks: list[float] = []

    def report(progress: Progress) -> None:
        if progress.done % 1000 == 0:
            marks.append(progress.seconds)

    with LibraryStore(folder / "library.sqlite") as store:
        done = LibraryScan(
            store=store, folder=folder / "music", analyzer=ReadingAnalyzer(folder / "heard"), report=report
        ).run()
    steps = [f"{later - earlier:.1f}" for earlier, later in zip([0.0, *marks], marks, strict=False)]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{done.done} songs in {done.seconds:.1f} s; {memory_mb:.0f} MB")
    print(f"each thousand took {', '.join(steps)} s")
    os.sync()


if __name__ == "__main__":
    sys.exit(main())
