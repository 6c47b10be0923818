#!/usr/bin/env python3
"""Measure how a model scores faces of each emotion, and write that into its sidecar.

    .venv/bin/python tools/benchmarks/living_room/profile.py --data FER2013/valid.npz

The filter learns from it how the people of a room look at rest (`moodpid.mood.room`). Run it again for every
new model. The faces are those of the simulation: FER2013's label and half of the FER+ voters agree.
"""

import argparse
import json
import sys
from pathlib import Path
from zipfile import BadZipFile

if __name__ == "__main__":  # run by its path, not by pytest
    sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.living_room.evenings import load_faces

from moodpid.mood.emotion import EMOTIONS

MODEL = Path(__file__).parents[3] / "models" / "emotion.tflite"


def main() -> int:
    """Write the profile."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help=".npz with images, fer_label, ferplus_votes")
    parser.add_argument("--model", type=Path, default=MODEL)
    options = parser.parse_args()
    try:
        faces = load_faces(options.data, options.model)
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as error:
        print(f"profile: {options.data} is no .npz of faces and votes: {error}", file=sys.stderr)
        return 1
    file = options.model.with_suffix(".json")
    sidecar = json.loads(file.read_text())
    names = [emotion.value for emotion in EMOTIONS]
    sidecar["profile"] = {
        "faces": len(faces.labels),
        "measured_on": f"{options.data.name}, faces whose FER2013 label half of the FER+ voters share",
        "mean_logs": {
            name: dict(zip(names, [round(x, 3) for x in row], strict=True))
            for name, row in zip(names, faces.profile.tolist(), strict=True)
        },
    }
    file.write_text(json.dumps(sidecar, indent=2) + "\n")
    print(f"{file}: profile of {len(faces.labels)} faces")
    return 0


if __name__ == "__main__":
    sys.exit(main())
