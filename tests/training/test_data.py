"""What the faces are cleaned of, and what becomes of the FER+ votes."""

from pathlib import Path

import data
import numpy as np
import pytest


def faces(labels: list[int], seed: int = 1, votes: list[list[int]] | None = None) -> data.Faces:
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (len(labels), 48, 48)).astype(np.uint8)
    given = np.zeros((len(labels), 10), np.uint8) if votes is None else np.array(votes, np.uint8)
    return data.Faces(images, np.array(labels, np.int64), given)


def test_pictures_of_the_validation_set_are_not_trained_on() -> None:
    train, valid = faces([0, 1, 2]), faces([3, 4], seed=2)
    valid.images[1] = train.images[0]
    assert data.cleaned(train, valid).labels.tolist() == [1, 2]


def test_doubles_are_trained_on_once_and_contradictory_ones_never() -> None:
    train = faces([0, 0, 3, 5, 6])
    train.images[1] = train.images[0]
    train.images[3] = train.images[2]
    assert data.cleaned(train, faces([0], seed=2)).labels.tolist() == [0, 6]


def test_a_blank_picture_is_not_trained_on() -> None:
    train = faces([0, 1])
    train.images[0] = 128
    assert data.cleaned(train, faces([0], seed=2)).labels.tolist() == [1]


def test_the_prior_is_the_frequency_of_each_class() -> None:
    assert data.prior(np.array([0, 0, 3, 6])).tolist() == [0.5, 0, 0, 0.25, 0, 0, 0.25]


def test_votes_are_put_on_the_scale_of_the_labels() -> None:
    # All ten vote neutral, and FER2013 calls two thirds of them sad: the target must say so too.
    neutral, happy = [10] + 9 * [0], [0, 10] + 8 * [0]
    training = faces([4, 4, 6] * 40 + [3] * 120, votes=[neutral] * 120 + [happy] * 120)
    posterior = data.label_given_votes(training)
    assert posterior.sum(axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    assert posterior[0, 4] == pytest.approx(2 / 3, abs=0.05)
    assert posterior[-1, 3] > 0.95


def test_a_face_without_votes_gets_the_prior() -> None:
    training = faces([0, 0, 6, 6])
    assert data.label_given_votes(training)[0].tolist() == pytest.approx(data.prior(training.labels).tolist())


def test_kaggle_s_csv_files_equal_the_arrays(tmp_path: Path) -> None:
    given = faces([3, 5], votes=[[1, 9] + 8 * [0], [0, 0, 10] + 7 * [0]])
    rows = ["emotion,pixels,Usage"]
    for label, image, usage in zip(given.labels, given.images, ("Training", "PublicTest"), strict=True):
        rows.append(f"{label},{' '.join(map(str, image.ravel()))},{usage}")
    (tmp_path / "fer2013.csv").write_text("\n".join(rows) + "\n")
    votes = ["Usage,Image name," + ",".join(data.VOTES)]
    votes += [f"x,y,{','.join(map(str, row))}" for row in given.votes]
    (tmp_path / "fer2013new.csv").write_text("\n".join(votes) + "\n")
    train, valid = data.load_folder(tmp_path)
    for read, row in ((train, 0), (valid, 1)):
        assert read.labels.tolist() == [given.labels[row]]
        assert (read.images[0] == given.images[row]).all()
        assert (read.votes[0] == given.votes[row]).all()


def test_a_file_without_faces_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "other.npz"
    np.savez(file, x=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz"):
        data.load(file)
