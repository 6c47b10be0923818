"""A run follows its recipe, goes on where it was cut off, and learns from whom it should."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import average  # noqa: E402
import data  # noqa: E402
import make  # noqa: E402
import network  # noqa: E402
import train  # noqa: E402
from lessons import FreshViews, Phase, StoredViews  # noqa: E402
from recipe import MEMBERS, STUDENTS, Recipe, rate_at, side_at  # noqa: E402

RECIPE = Recipe(network="small", epochs=3, batch=8)


@pytest.fixture(scope="module")
def faces() -> data.Faces:
    chance = np.random.default_rng(1)
    votes = np.zeros((16, len(data.VOTES)), np.uint8)
    votes[:, 0] = 10
    return data.Faces(chance.integers(0, 256, (16, 48, 48), np.uint8), chance.integers(0, 7, 16), votes)


def run(faces: data.Faces, folder: Path, recipe: Recipe = RECIPE, **options: float) -> train.Run:
    torch.manual_seed(recipe.seed)
    lesson = FreshViews(faces, recipe, torch.device("cpu"))
    return train.Run(recipe, network.build(recipe.network), lesson, faces, folder, **options)


def test_the_rates_rise_to_their_peak_and_decay() -> None:
    rates = [rate_at(RECIPE, step / 1000) for step in range(1001)]
    top = round(RECIPE.warm_up * 1000)
    assert all(0 < rate <= 1 for rate in rates)
    assert rates[top] == 1
    assert sorted(rates[: top + 1]) == rates[: top + 1]
    assert sorted(rates[top:], reverse=True) == rates[top:]
    assert rates[-1] < 0.001


def test_pictures_grow_to_what_the_camera_s_crops_have() -> None:
    sides = [side_at(RECIPE, step / 100) for step in range(101)]
    assert sorted(sides) == sides
    assert sides[-1] == data.SIDE_PX


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(
    faces: data.Faces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alike: float
) -> None:
    recipe = replace(RECIPE, alike=alike)
    whole = run(faces, tmp_path / "whole", recipe).finish()
    cut = run(faces, tmp_path / "cut", recipe)
    learn = train.Run._epoch

    def learn_until_cut(self: train.Run) -> float:
        if self.epoch == 2:
            raise KeyboardInterrupt
        return learn(self)

    monkeypatch.setattr(train, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(train.Run, "_epoch", learn_until_cut)
    with pytest.raises(KeyboardInterrupt):
        cut.finish()
    monkeypatch.undo()
    again = run(faces, tmp_path / "cut", recipe)
    resumed = again.finish()
    assert [entry["epoch"] for entry in again.history] == [1, 2, 3]
    for name, value in whole.state_dict().items():
        assert torch.allclose(resumed.state_dict()[name].float(), value.float(), atol=1e-5), name


def test_a_run_of_another_recipe_is_refused(faces: data.Faces, tmp_path: Path) -> None:
    run(faces, tmp_path, replace(RECIPE, epochs=1)).finish()
    with pytest.raises(ValueError, match=r"another recipe \(epochs\)"):
        run(faces, tmp_path).finish()


def test_norms_are_measured_on_faces_as_they_are(faces: data.Faces) -> None:
    built = network.build("small")
    images = torch.from_numpy(faces.images)
    average.settle_norms(built, images)
    stem = built.trunk[0]
    seen = torch.cat([images, images.flip(2)]).float().unsqueeze(1) * network.INPUT_SCALE
    inner = torch.nn.functional.conv2d(seen, stem.kernel(), None, stem.conv.stride, stem.conv.padding)
    assert torch.allclose(stem.norm.running_mean, inner.mean(dim=(0, 2, 3)), atol=1e-4)
    assert not built.training


@pytest.mark.parametrize("alike", [0.0, 0.8])
def test_the_norms_of_a_mean_of_weights_are_measured(faces: data.Faces, tmp_path: Path, alike: float) -> None:
    trained = run(faces, tmp_path, replace(RECIPE, alike=alike)).finish()
    norms = [module for module in trained.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert {norm.momentum is None for norm in norms} == {alike > 0.0}


def test_a_run_whose_time_is_limited_ends_its_schedule_early(faces: data.Faces, tmp_path: Path) -> None:
    hurried = run(faces, tmp_path, replace(RECIPE, epochs=1000), limit_s=1.0)
    hurried.finish()
    assert hurried.epoch < 1000
    assert hurried.history[-1]["rate"] == rate_at(RECIPE, 1.0)
    assert hurried.progress == 1.0


def test_a_balanced_run_shows_rare_classes_more_often(faces: data.Faces, tmp_path: Path) -> None:
    labels = torch.zeros(1000, dtype=torch.int64)
    labels[:50] = 1
    balanced = run(faces, tmp_path, replace(RECIPE, balance=1.0))
    balanced.lesson.labels = labels
    shown = labels[balanced._order()]
    assert float(shown.float().mean()) == pytest.approx(0.5, abs=0.1)


def test_stored_answers_go_with_their_own_views(faces: data.Faces) -> None:
    numbers = torch.arange(3 * len(faces.labels), dtype=torch.uint8).view(3, -1)
    pictures = numbers[:, :, None, None].expand(-1, -1, 48, 48).contiguous()
    answers = torch.zeros(3, len(faces.labels), 7)
    answers[:, :, 0] = numbers
    lesson = StoredViews(faces, pictures, answers, replace(RECIPE, teacher_share=1.0), torch.device("cpu"))
    shown = lesson.batch(torch.arange(len(faces.labels)), Phase())
    assert torch.equal(shown.images[:, 0, 0, 0], shown.targets[:, 0])


def test_of_stored_views_only_the_plainer_come_in_the_end(faces: data.Faces) -> None:
    count = len(faces.labels)
    pictures = torch.arange(20, dtype=torch.uint8)[:, None, None, None].expand(-1, count, 48, 48)
    answers = torch.full((20, count, 7), 1 / 7)
    lesson = StoredViews(faces, pictures, answers, RECIPE, torch.device("cpu"))
    rows = torch.arange(count).repeat(40)
    numbers = {plain: lesson.batch(rows, Phase(plain=plain)).images.unique() for plain in (False, True)}
    assert numbers[False].tolist() == list(range(20))
    assert numbers[True].tolist() == list(range(0, 20, 2))


def test_of_stored_views_a_recipe_takes_the_first(faces: data.Faces) -> None:
    count = len(faces.labels)
    pictures = torch.arange(20, dtype=torch.uint8)[:, None, None, None].expand(-1, count, 48, 48)
    recipe = replace(RECIPE, views=3)
    lesson = StoredViews(faces, pictures, torch.full((20, count, 7), 1 / 7), recipe, torch.device("cpu"))
    numbers = lesson.batch(torch.arange(count).repeat(40), Phase()).images.unique()
    assert numbers.tolist() == [0, 1, 2]


def test_views_of_two_faces_need_answers_alone(faces: data.Faces) -> None:
    shown, answers = torch.zeros(1, 1, 48, 48), torch.zeros(1, 1, 7)
    recipe = replace(RECIPE, views=21, teacher_share=0.9)
    with pytest.raises(ValueError, match="teacher_share of 1"):
        StoredViews(faces, shown, answers, recipe, torch.device("cpu"))


def test_as_many_stored_views_are_turned_as_the_recipe_says(faces: data.Faces) -> None:
    count = len(faces.labels)
    upright = torch.zeros(1, count, 48, 48, dtype=torch.uint8)
    upright[..., 24:] = 200  # dark on the left, or where it is mirrored on the right
    answers = torch.full((1, count, 7), 1 / 7)
    lesson = StoredViews(faces, upright, answers, replace(RECIPE, turned=0.25), torch.device("cpu"))
    torch.manual_seed(1)
    images = lesson.batch(torch.arange(count), Phase()).images
    straight = (images == images[:, :, :1]).flatten(1).all(dim=1)  # all rows are alike
    assert int((~straight).sum()) == count // 4


def test_stored_views_are_nudged_where_the_recipe_says_so(faces: data.Faces) -> None:
    count = len(faces.labels)
    stored = torch.full((1, count, 48, 48), 100, dtype=torch.uint8)
    answers = torch.full((1, count, 7), 1 / 7)
    for nudged_px, alike in ((0, True), (1, False)):
        recipe = replace(RECIPE, nudged_px=nudged_px)
        lesson = StoredViews(faces, stored, answers, recipe, torch.device("cpu"))
        images = lesson.batch(torch.arange(count), Phase()).images
        assert bool((images == 100.0).all()) == alike


def test_students_side_by_side_wait_for_those_they_begin_with() -> None:
    recipes = {
        "first": Recipe(start="members/first"),
        "other": Recipe(),
        "second": Recipe(start="students/first"),
    }
    assert make.chains(["first", "other", "second"], "students", recipes) == [["first", "second"], ["other"]]
    assert make.chains(["other", "second"], "students", recipes) == [["other"], ["second"]]


@pytest.mark.parametrize("processes", [1, 2, 3, 30])
def test_members_side_by_side_wait_for_those_they_begin_with(processes: int) -> None:
    parts = make.dealt(make.chains(list(MEMBERS), "members", MEMBERS), processes)
    assert sorted(name for part in parts for name in part) == sorted(MEMBERS)
    assert len(parts) <= processes
    followers = {
        name: recipe.start for name, recipe in MEMBERS.items() if recipe.start.startswith("members/")
    }
    assert "broad_amid" in followers
    for name, start in followers.items():
        (part,) = (part for part in parts if name in part)
        assert start.removeprefix("members/") in part[: part.index(name)]


def test_without_an_earlier_model_only_what_needs_none_is_trained() -> None:
    students = make.startable(STUDENTS, "")
    assert "tuned" in STUDENTS
    assert "tuned" not in students
    assert {"medium", "equivariant", "equivariant_again"} <= set(students)
    assert make.startable(MEMBERS, "") == [name for name in MEMBERS if name != "tuned"]


def test_an_earlier_model_starts_what_has_its_network() -> None:
    of = {network: make.startable(STUDENTS, network) for network in ("medium", "equivariant")}
    assert "tuned" in of["medium"]
    assert "tuned" not in of["equivariant"]
    assert "equivariant_nudged" in of["equivariant"]
    assert set(of["medium"]) | set(of["equivariant"]) == set(STUDENTS)
