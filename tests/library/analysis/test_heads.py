import json
from pathlib import Path

import numpy as np
import pytest

from moodpid.errors import ModelError
from moodpid.library.analysis.features import extract
from moodpid.library.analysis.heads import (
    QUADRANTS,
    Heads,
    Standardization,
    head_inputs,
    radial_basis,
    read_heads,
)
from tests.library.analysis.sounds import lament, march

BUNDLED = Path(__file__).parents[3] / "models" / "music.json"


@pytest.fixture(scope="module")
def heads() -> Heads:
    return read_heads(BUNDLED)


@pytest.fixture(scope="module")
def features() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([extract(march()), extract(lament())])


def test_lively_music_lies_above_dark_music(
    heads: Heads, features: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> None:
    places = heads.features.place(head_inputs(features, None))
    lively, dark = places.arousal
    assert lively > dark


def test_probabilities_and_places_stay_in_range(heads: Heads) -> None:
    inputs = np.random.default_rng(1).normal(0, 1e6, (50, 301)).astype(np.float32)
    quadrants = heads.network.quadrants(inputs)
    assert quadrants.shape == (50, len(QUADRANTS))
    assert quadrants.sum(axis=1) == pytest.approx(1, abs=1e-5)
    places = np.stack(heads.network.place(inputs))
    assert np.isfinite(places).all()
    assert abs(places[:2]).max() <= 1
    assert places[2:].min() >= 0


def test_radial_basis_functions_fall_with_the_distance() -> None:
    x = np.array([[0, 0], [1, 1], [3, 3]], np.float32)
    near = radial_basis(x, x[:1], 0.5)
    assert near[:, 0] == pytest.approx(np.exp([0, -0.5, -4.5]), rel=1e-5)


def test_a_sure_guess_has_less_spread_than_an_even_one(heads: Heads) -> None:
    inputs = np.random.default_rng(2).normal(size=(400, 101)).astype(np.float32)
    inputs = inputs * heads.features.usual.std + heads.features.usual.mean
    places = heads.features.place(inputs)
    assert np.corrcoef(abs(places.valence), places.valence_spread)[0, 1] < -0.9


def test_a_uniform_library_spreads_around_its_own_mean(heads: Heads) -> None:
    chance = np.random.default_rng(3)
    spread = heads.network.usual.std
    quiet = heads.network.usual.mean + spread * (chance.normal(0, 0.3, (300, 301)) - 1)
    quiet = quiet.astype(np.float32)
    own = Standardization(quiet.mean(axis=0), quiet.std(axis=0))
    before, after = heads.network.place(quiet), heads.network.place(quiet, own)
    assert abs(after.arousal.mean()) < abs(before.arousal.mean())
    assert after.arousal.std() > before.arousal.std()


def test_sounds_of_neighbours_are_small_whole_numbers(
    heads: Heads, features: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> None:
    sound = heads.features.sound(head_inputs(features, None))
    assert sound.shape == (2, 16)
    assert sound.dtype == np.uint8
    assert (sound[0] != sound[1]).any()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', '{"version": "x"}'])
def test_a_broken_file_is_a_model_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "music.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match="heads for music cannot be read"):
        read_heads(tmp_path / "music.json")


@pytest.mark.parametrize(
    ("key", "value", "why"), [("version", 99, "version 99"), ("features", None, "cannot be read")]
)
def test_a_file_of_another_program_is_a_model_error(
    tmp_path: Path, key: str, value: object, why: str
) -> None:
    content = json.loads(BUNDLED.read_text(encoding="utf-8"))
    content[key] = value
    (tmp_path / "music.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ModelError, match=why):
        read_heads(tmp_path / "music.json")


def test_the_bundled_file_names_its_sources_figures_and_date() -> None:
    content = json.loads(BUNDLED.read_text(encoding="utf-8"))
    assert {"4Q", "Emotify", "musicnn"} <= content["sources"].keys()
    assert content["figures"]["features"]["quadrant"] >= 0.65
    assert content["figures"]["network"]["quadrant"] >= 0.72
    for figures in content["figures"].values():
        for mood in ("happy", "angry", "sad"):
            assert figures[f"nearest tenth, {mood}"] >= 0.8
            assert figures[f"nearest tenth, {mood}, opposite"] <= 0.02
    assert content["made"]
