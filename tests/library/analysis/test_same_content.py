"""Files that are one recording under two names, and files that only look so."""

from pathlib import Path

import numpy as np
import pytest

from moodpid.library.analysis.files import Passage, stamp_of
from tests.library.analysis.music_folder import Folder
from tests.library.songs import TODAY, listed

PICTURE = "".join(map(chr, np.random.default_rng(1).integers(33, 127, 100_000)))


def sound(seed: int) -> str:
    """Return what an analyser of the tests understands, with an end of its own."""
    return f"0.5 0.{seed} " + "".join(map(chr, np.random.default_rng(seed).integers(33, 127, 20_000)))


def write(folder: Folder, uri: str, seed: int, middle: str = PICTURE, end: str = "TAG") -> None:
    words, _, tail = sound(seed).rpartition(" ")
    folder.write(uri, f"{words} {middle}{tail}{end:128}", modified=str(len(folder.analyzer.heard)))


@pytest.mark.parametrize("middle", [PICTURE, "\0" * 100_000])
def test_recordings_with_the_same_middle_are_heard_each(folder: Folder, middle: str) -> None:
    write(folder, "one.mp3", 1, middle)
    write(folder, "two.mp3", 2, middle)
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.moved) == (2, 0)


def test_silence_in_the_middle_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + bytes(300_000) + b"end")
    assert stamp_of(Passage(tmp_path / "a.wav"), listed("a.wav")).fingerprint == b""


def test_a_moved_song_with_other_tags_is_known(folder: Folder) -> None:
    write(folder, "old.mp3", 1)
    folder.list()
    folder.scan()
    folder.remove("old.mp3")
    write(folder, "new.mp3", 1, end="TAG other")
    folder.list()
    assert folder.scan().moved == 1


def test_a_song_that_stays_may_change_its_end(folder: Folder) -> None:
    write(folder, "a.m4a", 1)
    folder.list()
    folder.scan()
    path = folder.music / "a.m4a"
    path.write_text(path.read_text(encoding="utf-8")[:-1000] + "x" * 1000, encoding="utf-8")
    folder.modified["a.m4a"] = "2"
    folder.list()
    assert folder.scan().moved == 1


@pytest.mark.parametrize(("artist", "moved"), [("Ann", 1), ("Bob", 0)])
def test_what_an_earlier_version_read_is_known_by_tags(folder: Folder, artist: str, moved: int) -> None:
    write(folder, "a/song.mp3", 1)
    folder.store.replace_listing([listed("a/song.mp3", "Ann")], TODAY)
    folder.scan()
    with folder.store._db.writing() as db:
        db.execute("UPDATE songs SET fingerprint = substr(fingerprint, 1, 16)")
    folder.remove("a/song.mp3")
    write(folder, "b/song.mp3", 1)
    folder.store.replace_listing([listed("b/song.mp3", artist)], TODAY)
    assert folder.scan().moved == moved
