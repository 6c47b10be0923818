"""The demo takes the best camera there is, or says why the one that was asked for is none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from demo import source


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A /dev with two numbers of webcams, and one of a Pi's video decoder."""
    for number in (1, 0, 10):
        (tmp_path / f"video{number}").touch()
    return tmp_path


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the one camera that is named be the only one that works; none for an empty name."""

    def only(name: str) -> None:
        def answer(code: str, *arguments: str) -> bool:
            return name == ("picamera2" if "picamera2" in code else arguments[0])

        monkeypatch.setattr(source, "_works", answer)

    return only


@pytest.mark.parametrize("wanted", ["picamera2", ""])
def test_the_pi_camera_goes_first(works: Callable[[str], None], devices: Path, wanted: str) -> None:
    works("picamera2")
    assert source.choose(wanted, devices) == ({"source": "picamera2"}, "the Pi camera")


@pytest.mark.parametrize("wanted", ["webcam", ""])
def test_the_first_webcam_that_gives_a_picture_is_taken(
    works: Callable[[str], None], devices: Path, wanted: str
) -> None:
    works("1")
    assert source.choose(wanted, devices)[0] == {"source": "webcam", "device": 1}


@pytest.mark.parametrize("wanted", ["recording", ""])
def test_the_bundled_recording_always_works(works: Callable[[str], None], devices: Path, wanted: str) -> None:
    works("")
    table, called = source.choose(wanted, devices)
    assert table == {"source": "recording", "loop": True}
    assert ("since there is no camera" in called) == (not wanted)


def test_a_requested_webcam_that_is_missing_is_reported(works: Callable[[str], None], tmp_path: Path) -> None:
    works("picamera2")
    with pytest.raises(source.NoCameraError, match="--source webcam: there is no /dev/video0"):
        source.choose("webcam", tmp_path)


def test_webcams_without_a_picture_are_named(works: Callable[[str], None], devices: Path) -> None:
    works("picamera2")
    with pytest.raises(source.NoCameraError, match="no picture from /dev/video0, /dev/video1;"):
        source.choose("webcam", devices)


@pytest.mark.parametrize(
    ("installed", "what"), [(None, "python3-picamera2"), (object(), "rpicam-hello --list-cameras")]
)
def test_a_requested_pi_camera_that_is_missing_is_reported(
    works: Callable[[str], None],
    devices: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: object,
    what: str,
) -> None:
    works("0")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: installed)
    with pytest.raises(source.NoCameraError, match=what):
        source.choose("picamera2", devices)
