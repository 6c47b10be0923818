#!/usr/bin/env python3
"""Write what the software camera of the containerised Pi is to show: the bundled recording, or one face.

    .venv/bin/python tools/pi/frames.py FOLDER [--face happy | --each] [--fps 4]

`--each` shows every face in the order of `Emotion`; without it, one round of the recording.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from moodpid.mood.emotion import Emotion
from moodpid.vision.cameras.demo_scene import DemoScene, script
from moodpid.vision.cameras.recording import BUNDLED
from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage

REPEATS = 4  # the software camera shows each picture so many times before the next


def still(scene: DemoScene, shows: Emotion | None) -> GreyImage:
    """Return the picture of one face, long after it faded in, or of the empty room."""
    start_s = next(part.start_s for part in script()[0] if part.shows is shows)
    return scene.picture(start_s + 3.0)


def write(folder: Path, pictures: Iterator[GreyImage]) -> int:
    """Write the pictures numbered as the software camera wants them; return how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    number = -1
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number}.jpg"), picture)
    return number + 1


def main() -> int:
    """Choose the pictures and write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--face", choices=[*Emotion, "nobody"])
    which.add_argument("--each", action="store_true")
    parser.add_argument("--fps", type=float, default=4.0, help="what the camera will be asked for")
    asked = parser.parse_args()
    scene = DemoScene(BUNDLED)
    if asked.face:
        pictures = iter([still(scene, None if asked.face == "nobody" else Emotion(asked.face))])
    elif asked.each:
        pictures = (still(scene, face) for face in Emotion)
    else:
        pictures = (frame.grey for frame in scene.frames(asked.fps / REPEATS))
    print(f"{write(asked.folder, pictures)} pictures in {asked.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
