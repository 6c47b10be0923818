"""The classifier takes what model and sidecar say, and refuses a pair that does not fit."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.errors import ModelError
from moodpid.mood.emotion import Emotion
from moodpid.vision.classifier import TfliteClassifier, crop, softmax
from moodpid.vision.sidecar import Crop
from moodpid.vision.types import Face, Frame
from tests.support.rooms import MODEL, room


@pytest.fixture(scope="module")
def classifier() -> TfliteClassifier:
    return TfliteClassifier(MODEL)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """A model and its sidecar to break."""
    for suffix in (".tflite", ".json"):
        shutil.copy(MODEL.with_suffix(suffix), tmp_path / f"emotion{suffix}")
    return tmp_path / "emotion.tflite"


def edit(model: Path, change: Callable[[dict[str, Any]], None]) -> None:
    sidecar = json.loads(model.with_suffix(".json").read_text())
    change(sidecar)
    model.with_suffix(".json").write_text(json.dumps(sidecar))


def fault(model: Path) -> str:
    with pytest.raises(ModelError) as caught:
        TfliteClassifier(model)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pipe_is_no_model(pair: Path) -> None:
    pair.unlink()
    os.mkfifo(pair)
    assert "not a regular file" in fault(pair)


def test_a_face_in_a_frame_is_read(classifier: TfliteClassifier) -> None:
    frame = Frame(room((Emotion.HAPPY, 200, 120, 200)), 0.0)
    assert classifier.classify(frame, Face(200, 120, 200, 200)).top is Emotion.HAPPY


def test_scores_do_not_depend_on_the_frame_s_edge(classifier: TfliteClassifier) -> None:
    frame = Frame(room((Emotion.HAPPY, 440, 280, 200)), 0.0)
    assert classifier.classify(frame, Face(440, 280, 200, 200)).top is Emotion.HAPPY


def test_a_face_and_its_mirror_image_are_read_alike(classifier: TfliteClassifier) -> None:
    for noise in np.random.default_rng(2).integers(0, 256, (20, 48, 48), np.uint8):
        mirrored = np.ascontiguousarray(noise[:, ::-1])
        assert np.array_equal(classifier.quantized_logits(noise), classifier.quantized_logits(mirrored))


@pytest.mark.parametrize("shape", [(1, 1), (48, 48), (7, 300), (400, 400)])
def test_crops_of_any_size_give_a_distribution(classifier: TfliteClassifier, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert sum(classifier.classify_crop(noise).probabilities) == pytest.approx(1)


def test_a_warmer_temperature_is_less_sure(pair: Path, classifier: TfliteClassifier) -> None:
    def warmer(sidecar: dict[str, Any]) -> None:
        sidecar["calibration"]["temperature"] *= 3

    edit(pair, warmer)
    face = room((Emotion.HAPPY, 0, 0, 100), width=100, height=100)
    sure, less_sure = classifier.classify_crop(face), TfliteClassifier(pair).classify_crop(face)
    assert max(less_sure.probabilities) < max(sure.probabilities)
    assert less_sure.top is sure.top


def test_labels_are_taken_in_the_order_of_the_sidecar(pair: Path, classifier: TfliteClassifier) -> None:
    edit(pair, lambda sidecar: sidecar["labels"].reverse())
    face = room((Emotion.HAPPY, 0, 0, 100), width=100, height=100)
    straight, turned = classifier.classify_crop(face), TfliteClassifier(pair).classify_crop(face)
    reordered = dict(zip(json.loads(MODEL.with_suffix(".json").read_text())["labels"], range(7), strict=True))
    by_output = sorted(Emotion, key=lambda e: reordered[e])
    assert [turned[e] for e in by_output] == pytest.approx([straight[e] for e in reversed(by_output)])


def test_a_prior_that_was_rounded_by_hand_is_scaled(pair: Path) -> None:
    edit(pair, lambda sidecar: sidecar.update(prior=[0.14, 0.01, 0.14, 0.26, 0.17, 0.09, 0.18]))
    assert sum(TfliteClassifier(pair).prior) == pytest.approx(1)


def test_the_bundled_model_comes_with_its_profile(classifier: TfliteClassifier) -> None:
    means = classifier.profile.mean_logs
    assert means is not None
    for place, row in enumerate(means):
        assert sum(row) == pytest.approx(0.0, abs=0.01)
        assert row[place] == max(row)


def test_a_model_without_a_profile_works(pair: Path) -> None:
    edit(pair, lambda sidecar: sidecar.pop("profile"))
    assert TfliteClassifier(pair).profile.mean_logs is None


def test_a_missing_model_or_sidecar_is_named(pair: Path) -> None:
    pair.with_suffix(".json").unlink()
    assert "emotion.json: no such file" in fault(pair)
    pair.unlink()
    assert "emotion.tflite: no such file" in fault(pair)


def test_the_checksum_detects_a_truncated_model(pair: Path) -> None:
    pair.write_bytes(pair.read_bytes()[:1000])
    assert "checksums differ" in fault(pair)


def test_a_file_that_is_no_model_is_refused(pair: Path) -> None:
    pair.write_bytes(b"not a model at all")

    def agree(sidecar: dict[str, Any]) -> None:
        sidecar["model"]["sha256"] = hashlib.sha256(pair.read_bytes()).hexdigest()

    edit(pair, agree)
    assert "not a TensorFlow Lite model" in fault(pair)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda s: s.update(schema=2), "schema 2"),
        (lambda s: s["labels"].__setitem__(0, "cross"), "labels must be"),
        (lambda s: s["labels"].pop(), "labels must be"),
        (lambda s: s["prior"].pop(), "prior has 6 numbers"),
        (lambda s: s.update(prior=[0.1] * 7), "prior has the sum 0.700"),
        (lambda s: s["profile"]["mean_logs"].pop("sad"), "a row and a column for each label"),
        (lambda s: s["profile"]["mean_logs"]["sad"].pop("fear"), "a row and a column for each label"),
        (lambda s: s["profile"]["mean_logs"]["sad"].update(fear="high"), "Expected `float`"),
        (lambda s: s["input"].update(shape=[1, 64, 64, 1]), "its sidecar has"),
        (lambda s: s["input"].update(dtype="float32"), "its sidecar has"),
        (lambda s: s["output"].update(scale=9.0), "scale"),
        (lambda s: s["output"].update(zero_point=99), "its sidecar has"),
        (lambda s: s["calibration"].update(temperature=0), "temperature"),
        (lambda s: s.pop("crop"), "crop"),
    ],
)
def test_a_sidecar_that_does_not_fit_is_refused(
    pair: Path, change: Callable[[dict[str, Any]], None], says: str
) -> None:
    edit(pair, change)
    assert says in fault(pair)


def test_a_sidecar_that_is_not_json_is_refused(pair: Path) -> None:
    pair.with_suffix(".json").write_text("{")
    assert "emotion.json" in fault(pair)


@given(
    st.integers(-50, 80), st.integers(-50, 80), st.integers(1, 120), st.floats(0.3, 2), st.floats(-0.3, 0.3)
)
def test_a_crop_is_square_wherever_the_box_lies(
    x: int, y: int, side: int, scale: float, shift: float
) -> None:
    grey = np.arange(64 * 48, dtype=np.uint32).astype(np.uint8).reshape(48, 64)
    box = Face(min(x, 63), min(y, 47), side, side)
    height, width = crop(grey, box, Crop(scale=scale, shift_x=shift, shift_y=-shift)).shape
    assert height == width == max(1, round(scale * side))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=7))
def test_softmax_is_a_distribution_for_any_logits(logits: list[float]) -> None:
    probabilities = softmax(np.array(logits))
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities >= 0).all()
