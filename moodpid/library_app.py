"""The use cases behind the verbs `analyse` and `library`."""

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from moodpid import state_files, wiring
from moodpid.config import AnalyseWhen, Config
from moodpid.errors import ExitCode, ModelError, MoodpidError
from moodpid.library.backlog import NO_SONGS, UPDATE
from moodpid.library.database import LibraryError
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Backlog, analyzer_version
from moodpid.library.store import LibraryStore
from moodpid.text import clean

if TYPE_CHECKING:
    from moodpid.library.analysis.analyzer import SongAnalyzer
    from moodpid.library.analysis.conditions import Conditions
    from moodpid.library.analysis.scan import Progress
    from moodpid.library.overview import MoodOverview

log = logging.getLogger(__name__)

HEADS = wiring.DATA / "music.json"
NETWORK = wiring.DATA / "musicnn.npz"


class EmptyLibraryError(MoodpidError):
    """MPD has no songs that could be analysed."""

    exit_code = ExitCode.SOME_FAILED


class PlayerOffError(MoodpidError):
    """The configuration has the player switched off."""

    exit_code = ExitCode.SOME_FAILED


@dataclass(frozen=True, slots=True)
class AnalyseOptions:
    """What the verb `analyse` takes.

    Attributes:
        limit: At most so many songs.
        again: All songs, also those that were analysed.
        stop_after_s: End after so many seconds.
        nightly: Wait while the machine is busy; from a timer, only if `[library] analyse` allows it.
    """

    limit: int | None = None
    again: bool = False
    stop_after_s: float | None = None
    nightly: bool = False


@dataclass(frozen=True, slots=True)
class AnalysisStatus:
    """How far the analysis of the library is.

    Attributes:
        backlog: In songs.
        network: Whether the network is installed.
        failures: Some songs that could not be read, and why.
        folder: The music folder that was used last; empty if none was.
    """

    backlog: Backlog
    network: bool
    failures: tuple[tuple[str, str], ...]
    folder: str


def analyse(
    config: Config, options: AnalyseOptions, report: Callable[["Progress"], None]
) -> "Progress | None":
    """Analyse the songs that wait; None if the configuration leaves the timer nothing to do.

    Raises:
        MoodpidError: The player is switched off; or MPD, the music folder, the database, ffmpeg or the heads
            cannot be used; or MPD has no songs, and a user started this.
    """
    # systemd sets this for what a timer starts (systemd.exec(5), from 252 on); a service started by hand runs
    by_timer = options.nightly and "TRIGGER_UNIT" in os.environ
    if by_timer and not (config.player.enabled and config.library.analyse is AnalyseWhen.NIGHTLY):
        return None
    if not config.player.enabled:
        raise PlayerOffError("player: switched off in [player], so no song is analysed")
    # Before numpy: one song at a time on one core; more threads would only take the service's turn
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from moodpid.library.analysis.decode import ffmpeg_version
    from moodpid.library.analysis.scan import LibraryScan
    from moodpid.library_listing import update_listing

    _require_own_user()
    ffmpeg_version()
    analyzer = build_analyzer()
    conditions = _conditions(options, _stop_on_signals())
    with LibraryStore(state_files.library_path()) as store:
        folder = update_listing(config, store, unattended=options.nightly)
        store.keep_fact("folder", str(folder))
        if not (options.nightly or store.backlog(0).listed):
            raise EmptyLibraryError(f"{NO_SONGS}: {UPDATE}")
        if options.again:
            store.analyze_again()
        scan = LibraryScan(
            store=store,
            folder=folder,
            analyzer=analyzer,
            should_stop=conditions.reason_to_stop,
            report=report,
        )
        return scan.run(options.limit)


def _conditions(options: AnalyseOptions, stop: Event) -> "Conditions":
    """Return when the analysis rests and when it ends."""
    from moodpid.library.analysis.conditions import Conditions
    from moodpid.system.raspberry_pi import read_temperature_c

    return Conditions(
        stop_after_s=options.stop_after_s,
        stopping=stop.is_set,
        temperature_c=read_temperature_c,
        # A user who started it by hand does not want it to wait for other work
        load=(lambda: os.getloadavg()[0]) if options.nightly else (lambda: 0.0),
        rest=stop.wait,
    )


