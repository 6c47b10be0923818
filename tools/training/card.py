"""The model card: what the model is, where it comes from, how good it is, and what it is not for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import layers
import sidecar

# After Mitchell et al., "Model Cards for Model Reporting" (2019).
TEMPLATE = """\
# Model card: moodpid's emotion model

*Written by `tools/training/make.py` together with the model; do not edit by hand.*

| | |
| --- | --- |
| file | `{file}`, {kilobytes} kB, SHA-256 `{sha256}` |
| takes | one face: 48 x 48 grey, uint8, as a Haar box cut out of the picture |
| gives | seven logits, int8: {labels} |
| network | `{network}` of `tools/training/network.py`: plain and residual convolutions{pairs}, ReLU6, {million} million multiply-adds |
| trained with | `{command}` at commit `{commit}`, seed {seed}, {done} of {epochs} epochs of {faces} faces, {minutes} minutes on {device} |
| started from | {start} |
| taught by | {ensemble} |

[tools/training/README.md](../tools/training/README.md) says why it is trained so.
{teachers}
## What it is for

Guessing the mood of a room, from many glances at the faces in it, so that the music can follow. One glance is
often wrong; moodpid smooths over many of them and asks for confidence before it changes anything.

**It must not be used** to judge a person: not at work, at school, at a border, in a shop, in medicine, in an
interview or a court, not to detect lies, and not to find out who somebody is. A facial expression is not a feeling
(Barrett et al., 2019), people show the same feeling differently, and the labels below are what strangers guessed
from a photograph. The EU's AI Act (2024/1689, article 5) forbids inferring emotions at workplaces and schools.

## What it learned from

FER2013 (Goodfellow et al., 2013): {faces} of its 28,709 training photographs, found on the web by search words, with
the labels that its makers gave them, and the ten votes a picture of FER+ (Barsoum et al., 2016, MIT licence) as a
second opinion. Left out: pictures that stand in the validation set too, pictures that stand in the training set
under two labels, doubles, and blank ones. FER2013 was published for a competition; its photographs are not ours to
give away, and none is in this repository.

About a third of FER2013's labels do not agree with the majority of FER+'s ten people, and people reach about 65 %
on it (Goodfellow et al.): the best published models are right by these labels about three times in four.

## How good it is

On FER2013's `PublicTest` ({n} faces, none of them in training), by FER2013's own labels, the int8 file through the
daemon's own classifier, one look at each face:

| accuracy | before quantizing | calibration error (15 bins) | ... where the temperature was fitted on the other half |
| --- | --- | --- | --- |
| **{accuracy:.1%}** | {float_accuracy:.1%} | {ece:.1%} | {cross_fitted:.1%} |

| class | faces | precision | recall |
| --- | --- | --- | --- |
{classes}

The interpreter's own kernels, which a Pi uses, are right {plain:.1%} of the time. Faces turned by 20 degrees to the
left and to the right: {left:.1%} and {right:.1%}.

The epochs' number, the network, the weights of the teachers, the temperature ({temperature}) and what is added to the
logits of fear and disgust were chosen with these same faces in sight, so expect a little less elsewhere.

![Confusion matrix](report/confusion.png)
![Precision and recall](report/classes.png)
![Reliability](report/reliability.png)
![Training](report/training.png)

## What it is bad at

- **{worst}**: the classes it misses most. Disgust is taken for anger, fear for sadness, and sadness for
  neutral and back.
- **Disgust** is 1.3 % of the training faces; treat it as a rumour.
- **Faces in profile, bowed heads, hands and masks**: the detector hardly finds them, and FER2013 has few.
- **Children and old people**: few in FER2013. **Dark rooms**: trained for with darkened pictures, not with dark rooms.
- **Who was photographed**: people whom a web search showed in 2013, actors and stock photographs among them, mostly
  light-skinned and posing. How it does by age, sex or skin colour is not measured, since the data does not say.
