"""Kill the analysis of a large made-up library again and again: is a song lost, or done twice?

    .venv/bin/python tools/benchmarks/library_scan.py [--songs 10000] [--kills 100]

The files are a line of text each and the analysis reads that line, so that what is measured is the database,
the scan and the placing of all songs: how long a song takes as the library grows, and what SIGKILL costs.

The first scan is left alone. The second one, of the same songs in a new database, is killed: each process
after a random number of songs, and then at a random moment of the next ones. After each kill the rows that
are stored are read. A song is done twice if it is analysed although its row was stored before; it is begun
again if a kill came in its midst, before there was a row.
"""

import argparse
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from moodpid.library.analysis.analyzer import SongAnalyzer
from moodpid.library.analysis.features import NAMES
from moodpid.library.analysis.files import Passage
from moodpid.library.analysis.heads import read_heads
from moodpid.library.analysis.scan import LibraryScan, Progress
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Analysis, ListedSong, Tags, analyzer_version
from moodpid.library.store import LibraryStore
from moodpid.library_app import HEADS
from moodpid.mood.emotion import Affect

ANALYZER = analyzer_version(network=False)
TODAY = 20_000
MARK = 1000  # songs between two times that are printed
_POLL_S = 0.002
_MOMENT_S = 0.004  # some songs last so long
_LIMIT_S = 3600.0  # of one process


class ReadingAnalyzer:
    """Takes the line in a file for its sound, and writes down which files it was asked for."""

    version = ANALYZER

    def __init__(self, read: Path) -> None:
        self._read = read.open("a", encoding="utf-8")
        self._real = SongAnalyzer(read_heads(HEADS), None)

    def analyze(self, passage: Passage, tags: Tags) -> Analysis:
        """Return two numbers of the file as its place, and features drawn by a third."""
        del tags
        self._read.write(f"{passage.path.name}\n")
        self._read.flush()
        valence, arousal, number = passage.path.read_text(encoding="utf-8").split()
        features = np.random.default_rng(int(number)).normal(size=len(NAMES)).astype("<f4").tobytes()
        place = Place(Affect(float(valence), float(arousal)), 0.3, 0.3)
        return Analysis(features, None, place, bytes(16), -14.0)

    def place_library(self, store: LibraryStore) -> None:
        """Place all songs as the analysis does."""
        self._real.place_library(store)


@dataclass(slots=True)
class Tally:
    """What the kills have cost.

    Attributes:
        kills: Processes that were killed before their end.
        twice: Songs that were analysed although their row was stored.
        again: Songs that were begun again.
        most_again: Most of them after one kill.
        stored: Names of the files whose row is stored.
    """

    kills: int = 0
    twice: int = 0
    again: int = 0
    most_again: int = 0
    stored: set[str] = field(default_factory=set)

    def count(self, read: list[str], stored: set[str]) -> None:
        """Take over what one process read, and what is stored after its end."""
        self.twice += len(self.stored.intersection(read))
        unfinished = len(set(read) - stored)
        self.again += unfinished
        self.most_again = max(self.most_again, unfinished)
        self.stored = stored


