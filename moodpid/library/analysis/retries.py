"""Songs that an earlier scan could not read, and this one may."""

import os
from contextlib import suppress
from pathlib import Path

from moodpid.library.analysis.decoder_messages import TOO_LITTLE
from moodpid.library.analysis.files import NO_TRACK, NoPassageError, locate
from moodpid.library.analysis.spectrogram import BARELY_AUDIBLE, SILENT, TOO_SHORT
from moodpid.library.records import ListedSong
from moodpid.library.store import LibraryStore

# Why an earlier program could not read a song, by the fact that those were tried again. The middle alone was
# heard; faults of the disk and of the decoder counted as the song's, and sheets of FLAC files had no tracks
_ONCE = {
    "silent_retried": (SILENT, BARELY_AUDIBLE),
    "faults_retried": (
        "no sound can be decoded: Input/output error",
        TOO_LITTLE,
        TOO_SHORT,
        NO_TRACK,
    ),
}


def retry_missing(store: LibraryStore, folder: Path) -> None:
    """Let songs wait again whose files were away and are back; raises LibraryError."""
    back = [uri for uri in store.missing_files() if _is_there(folder, uri)]
    if back:
        store.analyze_again(back)


def retry_once(store: LibraryStore) -> None:
    """Let songs wait again at which only an earlier program had to fail; raises LibraryError."""
    for fact, reasons in _ONCE.items():
        if not store.fact(fact):
            store.analyze_again(store.failed_with(reasons))
            store.keep_fact(fact, "yes")


def _is_there(folder: Path, uri: str) -> bool:
    with suppress(OSError, NoPassageError):
        return os.access(locate(folder, ListedSong(uri)).path, os.R_OK)
    return False
