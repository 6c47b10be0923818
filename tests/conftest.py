"""What the tests of several rooms share: real servers, and a watch over the log calls."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo.library import generate
from hypothesis import HealthCheck, settings

from tests.support.environment import SONG_S, FormatWatch, lengthen, require
from tests.support.servers import PrivateMosquitto, PrivateMpd

# The same examples every time, and no verdict on how fast a busy machine is
settings.register_profile(
    "calm", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("calm")

_FFMPEG_DEFAULT_BYTES = 2**31 - 1  # INT_MAX, see libavutil/mem.c


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight stored playlists of three songs that outlast every test, as songs do; nobody changes it."""
    folder = generate(tmp_path_factory.mktemp("library"), seconds=1.0)
    for song in folder.glob("music/*/*.wav"):
        lengthen(song, SONG_S)
    return folder


@pytest.fixture
def mpd(library: Path) -> Iterator[PrivateMpd]:
    """A real MPD that has read the library, with an empty queue."""
    require("mpd", "mpc")
    with PrivateMpd(library) as server:
        yield server


@pytest.fixture
def mosquitto() -> Iterator[PrivateMosquitto]:
    """A real broker that lets everybody in."""
    require("mosquitto")
    with PrivateMosquitto() as server:
        yield server


@pytest.fixture(autouse=True)
def _well_formed_log_calls() -> Iterator[None]:
    """Fail the test in which our code logs with arguments that do not fit the text, debug lines included."""
    ours, watch = logging.getLogger("moodpid"), FormatWatch()
    level = ours.level
    ours.addHandler(watch)
    ours.setLevel(logging.DEBUG)
    yield
    ours.removeHandler(watch)
    ours.setLevel(level)
    if watch.faults:
        pytest.fail("badly formatted log call: " + "; ".join(watch.faults))


@pytest.fixture(autouse=True)
def _ffmpeg_as_it_was() -> Iterator[None]:
    """Lift the limit that reading a video sets for the whole process: later tests write larger ones."""
    yield
    if opencv := sys.modules.get("moodpid.vision.opencv"):
        opencv.limit_ffmpeg_allocations(_FFMPEG_DEFAULT_BYTES)


# Names by which a module starts servers or programs of its own
_SERVER_NAMES = frozenset({"PrivateMosquitto", "PrivateMpd", "Moodpid", "begin", "require"})
_SERVER_FIXTURES = frozenset({"mpd", "mosquitto"})
# Benchmarks need none, but seconds each
_SERVER_FOLDERS = frozenset({"benchmarks", "demo", "e2e", "homeassistant", "pi", "servers"})
# The same on every Python: files, figures, and what happens in a browser
_ONCE_FOLDERS = frozenset({"benchmarks", "packaging"})
_ONCE_MODULES = frozenset({"test_style.py", "test_tools.py", "test_browser.py", "test_browser_live.py"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need servers or one Python only; `-m "not servers"` is the fast lane."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        names = set(vars(module)) if (module := getattr(item, "module", None)) else set()
        folder = item.path.parent.name
        if fixtures & _SERVER_FIXTURES or names & _SERVER_NAMES or folder in _SERVER_FOLDERS:
            item.add_marker(pytest.mark.servers)
        if folder in _ONCE_FOLDERS or item.path.name in _ONCE_MODULES:
            item.add_marker(pytest.mark.once)
