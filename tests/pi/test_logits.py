"""Two processors may disagree by what rounding explains, and by no more."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pi.logits import agreement, choose, main, read, read_with_reference_kernels

from moodpid.vision.classifier import softmax
from moodpid.vision.image_files import read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.sidecar import load
from tests.support.rooms import FACES, MODEL

Logits = NDArray[np.integer[Any]]

READ: Logits = np.array([[10, -3, 0], [-128, 127, 5]], np.int8)


def other(face: int, label: int, value: int) -> Logits:
    changed = READ.copy()
    changed[face, label] = value
    return changed


def test_the_same_values_agree_bit_for_bit() -> None:
    report = agreement(READ, READ.copy())
    assert (report.faces, report.identical, report.off_by_one, report.most_steps, report.other_top) == (
        2,
        2,
        0,
        0,
        0,
    )


def test_one_step_is_counted() -> None:
    report = agreement(READ, other(0, 1, -4))
    assert (report.identical, report.off_by_one, report.most_steps) == (1, 1, 1)


def test_a_difference_wider_than_the_type_is_not_wrapped_around() -> None:
    report = agreement(READ, other(1, 0, 127))
    assert (report.off_by_one, report.most_steps) == (0, 255)


def test_another_class_on_top_is_counted() -> None:
    assert agreement(READ, other(0, 1, 11)).other_top == 1


def test_a_broken_tie_is_another_class_by_one_step() -> None:
    tied = np.array([[4, 4]], np.int8)
    report = agreement(tied, np.array([[4, 5]], np.int8))
    assert (report.other_top, report.most_steps) == (1, 1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (READ, READ[:1]),
        (READ, READ.astype(np.int16)),
        (READ[:0], READ[:0]),
        (READ.astype(np.float32), READ.astype(np.float32)),
    ],
    ids=["fewer faces", "another type", "no faces", "not quantized"],
)
def test_what_cannot_be_compared_is_refused(ours: Logits, theirs: Logits) -> None:
    with pytest.raises(ValueError, match=r"not two readings|not quantized"):
        agreement(ours, theirs)


def test_a_seed_always_chooses_the_same_faces_and_none_twice(tmp_path: Path) -> None:
    file = tmp_path / "faces.npz"
    np.savez(file, images=np.arange(10, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8))
    chosen = choose(file, 6, 1)
    assert chosen.shape == (6, 2, 2)
    assert len(set(chosen[:, 0, 0].tolist())) == 6
    assert (chosen == choose(file, 6, 1)).all()
    assert (chosen != choose(file, 6, 2)).any()


@pytest.mark.parametrize(
    ("value", "allowed", "code"), [(-3, 0, 0), (-4, 0, 1), (-4, 1, 0), (-5, 1, 1), (-5, 2, 0)]
)
def test_more_steps_than_allowed_are_a_fault(tmp_path: Path, value: int, allowed: int, code: int) -> None:
    files = [str(tmp_path / name) for name in ("ours.npy", "theirs.npy")]
    for file, logits in zip(files, (READ, other(0, 1, value)), strict=True):
        np.save(file, logits)
    assert main(["compare", *files, str(allowed)]) == code


def test_optimized_kernels_stay_near_the_reference_ones() -> None:
    faces = np.random.default_rng(1).integers(0, 256, (4, 48, 48), np.uint8)
    report = agreement(read(MODEL, faces), read_with_reference_kernels(MODEL, faces))
    assert report.most_steps <= 2


def test_optimized_kernels_give_the_probabilities_of_the_reference_ones() -> None:
    # In the unit that counts: what the mood filter sees, in percentage points
    sidecar = load(MODEL)
    shape = (sidecar.input.shape[2], sidecar.input.shape[1])
    pictures = [read_grey(file) for file in sorted(FACES.glob("*.png"))]
    faces = np.stack(
        [np.asarray(cv2.resize(each, shape, interpolation=cv2.INTER_AREA), np.uint8) for each in pictures]
    )

    def probabilities(logits: Logits) -> NDArray[np.float64]:
        real = (logits.astype(np.float64) - sidecar.output.zero_point) * sidecar.output.scale
        return np.array([softmax(each / sidecar.calibration.temperature) for each in real])

    optimized, reference = read(MODEL, faces), read_with_reference_kernels(MODEL, faces)
    assert np.abs(probabilities(optimized) - probabilities(reference)).max() < 0.03
    assert (optimized.argmax(axis=1) == reference.argmax(axis=1)).all()
