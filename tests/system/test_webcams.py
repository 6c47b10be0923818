"""USB cameras are found by what the kernel tells of them, also under another number."""

from pathlib import Path

import pytest

from moodpid.system.webcams import find_webcams, present_webcam

ROOT = "sys/class/video4linux"


def plug_in(root: Path, name: str, place: str = "usb1/1-1", index: int = 0) -> None:
    real = root / "sys/devices" / place / name
    real.mkdir(parents=True)
    (real / "index").write_text(f"{index}\n")
    (root / ROOT).mkdir(parents=True, exist_ok=True)
    (root / ROOT / name).symlink_to(real)
    (root / "dev").mkdir(exist_ok=True)
    (root / "dev" / name).touch()


def test_only_the_pictures_of_usb_cameras_are_webcams(tmp_path: Path) -> None:
    plug_in(tmp_path, "video0")
    plug_in(tmp_path, "video1", index=1)
    plug_in(tmp_path, "video10", "codec")
    assert find_webcams(tmp_path) == [0]


@pytest.mark.parametrize(
    ("plugged_in", "opened"),
    [((0, 2), 0), ((2,), 2), ((2, 4), 0), ((), 0)],
    ids=["as before", "another number", "two others", "none"],
)
def test_an_only_webcam_is_found_under_another_number(
    tmp_path: Path, plugged_in: tuple[int, ...], opened: int
) -> None:
    for number in plugged_in:
        plug_in(tmp_path, f"video{number}")
    assert present_webcam(0, tmp_path) == opened
