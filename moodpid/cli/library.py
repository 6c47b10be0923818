"""The verbs about the library: `analyse` and `library`."""

import argparse
import contextlib
import math
import sys
import time
from typing import TYPE_CHECKING, Any

from moodpid.cli.output import print_error, print_line
from moodpid.errors import ExitCode
from moodpid.library import ffmpeg

if TYPE_CHECKING:
    from moodpid.config import Config
    from moodpid.library.analysis.scan import Progress
    from moodpid.library.overview import MoodOverview

_REPORT_S = 60.0
_COLUMNS = 100
_HOUR_S, _MINUTE_S = 3600, 60


def analyse(options: argparse.Namespace, config: "Config") -> ExitCode:
    """Analyse the songs that wait, or print how far that is."""
    from moodpid import library_app

    if options.status:
        return print_status()
    wanted = library_app.AnalyseOptions(
        limit=options.limit,
        again=options.again,
        stop_after_s=options.stop_after * _MINUTE_S if options.stop_after is not None else None,
        nightly=options.nightly,
    )
    shown = _ProgressLine()
    progress = library_app.analyse(config, wanted, shown.update)
    shown.end()
    if progress is None:
        off = "the player is switched off in [player]"
        on = 'set analyse = "nightly" in [library] to have songs analysed at night'
        print_line(f"nothing to do: {on if config.player.enabled else off}")
    else:
        print_line(summary(progress))
    return ExitCode.OK


def print_status() -> ExitCode:
    """Print how far the analysis is, and some of the songs that could not be read."""
    from moodpid import library_app
    from moodpid.library.backlog import NO_SONGS, UPDATE

    status = library_app.status()
    backlog = status.backlog
    if not backlog.listed:
        never_listed = "no song is known yet: run moodpid analyse"
        print_line(f"{NO_SONGS}: {UPDATE}" if status.folder else never_listed)
        if not ffmpeg.is_installed():
            print_line(f"{ffmpeg.MISSING}: {ffmpeg.INSTALL}")
        return ExitCode.OK
    print_line(
        f"{backlog.analyzed} of {backlog.listed} songs are analysed, {backlog.waiting} wait,"
        f" {backlog.failed} could not be read"
    )
    if not status.network:
        print_line(
            "without the music network: songs are placed by their features alone, which is less exact"
            " (tools/musicnn_weights.py makes it)"
        )
    for uri, reason in status.failures:
        print_line(f"  {uri}: {reason}")
    if backlog.failed > len(status.failures):
        print_line(f"  and {backlog.failed - len(status.failures)} more")
    return ExitCode.OK


def library(options: argparse.Namespace) -> ExitCode:
    """Print what lies near each mood, with examples; draw it if a file is named for that."""
    from moodpid import library_app

    try:
        moods = library_app.look(options.picture)
    except OSError as error:
        print_error(f"{options.picture} cannot be written: {error.strerror}")
        return ExitCode.SOME_FAILED
    if not any(mood.songs for mood in moods):
        print_error("no song is analysed yet: run moodpid analyse")
        return ExitCode.SOME_FAILED
    for mood in moods:
        for line in _mood_lines(mood):
            print_line(line)
    return ExitCode.OK


def like(options: argparse.Namespace, config: "Config") -> ExitCode:
    """Ask the service for songs like one."""
    from moodpid import library_app

    liked = library_app.like(config, options.uri)
    print_line(f"songs like {liked} follow until the mood changes or no more are alike")
    return ExitCode.OK


def _mood_lines(mood: "MoodOverview") -> list[str]:
    from moodpid.library.overview import song_name

    sure = f", give or take {mood.spread:.2f}" if mood.songs else ""
    examples = [
        f"  {song.place.affect.valence:+.2f} {song.place.affect.arousal:+.2f}  {song_name(song)}"
        for song in mood.examples
    ]
    return [f"{mood.name}: {_songs(mood.songs)}{sure}", *examples]


def _songs(count: int) -> str:
    return "1 song" if count == 1 else f"{count} songs"


class _ProgressLine:
    """One line that changes on a terminal; a line a minute elsewhere; and one for each song that fails."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._next_s = time.monotonic() + _REPORT_S
        self._open = False

    def update(self, progress: "Progress") -> None:
        """Show how far it is."""
        if progress.failure:
            self.end()
            print_line("{}: {}".format(*progress.failure))
        if self._terminal:
            print(f"\r{_state(progress):<{_COLUMNS}.{_COLUMNS}}", end="", flush=True)
            self._open = True
        elif time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + _REPORT_S
            print_line(_state(progress))

    def end(self) -> None:
        """End the line that changes."""
        if self._open:
            print_line("")
            self._open = False


def _state(progress: "Progress") -> str:
    total = progress.done + progress.waiting
    rate = f", {progress.seconds / progress.done:.2f} s a song" if progress.done else ""
    left = f", {duration(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"{progress.done} of {total} songs{rate}{left}"


def summary(progress: "Progress") -> str:
    """Return in one line what a scan has done."""
    parts = [f"{_songs(progress.analyzed)} analysed in {duration(progress.seconds)}"]
    if progress.moved:
        parts.append(f"{progress.moved} known under another name or date")
    if progress.failed:
        parts.append(f"{progress.failed} could not be read (moodpid analyse --status)")
    if progress.waiting:
        parts.append(f"{progress.waiting} wait{f': {progress.stopped}' if progress.stopped else ''}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return a time span in the two largest units that it has."""
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _count(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a number of songs: use a whole number from 1")


def _minutes(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is not a number of minutes: use a number above 0")


ARGUMENTS: dict[str, dict[str, Any]] = {
    "--status": {"action": "store_true", "help": "only print how far the analysis is"},
    "--limit": {"type": _count, "metavar": "N", "help": "at most N songs"},
    "--again": {"action": "store_true", "help": "all songs, also those that were analysed before"},
    "--stop-after": {"type": _minutes, "metavar": "MIN", "help": "end after MIN minutes; the rest waits"},
    "--nightly": {
        "action": "store_true",
        "help": 'for the service: wait while the machine is busy; by its timer only with analyse = "nightly"',
    },
}
