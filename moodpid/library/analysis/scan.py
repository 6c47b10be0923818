"""Go through the songs that wait for the analysis: stop and resume anywhere, lose and repeat none."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from moodpid.errors import MoodpidError
from moodpid.library import ffmpeg
from moodpid.library.analysis.decoder import (
    DecodeError,
    DecoderFaultError,
    DecoderMissingError,
    DecoderNotStartedError,
    RetryableDecodeError,
)
from moodpid.library.analysis.files import (
    MusicFolderError,
    NoPassageError,
    Passage,
    locate,
    require_folder,
    stamp_of,
)
from moodpid.library.analysis.missing import MissingFiles, top_folder
from moodpid.library.analysis.retries import retry_missing, retry_once
from moodpid.library.analysis.spectrogram import UnusableSoundError
from moodpid.library.database import LibraryError
from moodpid.library.names import mpd_name
from moodpid.library.records import NO_FILE, Analysis, FileStamp, ListedSong, Tags
from moodpid.library.store import LibraryStore
from moodpid.text import clean

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
FAULTS_IN_A_ROW = 10
WITHIN_FILE = "a track within a file: it needs a file of its own, or a CUE sheet beside the file"
_BATCH = 50
_FIRST_PLACING = 50  # songs after which all are placed again; then after twice as many, and so on


class Analyzer(Protocol):
    """Listens to songs; see `SongAnalyzer`."""

    @property
    def version(self) -> int:
        """Grows with what it knows."""

    def analyze(self, passage: Passage, tags: Tags) -> Analysis:
        """Return what is found in a song."""

    def place_library(self, store: LibraryStore) -> None:
        """Place all songs again; one that cannot be placed waits for the analysis again."""


@dataclass(slots=True)
class Progress:
    """What a scan has done so far.

    Attributes:
        analyzed, failed, moved: Songs that were read, could not be read, and had another name or date before.
        waiting: Songs that still wait.
        seconds: Since the scan began.
        stopped: Why the scan ended before its end; empty: it did not.
        failure: Name of and reason for the song that came last, if it could not be read.
    """

    waiting: int
    analyzed: int = 0
    failed: int = 0
    moved: int = 0
    seconds: float = 0.0
    stopped: str = ""
    failure: tuple[str, str] | None = None

    @property
    def done(self) -> int:
        """All songs that were dealt with."""
        return self.analyzed + self.failed + self.moved

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at this rate; None before the first song."""
        return self.waiting * self.seconds / self.done if self.done else None