def _stop_on_signals() -> Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _require_own_user() -> None:
    """Refuse to leave files in the service's folder that the service could not read.

    Raises:
        LibraryError: The folder is another user's: this is root, or may not write there.
    """
    folder = state_files.library_path().parent
    if not folder.exists() or folder.stat().st_uid == os.geteuid():
        return
    if os.geteuid() == 0 or not os.access(folder, os.W_OK | os.X_OK):
        raise LibraryError(f"{folder} belongs to the service's user: sudo -u moodpid moodpid analyse")


def build_analyzer() -> "SongAnalyzer":
    """Return the analysis, with the network if it is installed.

    Raises:
        ModelError: The heads are unusable.
    """
    from moodpid.library.analysis.analyzer import SongAnalyzer
    from moodpid.library.analysis.heads import read_heads
    from moodpid.library.analysis.musicnn import Musicnn

    network = None
    if NETWORK.exists():
        try:
            network = Musicnn(NETWORK)
        except ModelError as error:
            log.warning("%s: the features alone must do", error)
    return SongAnalyzer(read_heads(HEADS), network)


def status() -> AnalysisStatus:
    """Return how far the analysis is, without MPD and without numpy.

    Raises:
        LibraryError: The database is broken.
    """
    network = NETWORK.exists()
    with LibraryReader(state_files.library_path()) as reader:
        return AnalysisStatus(
            reader.backlog(analyzer_version(network=network)),
            network,
            tuple(reader.failures(10)),
            reader.fact("folder"),
        )


def look(picture: Path | None) -> list["MoodOverview"]:
    """Return what lies near each mood, and draw all songs, if there are any, where a file is named for it.

    Raises:
        LibraryError: The database is broken.
        OSError: The picture cannot be written.
    """
    from moodpid.library.overview import overview
    from moodpid.library.picture import MAX_SONGS, draw

    with LibraryReader(state_files.library_path()) as reader:
        count = reader.counts().analyzed
        if picture and count:
            # Every n-th song, so that the first folders do not use up MAX_SONGS
            some = islice(reader.everything(), 0, None, -(-count // MAX_SONGS) or 1)
            picture.write_text(draw(some, f"{count} songs"), encoding="utf-8")
        return overview(reader.everything())


class NoLikeError(MoodpidError):
    """There is no song to like, or no service that would play songs like it."""

    exit_code = ExitCode.SOME_FAILED


def like(config: Config, uri: str) -> str:
    """Ask the service, by a message over MPD, to go on with songs like one; return which.

    Args:
        config: Names MPD.
        uri: The song; empty: the one that plays.

    Raises:
        PlayerOffError: The player is switched off.
        NoLikeError: Nothing plays, the song was not analysed, or no service is connected to this MPD.
        MpdGoneError, MpdDeniedError: MPD cannot be reached.
        CommandRefusedError: It does not allow messages.
    """
    from moodpid.library.overview import song_name
    from moodpid.mpd.connection import MpdConnection
    from moodpid.mpd.leader_election import LIKE, leader_among

    if not config.player.enabled:
        raise PlayerOffError("player: switched off in [player]")
    with MpdConnection(config.player, wiring.mpd_password(config)) as connection:
        song_id = connection.status().song_id
        song = connection.queue_song(song_id) if song_id is not None else None
        liked = uri or (song.uri if song else "")
        if not liked:
            raise NoLikeError("nothing plays: name a song, as in moodpid like URI")
        with wiring.library_reader() as reader:
            placed = reader.song(liked)
            if placed is None:
                raise NoLikeError(f"{clean(liked)} is not analysed: run moodpid analyse")
        leader = leader_among(connection.channels())
        if not leader:
            raise NoLikeError("no moodpid drives this MPD: sudo systemctl start moodpid")
        connection.send_message(leader, f"{LIKE} {liked}")
    return clean(song_name(placed))
