#!/usr/bin/env python3
"""Draw docs/recording.png: what the bundled recording shows, what is seen in it, and the mood that follows.

    .venv/bin/python tools/demo/picture.py [--out docs/recording.png]

Everything in it comes out of the program: the boxes from the detector, the lines from the mood filter with
the settings of config/demo.toml.
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moodpid import wiring
from moodpid.config import load
from moodpid.mood.emotion import EMOTIONS, Emotion, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.vision.cameras.demo_scene import FADE_S, DemoScene, script
from moodpid.vision.cameras.recording import BUNDLED
from moodpid.vision.opencv import cv2
from moodpid.vision.pipeline import ClassifiedFace, observation
from moodpid.vision.types import Frame

ROOT = Path(__file__).parents[2]
FPS = 4.0
WIDTH, MARGIN, PLOT_H, BAND_H = 1400, 20, 260, 34
INK, PAPER = (40, 40, 40), (255, 255, 255)
# Blue, green, red, as OpenCV has them
COLOURS: dict[Mood, tuple[int, int, int]] = {
    Mood.ANGRY: (60, 60, 200),
    Mood.DISGUST: (60, 140, 90),
    Mood.FEAR: (150, 70, 130),
    Mood.HAPPY: (40, 170, 235),
    Mood.SAD: (190, 120, 60),
    Mood.SURPRISE: (60, 120, 240),
    Mood.NEUTRAL: (150, 150, 150),
    Mood.NOBODY: (225, 225, 225),
}
Picture = NDArray[np.uint8]


class Look(NamedTuple):
    """One frame of the recording, and the mood after it."""

    frame: Frame
    faces: tuple[ClassifiedFace, ...]
    state: MoodState


def looks() -> list[Look]:
    """Run the recording through the program."""
    config = load(ROOT / "config" / "demo.toml")
    observer, profile = wiring.build_pipeline(config)
    mood_filter = wiring.build_mood_filter(config, profile)
    analyzed = ((frame, observer.analyze(frame)) for frame in DemoScene(BUNDLED).frames(FPS))
    return [Look(frame, faces, mood_filter.update(observation(frame, faces))) for frame, faces in analyzed]


def write(picture: Picture, text: str, at: tuple[int, int], colour: tuple[int, int, int] = INK) -> None:
    """Draw a line of text with its lower left corner at `at`."""
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)


def strip(seen: list[Look]) -> Picture:
    """Draw each part of the recording, just before it fades, with the faces found in it."""
    parts, end_s = script()
    ends = [*(part.start_s for part in parts[1:]), end_s]
    width = (WIDTH - 2 * MARGIN) // len(parts)
    thumbnails = []
    for until_s in ends:
        look = max(
            (one for one in seen if one.frame.at_s <= until_s - FADE_S / 2), key=lambda o: o.frame.at_s
        )
        picture = cv2.cvtColor(look.frame.grey, cv2.COLOR_GRAY2BGR)
        for face in look.faces:
            x, y, w, h = face.box.x, face.box.y, face.box.width, face.box.height
            colour = COLOURS[Mood(face.scores.top)]
            cv2.rectangle(picture, (x, y), (x + w, y + h), colour, 5)
            label = f"{face.scores.top} {face.scores[face.scores.top]:.0%}"
            cv2.putText(
                picture, label, (x - 30, y + h + 60), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 4
            )
        thumbnails.append(
            cv2.resize(picture, (width - 4, (width - 4) * 3 // 4), interpolation=cv2.INTER_AREA)
        )
    bordered = [cv2.copyMakeBorder(t, 0, 0, 2, 2, cv2.BORDER_CONSTANT, value=PAPER) for t in thumbnails]
    return np.asarray(np.hstack(bordered), np.uint8)


def plot(seen: list[Look], width: int) -> Picture:
    """Draw the belief in each emotion over time, from 0 to 1."""
    picture = np.full((PLOT_H, width, 3), 255, np.uint8)
    x = np.linspace(0, width - 1, len(seen))
    for emotion in EMOTIONS:
        y = (1 - np.array([one.state.scores[emotion] for one in seen])) * (PLOT_H - 8) + 4
        line = np.stack((x, y), axis=1).round().astype(np.int32)
        cv2.polylines(picture, [line], False, COLOURS[Mood(emotion)], 2, cv2.LINE_AA)
    return picture


def band(seen: list[Look], width: int) -> Picture:
    """Draw the mood over time."""
    picture = np.full((BAND_H, width, 3), 255, np.uint8)
    step, begun = width / len(seen), 0
    for number, look in enumerate([*seen[1:], None], start=1):
        mood = seen[number - 1].state.mood
        if look is None or look.state.mood is not mood:
            left, right = round(begun * step), round(number * step)
            cv2.rectangle(picture, (left, 0), (right - 2, BAND_H), COLOURS[mood], -1)
            dark = mood in (Mood.NOBODY, Mood.HAPPY)
            if right - left > 9 * len(mood):
                write(picture, mood, (left + 6, BAND_H // 2 + 5), INK if dark else PAPER)
            begun = number
    return picture


def legend(width: int) -> Picture:
    """Draw the legend of the emotions."""
    picture = np.full((30, width, 3), 255, np.uint8)
    for number, emotion in enumerate(Emotion):
        left = number * 130
        cv2.line(picture, (left, 15), (left + 24, 15), COLOURS[Mood(emotion)], 3)
        write(picture, emotion, (left + 32, 20))
    return picture


def titled(title: str, picture: Picture) -> Picture:
    """Return a row of the page below a line of text."""
    row = np.full((picture.shape[0] + 26, WIDTH, 3), 255, np.uint8)
    write(row, title, (MARGIN, 18))
    row[26:, MARGIN : MARGIN + picture.shape[1]] = picture
    return row


def main() -> int:
    """Draw the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "recording.png")
    options = parser.parse_args()
    seen = looks()
    thumbnails = strip(seen)
    width = thumbnails.shape[1]
    rows = [
        titled("The recording, and the faces found in it (averages of hundreds: nobody's face)", thumbnails),
        titled("The belief in each emotion", plot(seen, width)),
        titled("", legend(width)),
        titled("The mood that player and publishers receive", band(seen, width)),
    ]
    options.out.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(options.out), np.vstack([*rows, np.full((12, WIDTH, 3), 255, np.uint8)]))
    print(f"{options.out}: {options.out.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
