"""From a trained student to what is shipped: file, sidecar, figures, card and pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import calibrate
import data
import earlier
import evaluate
import layers
import network
import sidecar
import stages
from recipe import PREVIOUS
from train import predict

CALIBRATION_FACES = 500  # set the int8 ranges; from the training split
CROP = {"scale": 1.04, "shift_x": 0.0, "shift_y": 0.0}  # measured: haar.py
# Soft targets make a network shy of the classes that are mixed up most. Where its head has not been fitted
# again, their logits are raised until this share of their validation faces is found
SHY, LEAST_RECALL = ("disgust", "fear"), 0.51
STEP, MOST = 0.05, 1.0


def write_model(options: argparse.Namespace) -> None:
    """Write the student's int8 file, its sidecar with all figures, card and pictures."""
    train, valid = stages.load_faces(options)
    if options.student == PREVIOUS:
        name, trained, figures = PREVIOUS, *earlier.previous(options.previous)
    else:
        name = options.student or best(options.run)
        folder = options.run / "students" / name
        figures = json.loads((folder / "student.json").read_text())
        trained = earlier.load(figures["recipe"]["network"], folder / "weights.pt")
    raised = {} if figures.get("refit") else shy_classes(_float_logits(trained, valid), valid.labels)
    earlier.add_bias(trained, raised)
    model: Path = options.out / "emotion.tflite"
    model.parent.mkdir(parents=True, exist_ok=True)
    figures |= {"raised": raised, "command": _command(options.previous, name, figures)}
    export_file(trained, model, (train, valid), training(options, figures, len(train)))
    _judge(model, valid)
    import card

    card.write(model, layers.multiply_adds(layers.NETWORKS[figures["recipe"]["network"]]) / 1e6)
    if not options.no_report:
        import report  # matplotlib is not needed for anything else

        report.draw(model, valid, model.parent / "report")
    print(json.dumps({"model": str(model), **sidecar.read(model)["figures"]}), flush=True)


def shy_classes(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Return what to add to the logits of each shy class, 0 to 1: no more than it needs.

    logits: (N, 7). labels: (N,) indices into `data.LABELS`.
    """
    raised = {}
    for label in SHY:
        column = data.LABELS.index(label)
        lifted, bias, wanted = logits.copy(), 0.0, LEAST_RECALL * (labels == column).sum()
        while ((lifted.argmax(axis=1) == column) & (labels == column)).sum() < wanted and bias < MOST:
            bias = round(bias + STEP, 2)
            lifted[:, column] = logits[:, column] + bias
        logits, raised[label] = lifted, bias
    return {label: bias for label, bias in raised.items() if bias}


def best(run: Path) -> str:
    """Return the student of the greatest likelihood on the validation faces."""
    loss = {
        file.parent.name: json.loads(file.read_text())["valid_loss"]
        for file in run.glob("students/*/student.json")
    }
    if not loss:
        raise FileNotFoundError(f"{run} has no trained student: run the stage `students` first")
    return min(loss, key=lambda name: loss[name])


def export_file(
    trained: network.EmotionNetwork,
    model: Path,
    faces: tuple[data.Faces, data.Faces],
    about: dict[str, Any],
) -> None:
    """Write a network's int8 file, and its sidecar with the temperature.

    faces: for training and for validation. about: how it was trained.
    """
    import export  # TensorFlow takes seconds to come up and is not needed before

    train, valid = faces
    samples = stages.sample(train, CALIBRATION_FACES, 1)
    exported = export.convert(trained, samples.images, model)
    described = sidecar.describe(
        model,
        output=(exported.output_scale, exported.output_zero_point),
        prior=data.prior(train.labels),
        crop=CROP,
        training=about,
    )
    logits = int8_logits(model, valid.images)
    float_logits = _float_logits(trained, valid)
    described["calibration"] = {
        "temperature": round(calibrate.fit_temperature(logits, valid.labels), 4),
        "fitted_on": "valid.npz, FER2013 labels",
        "ece_cross_fitted": round(calibrate.cross_fitted_error(logits, valid.labels), 4),
    }
    described["figures"] = {
        "float_accuracy": round(float((float_logits.argmax(1) == valid.labels).mean()), 4)
    }
    sidecar.write(model, described)


def _float_logits(trained: network.EmotionNetwork, faces: data.Faces) -> NDArray[np.float64]:
    return np.asarray(predict(trained, faces.images, torch.device("cpu")).double().numpy())


def int8_logits(model: Path, images: NDArray[np.uint8], *, plain: bool = False) -> NDArray[np.float64]:
    """Return the file's real logits (N, 7) of (N, 48, 48) uint8 pictures.

    plain: through the interpreter's own kernels, without XNNPACK, as on a Pi.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if plain else OpResolverType.AUTO
    interpreter = Interpreter(model_path=str(model), num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero_point = out["quantization"]
    logits = np.empty((len(images), len(data.LABELS)))
    for row, image in enumerate(images):
        interpreter.set_tensor(into["index"], image[None, :, :, None])
        interpreter.invoke()
        logits[row] = (interpreter.get_tensor(out["index"])[0].astype(np.float64) - zero_point) * scale
    return logits


def _command(earlier_model: Path | None, name: str, figures: dict[str, Any]) -> str:
    """Return what makes the model again in a new folder RUN; a file that taught is called as its teacher."""
    words = [f"python tools/training/make.py {'export' if name == PREVIOUS else 'all'}"]
    words += ["--data FER2013 --run RUN"]
    if name != PREVIOUS:
        through = [each.partition("/") for each in (figures["start"] or {}).get("through", [])]
        files = [f"{each['name']}={each['name']}.tflite" for each in figures["teachers"] if "file" in each]
        words += ["--members", *(each["name"] for each in figures["teachers"] if "file" not in each)]
        words += ["--students", *(before for kind, _, before in through if kind == "students"), name]
        words += ["--files", *files] if files else []
    words += [f"--student {name}"]
    words += [f"--previous {earlier_model.name}"] if earlier_model else []
    return " ".join(words)


def training(options: argparse.Namespace, figures: dict[str, Any], faces: int) -> dict[str, Any]:
    """Return what the sidecar says of how a network was trained on so many faces."""
    return {
        "command": figures["command"],
        "commit": sidecar.commit(Path(__file__).parent),
        "seed": figures["recipe"]["seed"],
        "data": data.checksums(options.data),
        "faces": faces,
        "epochs_done": figures["epochs_done"],
        "device": figures["device"],
        "minutes": round(figures["seconds"] / 60.0, 1),
        "start": figures.get("start"),
        "raised": figures["raised"],
        "ensemble": figures.get("ensemble"),
        "teachers": figures.get("teachers", []),
        "recipe": figures["recipe"],
        "history": [entry for entry in figures["history"] if "valid_accuracy" in entry],
    }


def _judge(model: Path, valid: data.Faces) -> None:
    """Record the file's figures: upright, tilted, and with the interpreter's own kernels."""
    described = sidecar.read(model)
    upright = evaluate.evaluate(model, valid)
    plain = int8_logits(model, valid.images, plain=True).argmax(axis=1)
    described["figures"] |= {
        "valid": upright,
        "plain_kernels_accuracy": round(float((plain == valid.labels).mean()), 4),
        "tilted": {
            str(degrees): evaluate.evaluate(model, evaluate.tilted(valid, degrees))["accuracy"]
            for degrees in (-20, 20)
        },
    }
    sidecar.write(model, described)
