"""Videos of phones and screens are read in their own time, upright, and within limits."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from moodpid.errors import PictureError
from moodpid.vision.cameras import video
from moodpid.vision.image_files import read_grey
from moodpid.vision.opencv import cv2

needs_ffmpeg = pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")


def unexpected(fault: PictureError) -> None:
    raise AssertionError(str(fault))


def film(file: Path, frames: int = 50) -> Path:
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for number in range(frames):
        picture = np.full((48, 64, 3), 5 * number, np.uint8)
        picture[:16] = 255  # white above
        writer.write(picture)
    writer.release()
    return file


def converted(source: Path, target: Path, *options: str) -> Path:
    command = ["ffmpeg", "-loglevel", "error", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, timeout=60)
    return target


@needs_ffmpeg
def test_frames_of_a_variable_rate_have_their_own_times(tmp_path: Path) -> None:
    slower = "setpts='if(lt(T,1),PTS,PTS+(T-1)/TB)'"  # the second half at half the rate
    options = "-vf", slower, "-vsync", "vfr", "-c:v", "mpeg4"
    file = converted(film(tmp_path / "a.avi"), tmp_path / "b.mp4", *options)
    times = [frame.at_s for frame in video.frames(file, 25.0, unexpected)]
    assert times[:3] == pytest.approx([0.0, 0.04, 0.08], abs=0.005)
    assert times[-1] == pytest.approx(2.92, abs=0.05)


@needs_ffmpeg
def test_a_portrait_video_is_rotated_as_ffmpeg_does(tmp_path: Path) -> None:
    plain = converted(film(tmp_path / "a.avi"), tmp_path / "b.mp4", "-c:v", "mpeg4")
    turned = converted(plain, tmp_path / "c.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90")
    if not cv2.VideoCapture(str(turned)).get(cv2.CAP_PROP_ORIENTATION_META):
        pytest.skip("this ffmpeg writes no rotation with -metadata")
    expected = read_grey(converted(turned, tmp_path / "c.png", "-frames:v", "1"))
    frame = next(video.frames(turned, 25.0, unexpected))
    assert frame.grey.shape == expected.shape == (64, 48)
    assert np.abs(frame.grey.astype(int) - expected).mean() < 3


def test_a_name_with_a_colon_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film(tmp_path / "a.avi").rename(tmp_path / "18:04.avi")
    monkeypatch.chdir(tmp_path)
    assert next(video.frames(Path("18:04.avi"), 4.0, unexpected)).at_s == 0.0


def test_a_pipe_is_refused_without_opening_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(PictureError, match="not a regular file"):
        video.frames(tmp_path / "a.mp4", 4.0, unexpected)


def test_a_video_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"more than 0\.001 megapixels"):
        video.frames(film(tmp_path / "a.avi"), 4.0, unexpected, max_pixels=1000)


@needs_ffmpeg
def test_a_huge_video_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    huge = "color=gray:size=8192x8192:rate=1:duration=1"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", huge, "-c:v", "ffv1"]
    subprocess.run([*command, str(tmp_path / "a.mkv")], check=True, timeout=60)
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PEAK_OF_OPENING, str(tmp_path / "a.mkv")],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert int(done.stdout) < 30_000  # a picture of it has 100,000 kB


_PEAK_OF_OPENING = """
import resource, sys
from pathlib import Path
from moodpid.errors import PictureError
from moodpid.vision.cameras import video

def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before_kb = peak_kb()
try:
    video.frames(Path(sys.argv[1]), 4.0, print)
except PictureError:
    print(peak_kb() - before_kb)
"""


def test_a_video_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "a.mp4").write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match="cannot be read: Permission denied"):
        video.frames(tmp_path / "a.mp4", 4.0, unexpected)
