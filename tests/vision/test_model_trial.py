"""A broken model of one's own is named, and takes only a child process with it."""

import hashlib
import json
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.errors import ModelError
from moodpid.system.signals import STOP_SIGNALS
from moodpid.vision import model_trial
from moodpid.vision.model_file import is_whole
from moodpid.vision.model_trial import try_model
from moodpid.vision.sidecar import load
from tests.support.rooms import MODEL


def truncated(folder: Path, size: int) -> Path:
    """Return a model cut short, with a sidecar that fits it."""
    content = MODEL.read_bytes()[:size]
    model = folder / "m.tflite"
    model.write_bytes(content)
    sidecar = json.loads(MODEL.with_suffix(".json").read_text())
    sidecar["model"]["sha256"] = hashlib.sha256(content).hexdigest()
    model.with_suffix(".json").write_text(json.dumps(sidecar))
    return model


def test_a_model_that_works_passes(tmp_path: Path) -> None:
    shutil.copy(MODEL, tmp_path / "m.tflite")
    shutil.copy(MODEL.with_suffix(".json"), tmp_path / "m.json")
    try_model(tmp_path / "m.tflite")


def child_ends_by(number: signal.Signals, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "ends.py").write_text(f"import os\nos.kill(os.getpid(), {number})\n")
    monkeypatch.setattr(model_trial, "__name__", "ends")
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_a_crash_in_the_child_names_its_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child_ends_by(signal.SIGSEGV, tmp_path, monkeypatch)
    with pytest.raises(ModelError, match=r"m\.tflite: crashes the interpreter \(SIGSEGV\)"):
        try_model(tmp_path / "m.tflite")


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_model_is_not_blamed_for_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    child_ends_by(number, tmp_path, monkeypatch)
    try_model(tmp_path / "m.tflite")


def test_a_model_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hang.py").write_text("import signal\nsignal.pause()\n")
    monkeypatch.setattr(model_trial, "__name__", "hang")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"does not answer within 0\.5 seconds"):
        try_model(tmp_path / "m.tflite", limit_s=0.5)


@pytest.mark.parametrize("eighths", range(1, 8))
def test_a_model_cut_short_is_refused_though_its_sidecar_fits(tmp_path: Path, eighths: int) -> None:
    with pytest.raises(ModelError, match="cut short"):
        load(truncated(tmp_path, MODEL.stat().st_size * eighths // 8))


def test_the_bundled_model_is_whole() -> None:
    assert is_whole(MODEL.read_bytes())


@given(st.integers(8, 4000), st.binary(min_size=1, max_size=8))
def test_changed_bytes_raise_nothing(at: int, change: bytes) -> None:
    content = bytearray(MODEL.read_bytes())
    content[-at : -at + len(change) or None] = change
    assert is_whole(bytes(content)) in {True, False}