class LibraryScan:
    """One pass over the songs that wait.

    Args:
        store: The database.
        folder: The music folder.
        analyzer: Listens.
        should_stop: Called before each song; returns why to stop, or nothing.
        report: Called after each song.
        clock: Monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - all by keyword
        self,
        *,
        store: LibraryStore,
        folder: Path,
        analyzer: Analyzer,
        should_stop: Callable[[], str] = lambda: "",
        report: Callable[[Progress], None] = lambda _progress: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._folder = folder
        self._analyzer = analyzer
        self._should_stop = should_stop
        self._report = report
        self._clock = clock
        self._missing = MissingFiles(folder)
        self._decoder_faults = 0
        self._placed = 0
        self._postponed: set[str] = set()  # to the next scan

    def run(self, limit: int | None = None) -> Progress:
        """Place all songs, analyse up to `limit`, place all again; what was done is kept whatever happens.

        Raises:
            MusicFolderError: The music folder is away.
            DecoderMissingError: ffmpeg cannot be started.
            LibraryError: The database cannot be written.
        """
        require_folder(self._folder)
        retry_missing(self._store, self._folder)
        retry_once(self._store)
        self._analyzer.place_library(self._store)  # the list of songs, their tags or the program may be new
        start_s = self._clock()
        progress = Progress(self._store.backlog(self._analyzer.version).waiting)
        try:
            for song in self._songs(limit):
                progress.stopped = self._should_stop()
                if progress.stopped:
                    break
                progress.failure = None
                self._deal_with(song, progress)
                progress.waiting -= song.uri not in self._postponed
                progress.seconds = self._clock() - start_s
                self._report(progress)
                self._place_sometimes(progress)
            self._end_missing(progress)
        finally:
            self._place(progress)
        return progress

    def _songs(self, limit: int | None) -> Iterator[ListedSong]:
        left = limit if limit is not None else 1 << 62
        while left > 0:
            wanted = min(left, _BATCH) + len(self._postponed)
            found = self._store.next_songs(self._analyzer.version, wanted, self._missing.away)
            batch = [song for song in found if song.uri not in self._postponed]
            if not batch:
                return
            for song in batch:
                if top_folder(song.uri) not in self._missing.away:
                    yield song
                    left -= 1

    def _deal_with(self, song: ListedSong, progress: Progress) -> None:
        attempts = self._store.begin(song.uri)
        try:
            if attempts > MAX_ATTEMPTS:
                reason = f"the analysis was ended {MAX_ATTEMPTS} times in the midst of this song"
                self._fail(song, FileStamp(song.modified, 0), reason, progress)
            else:
                self._listen(song, progress, last=attempts == MAX_ATTEMPTS)
        except (MusicFolderError, DecoderMissingError, LibraryError, KeyboardInterrupt):
            with suppress(LibraryError):  # a full disk, as a rule
                self._store.forget_attempt(song.uri)
            raise

    def _listen(self, song: ListedSong, progress: Progress, *, last: bool) -> None:
        stamp = FileStamp(song.modified, 0)
        try:
            passage = locate(self._folder, song)
            stamp = stamp_of(passage, song)
            if known := self._store.same_content(stamp, self._analyzer.version, song):
                self._store.copy(known, song)
                progress.moved += 1
                self._missing.note_opened(song)
                return
            analysis = self._analyze_file(passage, song)
        except (DecodeError, UnusableSoundError, NoPassageError) as error:
            self._count_decoder_fault(error)
            if isinstance(error, DecoderNotStartedError):
                self._put_off(song)
            elif isinstance(error, RetryableDecodeError) and not last:
                self._postponed.add(song.uri)  # the share or the machine may be at fault
            else:
                self._fail(song, stamp, str(error), progress)
        except NotADirectoryError:  # a track below a file of several
            self._fail(song, stamp, WITHIN_FILE, progress)
        except OSError as error:
            self._file_is_missing(song, error)
        except MoodpidError:
            raise
        except Exception as error:
            log.debug("%s cannot be analysed", clean(mpd_name(song.uri)), exc_info=True)
            self._fail(song, stamp, f"the analysis failed: {type(error).__name__}: {error}"[:200], progress)
        else:
            self._decoder_faults = 0
            self._store.record(song, stamp, self._analyzer.version, analysis)
            progress.analyzed += 1

    def _analyze_file(self, passage: Passage, song: ListedSong) -> Analysis:
        """Analyse a song, and make sure that its file is still there: else that may not be all of it.

        Raises:
            OSError: The file went away meanwhile.
        """
        try:
            analysis = self._analyzer.analyze(passage, song.tags)
        except (DecodeError, UnusableSoundError):
            self._require_file(passage, song)
            raise
        self._require_file(passage, song)
        return analysis

    def _require_file(self, passage: Passage, song: ListedSong) -> None:
        stamp_of(passage, song)
        self._missing.note_opened(song)

    def _count_decoder_fault(self, error: MoodpidError) -> None:
        """Raise DecoderMissingError after so many in a row that the songs cannot be at fault."""
        self._decoder_faults = self._decoder_faults + 1 if isinstance(error, DecoderFaultError) else 0
        if self._decoder_faults >= FAULTS_IN_A_ROW:
            raise DecoderMissingError(f"{error}, at {FAULTS_IN_A_ROW} songs in a row: {ffmpeg.REPAIR}")

    def _fail(self, song: ListedSong, stamp: FileStamp, reason: str, progress: Progress) -> None:
        self._store.record_failure(song, stamp, self._analyzer.version, reason)
        progress.failed += 1
        progress.failure = mpd_name(song.uri), reason

    def _file_is_missing(self, song: ListedSong, error: OSError) -> None:
        """Put a song off until it is known whether its file or its whole folder is away.

        Raises:
            MusicFolderError: The share is away, or this is the wrong folder.
        """
        require_folder(self._folder)
        self._missing.note_missing(song, error)
        self._put_off(song)

    def _put_off(self, song: ListedSong) -> None:
        """Leave a song to the next scan as if this one had not tried it."""
        self._store.forget_attempt(song.uri)
        self._postponed.add(song.uri)

    def _end_missing(self, progress: Progress) -> None:
        """Record the files that cannot be opened; what an earlier program found in one stays.

        Raises:
            MusicFolderError: No song could be opened, and a whole folder is away.
        """
        if not progress.stopped:
            self._missing.require_some()
        for song, reason in self._missing.single():
            if not self._store.is_analyzed(song.uri):
                self._fail(song, FileStamp(song.modified, NO_FILE), reason, progress)
                progress.waiting -= 1
                self._report(progress)

    def _place_sometimes(self, progress: Progress) -> None:
        """Place all songs now and then: the more was heard, the better is known what is usual."""
        if progress.analyzed >= max(_FIRST_PLACING, 2 * self._placed):
            self._place(progress)

    def _place(self, progress: Progress) -> None:
        if progress.analyzed > self._placed:
            self._placed = progress.analyzed
            self._analyzer.place_library(self._store)
