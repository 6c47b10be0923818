#!/usr/bin/env python3
"""Compare ways to follow the mood of a living room, on simulated evenings whose moods are known.

    .venv/bin/python tools/benchmarks/living_room --data FER2013/valid.npz

Twenty evenings of four hours by default: ten households of one, two or three people with faces of their own,
two evenings each. What happens in a room, and how much of it is assumed, stands in `evenings.py`; what the
figures mean, in `figures.py`. The data are faces of FER2013 with `images` (N, 48, 48), `fer_label` and
`ferplus_votes`; those are used whose label at least half of the ten voters share.

With `--facing` all people are there throughout and look at the camera: what is left is the mood itself.

With `--rendered` the evenings are drawn as videos, faces in a room, and go through `moodpid replay`, detector
and all: some two minutes of CPU time for half an hour (`--hours 0.5`).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

if __name__ == "__main__":  # run by its path, not by pytest
    sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.living_room.contenders import Follow, in_a_row, majority, moodpid, release_0_1_0
from benchmarks.living_room.evenings import (
    HOME,
    LOOKS_HZ,
    PARTY,
    SICKROOM,
    Evening,
    Faces,
    Ints,
    Room,
    household,
    load_faces,
    load_images,
)
from benchmarks.living_room.figures import Figures, judge
from benchmarks.living_room.rendered import Cinema

MODEL = Path(__file__).parents[3] / "models" / "emotion.tflite"
ROOMS = {"home": HOME, "party": PARTY, "sickroom": SICKROOM}
# In seconds: there and seen for longer than any evening, away and turned away for one look
FACING = Room(stays_s=1e5, away_s=0.25, visible_s=1e5, hidden_s=0.25, missed=0.0)


def contenders(faces: Faces, known: tuple[float, ...]) -> dict[str, Follow]:
    """Return the rows of the table.

    Args:
        faces: Where the classifier's prior comes from.
        known: The room's true frequencies.
    """
    training = faces.training_prior
    return {
        "8 equal in a row": in_a_row(8),
        "majority of the last 28": majority(28),
        "moodpid 0.1.0": release_0_1_0(training),
        "moodpid, prior of the training": moodpid(faces, training),
        "moodpid, prior of a home": moodpid(faces, HOME),
        "... and no resting faces": moodpid(faces, HOME, resting=False),
        "moodpid, prior learned": moodpid(faces, HOME, learns=True),
        "moodpid, prior known": moodpid(faces, known),
        "... learned, and a sense that knows the mood in 5 of 10 reports": moodpid(
            faces, HOME, learns=True, sense=0.5
        ),
        "... learned, and a sense that knows the mood in 8 of 10 reports": moodpid(
            faces, HOME, learns=True, sense=0.8
        ),
    }


def compare(ways: Mapping[str, Follow], homes: Sequence[Sequence[Evening]]) -> dict[str, list[Figures]]:
    """Return the figures of each way, as `judged` has them."""
    return {name: judged([follow(evenings) for evenings in homes], homes) for name, follow in ways.items()}


def judged(reports: Sequence[Sequence[Ints]], homes: Sequence[Sequence[Evening]]) -> list[Figures]:
    """Return the figures of the first evenings of all households, of the second, and so on.

    The last figures are of all evenings together.

    Args:
        reports: What was reported of each evening of each household.
        homes: These evenings.
    """
    rounds = [range(n, n + 1) for n in range(len(homes[0]))]
    return [
        judge(
            [home[n].truth for home in homes for n in which],
            [reported[n] for reported in reports for n in which],
            LOOKS_HZ,
        )
        for which in [*rounds, range(len(homes[0]))]
    ]


def row(name: str, figures: Sequence[Figures]) -> str:
    """Return a row of the table, from the figures as `judged` has them."""
    *rounds, whole = figures
    shares = ", ".join(f"{100 * one.right:.1f}" for one in rounds)
    return (
        f"| {name} | {100 * whole.right:.1f} % ({shares}) | {whole.false_dark_per_hour:.1f} "
        f"| {100 * whole.felt:.0f} % | {whole.delay_s:.1f} s | {whole.changes_per_hour:.0f} "
        f"(true: {whole.true_changes_per_hour:.0f}) |"
    )


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help=".npz with images, fer_label, ferplus_votes")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--room", choices=ROOMS, default="home")
    parser.add_argument("--households", type=int, default=10)
    parser.add_argument("--evenings", type=int, default=2, help="of each household")
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--own-face", type=float, default=Room().own_face, help="0: everybody is average")
    parser.add_argument("--lapses", type=float, default=Room().lapses)
    parser.add_argument("--face-lasts", type=float, default=Room().face_lasts_s, help="seconds")
    parser.add_argument("--facing", action="store_true", help="nobody leaves, turns away or is missed")
    parser.add_argument("--only", default="", help="only rows with one of these words, comma-separated")
    parser.add_argument("--rendered", action="store_true", help="draw the evenings, and replay the videos")
    return parser.parse_args()


def main() -> int:
    """Print the table as Markdown."""
    options = parse()
    only = options.only.split(",")
    try:
        faces = load_faces(options.data, options.model)
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as error:
        print(f"living_room: {options.data} is no .npz of faces and votes: {error}", file=sys.stderr)
        return 1
    room = replace(
        FACING if options.facing else Room(),
        frequencies=ROOMS[options.room],
        hours=options.hours,
        own_face=options.own_face,
        lapses=options.lapses,
        face_lasts_s=options.face_lasts,
    )
    people = [household(faces, room, number, options.seed) for number in range(options.households)]
    homes = [[one.evening() for _ in range(options.evenings)] for one in people]
    print("| way | right | false dark moods an hour | long moods felt | median delay | changes an hour |")
    print("| --- | --- | --- | --- | --- | --- |")
    if options.rendered:
        images, _ = load_images(options.data)
        cinema = Cinema(faces, images, options.model, only)
        for name, reports in cinema.show(homes).items():
            print(row(name, judged(reports, homes)))
        return 0
    for name, follow in contenders(faces, room.frequencies).items():
        if any(part in name for part in only):
            print(row(name, compare({name: follow}, homes)[name]), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
