from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from music_data import read_4q, read_emotify
from music_figures import AXES
from music_model import RECIPES, fit_softmax, folds, held_out, points_near

DATA = Path(__file__).parents[3] / "shared" / "data" / "music"
FLOOR = {"features": 0.65, "network": 0.71}


def test_no_artist_is_in_two_folds() -> None:
    artists = np.array([f"artist {number % 37}" for number in range(200)])
    held = np.stack(list(folds(artists, 0)))
    assert (held.sum(axis=0) == 1).all()
    for name in np.unique(artists):
        assert held[:, artists == name].any(axis=1).sum() == 1


def test_regression_finds_classes_that_a_line_parts() -> None:
    chance = np.random.default_rng(0)
    x = chance.normal(size=(400, 5)).astype(np.float32)
    labels = (x[:, 0] > 0) * 1 + (x[:, 1] > 0) * 2
    weights, bias = fit_softmax(x, np.eye(4, dtype=np.float32)[labels], np.ones(400), 1.0)
    assert ((x @ weights.T + bias).argmax(axis=1) == labels).mean() > 0.95


def test_landmarks_lie_among_songs_without_being_one() -> None:
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    landmarks = points_near(x, 80)
    assert len(landmarks) == 50
    assert (landmarks.min(axis=0) >= x.min(axis=0)).all()
    assert (landmarks.max(axis=0) <= x.max(axis=0)).all()
    assert (np.linalg.norm(landmarks[:, None] - x[None], axis=2) > 0).all()


@pytest.mark.parametrize("name", FLOOR)
def test_quadrants_by_artist_keep_their_floor(name: str) -> None:
    if not DATA.exists():
        pytest.skip("the labelled music is not here")
    main, more = read_4q(DATA), read_emotify(DATA)
    # Fewer radial basis functions and no teacher take a tenth of the time, and lose one or two per cent
    recipe = replace(RECIPES[name], landmarks=RECIPES[name].landmarks // 6, taught=0.0)
    quadrants = held_out(recipe, main, more, 0)
    assert (quadrants.argmax(axis=1) == main.quadrants).mean() >= FLOOR[name]
    assert ((quadrants @ AXES[1] > 0) == (AXES[1, main.quadrants] > 0)).mean() >= 0.85