def main() -> int:
    """Run the benchmark; returns 1 if a song was lost or done twice, or a kill cost more than one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--songs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--scan", type=Path, help=argparse.SUPPRESS)  # a child: scan this folder
    options = parser.parse_args()
    if options.scan:
        scan(options.scan)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_library(folder, options.songs)
        prepare(folder, options.songs)
        subprocess.run(command(folder), check=True, timeout=_LIMIT_S)
        prepare(folder, options.songs)
        return judge(folder, options.songs, kill_scans(folder, options.songs, options.kills))


def prepare(folder: Path, songs: int) -> None:
    """Make a new database with the list of songs, as after a connection to MPD."""
    for file in (*folder.glob("library.sqlite*"), *folder.glob("reads")):
        file.unlink()
    with LibraryStore(folder / "library.sqlite") as store:
        start_s = time.monotonic()
        store.replace_listing(listing(folder), TODAY)
        print(f"list of {songs} songs taken over in {time.monotonic() - start_s:.1f} s")


def kill_scans(folder: Path, songs: int, kills: int) -> Tally:
    """Scan the library in processes that are killed after a random number of songs; let the last one end."""
    chance = random.Random(7)  # noqa: S311 - the same parts every time
    tally = Tally()
    while len(tally.stored) < songs:
        before = reads_of(folder)
        # On average an equal share of what is left, so that all kills fit into the library
        share = (songs - len(tally.stored)) / (kills + 1 - tally.kills)
        reads = len(before) + int(2 * share * chance.random()) if tally.kills < kills else None
        exit_code = scan_once(folder, reads, _MOMENT_S * chance.random())
        tally.kills += exit_code == -signal.SIGKILL
        tally.count(reads_of(folder)[len(before) :], stored_in(folder))
    return tally


def scan_once(folder: Path, reads: int | None, moment_s: float) -> int:
    """Scan in a process of its own, and return its exit code.

    Args:
        folder: The library.
        reads: It is killed a moment after so many songs were read in all; None: it is left alone.
        moment_s: How long this moment is.

    Raises:
        RuntimeError: The scan has failed.
        subprocess.TimeoutExpired: It did not end in time.
    """
    process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL)
    try:
        if reads is not None:
            wait_for(process, folder, reads)
            time.sleep(moment_s)
            process.kill()
        exit_code = process.wait(_LIMIT_S)
    finally:
        process.kill()
        process.wait()
    if exit_code > 0:
        raise RuntimeError(f"the scan failed with exit code {exit_code}")
    return exit_code


def wait_for(process: "subprocess.Popen[bytes]", folder: Path, reads: int) -> None:
    """Wait until so many songs were read, the process has ended, or the time is over."""
    line, until_s = len("000000.mp3\n"), time.monotonic() + _LIMIT_S
    while process.poll() is None and time.monotonic() < until_s:
        path = folder / "reads"
        if path.exists() and path.stat().st_size >= reads * line:
            return
        time.sleep(_POLL_S)


def reads_of(folder: Path) -> list[str]:
    """Return the names of all files that were read so far, in their order."""
    path = folder / "reads"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def stored_in(folder: Path) -> set[str]:
    """Return the names of the files whose row is stored."""
    connection = sqlite3.connect(folder / "library.sqlite")
    try:
        rows = connection.execute("SELECT uri FROM songs WHERE analyzer = ?", (ANALYZER,))
        return {Path(uri).name for (uri,) in rows}
    finally:
        connection.close()


def judge(folder: Path, songs: int, tally: Tally) -> int:
    """Print what came of it."""
    with LibraryReader(folder / "library.sqlite") as reader:
        counts = reader.counts()
    lost = songs - counts.analyzed
    print(
        f"{tally.kills} kills: {lost} songs lost, {counts.failed} given up, {tally.twice} done twice,"
        f" {tally.again} begun again, at most {tally.most_again} after one kill"
    )
    return 0 if not (lost or tally.twice) and tally.most_again <= 1 else 1


def command(folder: Path) -> list[str]:
    """Return the command line of a process that scans."""
    return [sys.executable, __file__, "--scan", str(folder)]


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


def scan(folder: Path) -> None:
    """Scan until all is done, and print how long each thousand of the songs took."""
    marks: list[float] = []

    def report(progress: Progress) -> None:
        if progress.done % MARK == 0:
            marks.append(progress.seconds)

    with LibraryStore(folder / "library.sqlite") as store:
        done = LibraryScan(
            store=store, folder=folder / "music", analyzer=ReadingAnalyzer(folder / "reads"), report=report
        ).run()
    steps = [f"{later - earlier:.1f}" for earlier, later in zip([0.0, *marks], marks, strict=False)]
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{done.done} songs in {done.seconds:.1f} s; {memory_mb:.0f} MB")
    print(f"each thousand took {', '.join(steps)} s")
    os.sync()


if __name__ == "__main__":
    sys.exit(main())
