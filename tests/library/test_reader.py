import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodpid.library.database import LibraryError
from moodpid.library.reader import LibraryCounts, LibraryReader
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect
from tests.library.songs import analysis, fill, listed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite"


def test_without_a_database_there_are_no_songs(path: Path) -> None:
    with LibraryReader(path) as reader:
        assert reader.counts() == LibraryCounts(0, 0)
        assert reader.near(Affect(0, 0), 9) == []
        assert reader.alike("a.mp3", 9) == []
        assert reader.song("a.mp3") is None
        assert reader.fact("anything") == ""
    assert not path.exists()


def test_a_database_that_comes_later_is_found(path: Path) -> None:
    with LibraryReader(path) as reader:
        assert reader.counts().analyzed == 0
        with LibraryStore(path) as store:
            fill(store, [(listed("a.mp3"), analysis())])
            assert reader.counts().analyzed == 1


def test_a_database_that_was_replaced_is_opened_again(path: Path) -> None:
    other = path.with_name("other.sqlite")
    for file, count in ((path, 1), (other, 2)):
        with LibraryStore(file) as store:
            fill(store, [(listed(f"{number}.mp3"), analysis()) for number in range(count)])
    with LibraryReader(path) as reader:
        assert reader.counts().analyzed == 1
        other.replace(path)
        assert reader.counts().analyzed == 2


def test_a_broken_database_is_a_library_error(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)
    with LibraryReader(path) as reader, pytest.raises(LibraryError, match="moodpid analyse mends it"):
        reader.near(Affect(0, 0), 9)


def test_a_pipe_is_no_database(path: Path) -> None:
    os.mkfifo(path)
    with LibraryReader(path) as reader, pytest.raises(LibraryError, match="not a regular file"):
        reader.fact("version")


@settings(max_examples=15)
@given(
    st.lists(st.tuples(*[st.floats(-1, 1)] * 2, st.floats(0, 1)), min_size=1, max_size=30),
    *[st.floats(-1, 1)] * 2,
)
def test_the_nearest_songs_come_first(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[tuple[float, float, float]],
    valence: float,
    arousal: float,
) -> None:
    path, target = tmp_path_factory.mktemp("library") / "library.sqlite", Affect(valence, arousal)
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(
            store,
            [(listed(f"{n}.mp3"), analysis(*where[:2], spread=where[2])) for n, where in enumerate(places)],
        )
        found = [song.place.distance(target) for song in reader.near(target, 10)]
        every = sorted(song.place.distance(target) for song in reader.everything())
    assert found == pytest.approx(every[:10])


_COUNT = """
import sys
from pathlib import Path
from moodpid.library.reader import LibraryReader
with LibraryReader(Path(sys.argv[1])) as reader:
    print(reader.counts().analyzed)
"""


def on_a_read_only_disk(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that alone sees the folder as one that cannot be written."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(folder), *command],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("leftovers", [("-wal", "-shm"), ("-wal",), ()])
def test_songs_are_found_on_a_disk_that_became_read_only(path: Path, leftovers: tuple[str, ...]) -> None:
    if not shutil.which("unshare") or on_a_read_only_disk(path.parent, "true").returncode != 0:
        pytest.skip("mounts are not allowed here")
    with LibraryStore(path) as store:
        fill(store, [(listed("a.mp3"), analysis())])
    with LibraryReader(path) as reader:
        assert reader.counts().analyzed == 1
    for suffix in {"-wal", "-shm"}.difference(leftovers):  # a reader leaves both, a writer none
        path.with_name(path.name + suffix).unlink()
    counted = on_a_read_only_disk(path.parent, sys.executable, "-c", _COUNT, str(path))
    assert (counted.stdout, counted.stderr) == ("1\n", "")


def test_a_folder_holds_what_lies_below_it(path: Path) -> None:
    names = ["Jazz/a.mp3", "Jazz/Live/b.mp3", "Jazz.mp3", "Jazz and more/c.mp3", "Rock/d.mp3", "Jazz%/e.mp3"]
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed(name), analysis()) for name in names])
        assert {song.uri for song in reader.near(Affect(0, 0), 9, "Jazz/")} == {
            "Jazz/a.mp3",
            "Jazz/Live/b.mp3",
        }
        assert reader.count_below("Jazz") == 2
        assert reader.count_below("") == 6


def test_neighbours_are_those_that_sound_alike(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed(f"{sound}.mp3"), analysis(sound=sound)) for sound in (0, 100, 110, 130, 255)])
        assert [song.uri for song in reader.alike("100.mp3", 3)] == ["110.mp3", "130.mp3", "0.mp3"]


def test_equal_sounds_are_ordered_by_distance_on_the_plane(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(
            store,
            [
                (listed("a.mp3"), analysis()),
                (listed("b.mp3"), analysis(0.9)),
                (listed("c.mp3"), analysis(0.1)),
            ],
        )
        assert [song.uri for song in reader.alike("a.mp3", 2)] == ["c.mp3", "b.mp3"]


def test_many_names_are_looked_up_at_once(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed(f"{number}.mp3"), analysis()) for number in range(1200)])
        asked = [f"{number}.mp3" for number in range(0, 2000, 2)]
        assert len(reader.songs(asked)) == 600
