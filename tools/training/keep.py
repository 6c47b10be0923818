"""Trained teachers as int8 files: they teach in later runs, without the hours that training them takes."""

from __future__ import annotations

import argparse
import json

import earlier
import finish
import sidecar
import stages


def write_teachers(options: argparse.Namespace) -> None:
    """Write the file and the sidecar of each member of `options.members` below `options.out`/teachers.

    None of them enlarges its pictures, as a file does not. Raises FileNotFoundError where one is not trained.
    """
    faces = stages.load_faces(options)
    for name in options.members:
        folder = options.run / "members" / name
        figures = json.loads((folder / "member.json").read_text())
        trained = earlier.load(figures["recipe"]["network"], folder / "weights.pt")
        model = options.out / "teachers" / f"{name}.tflite"
        model.parent.mkdir(parents=True, exist_ok=True)
        command = f"python tools/training/make.py teachers --data FER2013 --run RUN --members {name}"
        about = finish.training(options, figures | {"command": command, "raised": {}}, len(faces[0]))
        finish.export_file(trained, model, faces, about)
        print(model, json.dumps(sidecar.read(model)["figures"]), flush=True)