"""


def write(model: Path, million: float) -> Path:
    """Write MODEL_CARD.md beside the model from its sidecar, which must hold the figures of `valid`.

    million: multiply-adds of one face, in millions.
    """
    described = sidecar.read(model)
    path = model.parent / "MODEL_CARD.md"
    path.write_text(text(described, million))
    return path


def text(described: dict[str, Any], million: float) -> str:
    """Return the card of a sidecar."""
    training, figures = described["training"], described["figures"]
    valid = figures["valid"]
    by_recall = sorted(valid["per_class"], key=lambda name: valid["per_class"][name]["recall"])
    return TEMPLATE.format(
        file=described["model"]["file"],
        sha256=described["model"]["sha256"],
        kilobytes=round(described["model"]["bytes"] / 1000),
        labels=", ".join(described["labels"]),
        network=training["recipe"]["network"],
        pairs=" in mirrored pairs" if training["recipe"]["network"] in layers.EQUIVARIANT else "",
        million=round(million),
        command=training["command"],
        commit=training["commit"],
        seed=training["seed"],
        faces=f"{training['faces']:,}",
        done=training["epochs_done"],
        epochs=training["recipe"]["epochs"],
        minutes=round(training["minutes"]),
        device=training["device"],
        start=_start(training["start"]),
        ensemble=_ensemble(training["ensemble"], training["recipe"].get("voted_answers", False)),
        teachers=_teachers(training),
        n=f"{valid['n']:,}",
        accuracy=valid["accuracy"],
        float_accuracy=figures["float_accuracy"],
        ece=valid["ece"],
        plain=figures["plain_kernels_accuracy"],
        left=figures["tilted"]["-20"],
        right=figures["tilted"]["20"],
        cross_fitted=described["calibration"]["ece_cross_fitted"],
        temperature=described["calibration"]["temperature"],
        classes="\n".join(_row(name, row) for name, row in valid["per_class"].items()),
        worst=" and ".join(by_recall[:2]).capitalize(),
    )


def _row(name: str, row: dict[str, float]) -> str:
    return f"| {name} | {row['n']} | {row['precision']:.0%} | {row['recall']:.0%} |"


def _start(start: dict[str, Any] | None) -> str:
    if start is None:
        return "random weights"
    begun = "random weights"
    if "sha256" in start:
        begun = f"an earlier model, SHA-256 `{start['sha256']}`, trained at commit `{start['commit']}`"
    return begun + "".join(f", then `{name}`" for name in start.get("through", []))


def _ensemble(together: dict[str, Any] | None, voted: bool) -> str:
    if together is None:
        return "labels and votes alone"
    alone = f"an ensemble that is right for {together['valid_accuracy']:.1%} of `valid.npz`"
    if not voted:
        return alone
    return f"{alone}, and {together['with_votes']['cross_fitted_accuracy']:.1%} with people's votes beside it"


def _teachers(training: dict[str, Any]) -> str:
    """Return a table of the ensemble's members, and which files those were that an earlier run had made."""
    if not training["teachers"]:
        return ""
    members = training["ensemble"]["members"]
    rows = [
        f"| `{each['name']}` | `{each['network']}`, {each['enlarged'] or 48} px | {each['epochs_done']} | {each['seconds']:.0f} | {each['device']} "
        f"| {each['valid_accuracy']:.1%} | {members[each['name']]['weight']:.2f} | {100 * members[each['name']]['adds']:+.2f} |"
        for each in training["teachers"]
    ]
    head = "\n| teacher | network | epochs | s | device | `valid.npz`, with mirror image | weight | adds, points |\n"
    files = [
        f"\n`{each['name']}` is the file with SHA-256 `{each['file']['sha256']}`, trained at commit `{each['file']['commit']}`.\n"
        for each in training["teachers"]
        if "file" in each
    ]
    return "".join(
        [head, "| --- | --- | --- | --- | --- | --- | --- | --- |\n", "\n".join(rows), "\n", *files]
    )
