"""One command from the faces to the model: train, quantize, calibrate, evaluate, report.

    python tools/training/make.py --data FER2013 --run /var/tmp/moodpid-model

A run that was cut off goes on from its last whole epoch when the same command is given again.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import calibrate
import data
import sidecar
from network import NETWORKS, EmotionNetwork, multiply_adds
from recipe import Recipe
from train import Run, predict

CALIBRATION_FACES = 500  # set the int8 ranges; from the training split
CROP = {"scale": 1.04, "shift_x": 0.0, "shift_y": 0.0}  # measured: haar.py


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--data", type=Path, required=True, help="the folder of the faces")
    parser.add_argument("--run", type=Path, required=True, help="a folder for checkpoints")
    parser.add_argument("--out", type=Path, default=root / "models", help="where the model goes")
    parser.add_argument("--network", choices=sorted(NETWORKS), default=Recipe.network)
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--teachers", type=int, default=0, help="networks to learn from, trained first")
    parser.add_argument("--teacher-network", choices=sorted(NETWORKS), default="medium")
    parser.add_argument("--teacher-epochs", type=int, default=64)
    parser.add_argument(
        "--teacher-model", type=Path, help="an earlier model to learn from; its sidecar beside it"
    )
    parser.add_argument("--faces", type=int, help="train on so many faces only, for a test")
    parser.add_argument("--no-report", action="store_true", help="no pictures")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class Teacher:
    """A network to learn from, what the sidecar says of it, and how long it took in this run."""

    network: EmotionNetwork
    about: dict[str, Any]
    seconds: float = 0.0


def find_teachers(options: argparse.Namespace, train: data.Faces, valid: data.Faces) -> list[Teacher]:
    """Return the earlier model, if one is asked for, and train the others one after the other."""
    teachers = [earlier(options.teacher_model)] if options.teacher_model else []
    for number in range(options.teachers):
        recipe = Recipe(
            network=options.teacher_network, epochs=options.teacher_epochs, seed=options.seed + 1000 + number
        )
        print(f"teacher {number + 1} of {options.teachers}", flush=True)
        run = Run(recipe, train, valid, options.run / f"teacher-{number}")
        about = {"network": recipe.network, "seed": recipe.seed, "epochs": recipe.epochs}
        network = run.finish()
        about["valid_accuracy"] = run.history[-1]["valid_accuracy"]
        teachers.append(Teacher(network, about, run.seconds))
    return teachers


def earlier(model: Path) -> Teacher:
    """Return a model file that this command wrote before as a teacher."""
    from restore import restore

    described = sidecar.read(model)
    training = described["training"]
    about = {
        "network": training["recipe"]["network"],
        "seed": training["seed"],
        "epochs": training["epochs_done"],
        "valid_accuracy": described["figures"]["valid"]["accuracy"],
        "sha256": described["model"]["sha256"],
        "commit": training["commit"],
    }
    return Teacher(restore(model, about["network"]), about)


def sample(faces: data.Faces, count: int, seed: int) -> data.Faces:
    """Return so many rows, chosen by the seed."""
    return faces.take(np.random.default_rng(seed).permutation(len(faces))[:count])


def int8_logits(model: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the file's real logits (N, 7) of (N, 48, 48) uint8 pictures."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero_point = out["quantization"]
    logits = np.empty((len(images), len(data.LABELS)))
    for row, image in enumerate(images):
        interpreter.set_tensor(into["index"], image[None, :, :, None])
        interpreter.invoke()
        logits[row] = (interpreter.get_tensor(out["index"])[0].astype(np.float64) - zero_point) * scale
    return logits


def export_model(options: argparse.Namespace, run: Run, taught_by: list[Teacher], train: data.Faces) -> Path:
    """Write the int8 file and its sidecar, with the temperature fitted; return the file."""
    import export  # TensorFlow takes seconds to come up and is not needed before

    model: Path = options.out / "emotion.tflite"
    model.parent.mkdir(parents=True, exist_ok=True)
    network = run.average.network.to("cpu").eval()
    faces = sample(train, CALIBRATION_FACES, options.seed)
    exported = export.convert(network, faces.images, model)
    described = sidecar.describe(
        model,
        output=(exported.output_scale, exported.output_zero_point),
        prior=data.prior(train.labels),
        crop=CROP,
        training=_training(options, run, taught_by, train),
    )
    valid = run.valid
    logits = int8_logits(model, valid.images)
    float_logits = predict(network, valid.images, torch.device("cpu")).numpy()
    described["calibration"] = {
        "temperature": round(calibrate.fit_temperature(logits, valid.labels), 4),
        "fitted_on": "valid.npz, FER2013 labels",
        "ece_cross_fitted": round(calibrate.cross_fitted_error(logits, valid.labels), 4),
    }
    described["figures"] = {
        "float_accuracy": round(float((float_logits.argmax(1) == valid.labels).mean()), 4)
    }
    sidecar.write(model, described)
    return model


def _training(
    options: argparse.Namespace, run: Run, taught_by: list[Teacher], train: data.Faces
) -> dict[str, Any]:
    command = (
        "python tools/training/make.py --data FER2013 --run RUN"
        f" --network {options.network} --epochs {options.epochs} --seed {options.seed}"
        f" --teachers {options.teachers}"
    )
    if options.teacher_model:
        command += f" --teacher-model {options.teacher_model.name}"
    if options.teachers:
        command += f" --teacher-network {options.teacher_network} --teacher-epochs {options.teacher_epochs}"
    return {
        "command": command,
        "commit": sidecar.commit(Path(__file__).parent),
        "seed": options.seed,
        "data": data.checksums(options.data),
        "faces": len(train),
        "epochs_done": run.epoch,
        "device": torch.cuda.get_device_name() if run.device.type == "cuda" else "cpu",
        "minutes": round(sum(each.seconds for each in (*taught_by, run)) / 60.0, 1),
        "teachers": [each.about for each in taught_by],
        "recipe": asdict(run.recipe),
        "history": run.history,
    }


def describe(model: Path, valid: data.Faces, *, pictures: bool) -> None:
    """Judge the file by the daemon's own classifier; write figures, model card and pictures."""
    import card
    import evaluate

    described = sidecar.read(model)
    described["figures"]["valid"] = evaluate.evaluate(model, valid)
    sidecar.write(model, described)
    network = described["training"]["recipe"]["network"]
    card.write(model, multiply_adds(NETWORKS[network]) / 1e6)
    if pictures:
        import report  # matplotlib is not needed for anything else

        report.draw(model, valid, model.parent / "report")


def main(arguments: list[str]) -> int:
    """Do it all."""
    options = parse(arguments)
    train, valid = data.load_folder(options.data)
    found = len(train)
    train = data.cleaned(train, valid)
    print(f"{len(train)} of {found} faces to train on, {len(valid)} to choose by", flush=True)
    if options.faces:
        train = sample(train, options.faces, options.seed)
        valid = sample(valid, options.faces, options.seed)
    recipe = Recipe(network=options.network, epochs=options.epochs, seed=options.seed)
    taught_by = find_teachers(options, train, valid)
    run = Run(recipe, train, valid, options.run / options.network, [each.network for each in taught_by])
    print(f"{multiply_adds(NETWORKS[options.network]) / 1e6:.1f} million multiply-adds a face", flush=True)
    run.finish()
    model = export_model(options, run, taught_by, train)
    describe(model, valid, pictures=not options.no_report)
    print(json.dumps({"model": str(model), **sidecar.read(model)["figures"]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
