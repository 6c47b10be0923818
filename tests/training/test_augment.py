"""Variations of faces: in range, repeatable, and no more than their strength."""

import math
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import augment  # noqa: E402
import views  # noqa: E402

CPU = torch.device("cpu")
STILL = augment.Strength(*[0.0] * len(augment.Strength.__slots__))


def faces(count: int) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randint(1, 256, (count, 1, 48, 48)).float()


def test_a_varied_picture_keeps_range_and_requested_side() -> None:
    varied = augment.vary(faces(32), 40, augment.Strength())
    assert varied.shape == (32, 1, 40, 40)
    assert varied.min() >= 0
    assert varied.max() <= 255


def test_without_strength_a_picture_is_only_mirrored() -> None:
    images = faces(8)
    for before, after in zip(images, augment.vary(images, 48, STILL), strict=True):
        distance = min((after - before).abs().max(), (after - before.flip(-1)).abs().max())
        assert distance < 0.1


def test_plainly_varied_faces_are_neither_hidden_nor_spoilt() -> None:
    spoilt = replace(STILL, noise=0.1, low_resolution=1.0, blur=1.0, dark=1.0, erase=1.0, erase_side=0.4)
    images = faces(64)
    either = torch.stack([images, images.flip(3)])
    plain = augment.vary(images, 48, spoilt.plain())
    assert ((plain - either).abs().amax(dim=(2, 3, 4)).amin(dim=0) < 0.5).all()
    varied = augment.vary(images, 48, spoilt)
    assert ((varied - either).abs().amax(dim=(2, 3, 4)).amin(dim=0) > 0.5).all()


def test_no_face_is_turned_further_than_the_detector_finds() -> None:
    drawn = augment.draw(2000, replace(STILL, rotation_deg=40.0, tilt=1.0), CPU)
    turned = torch.atan2(drawn.matrix[:, 1, 0].abs(), drawn.matrix[:, 1, 1])
    assert turned.max() <= augment.MOST_TURNED + 1e-5


def test_a_picture_turned_once_around_is_the_same() -> None:
    images, turned = faces(4), faces(4)
    for _ in range(4):
        turned = augment.turn(turned, torch.full((4,), math.pi / 2))
    assert (turned - images).abs().max() < 0.1


def test_a_nudged_picture_is_itself_a_step_away() -> None:
    torch.manual_seed(2)
    images = torch.full((300, 1, 48, 48), 100.0)
    images[:, :, 20, 30] = 150.0
    nudged = augment.nudge(images, 1)
    assert nudged.shape == images.shape
    places = nudged.flatten(1).argmax(dim=1)
    assert {(int(place) // 48, int(place) % 48) for place in places} == {
        (20 + down, 30 + across) for down in (-1, 0, 1) for across in (-1, 0, 1)
    }
    light = nudged.mean(dim=(1, 2, 3)) / 255.0
    assert 0.0 < light.std() < 2.0 * augment.NUDGED_BRIGHTNESS
    assert nudged.min() >= 0.0
    assert augment.nudge(images * 10.0, 1).max() <= 255.0


def test_a_positive_angle_turns_clockwise() -> None:
    corner = torch.zeros(1, 1, 48, 48)
    corner[..., :8, :8] = 255.0
    turned = augment.turn(corner, torch.tensor([math.pi / 2]))
    assert turned[0, 0, 4, 43] > 250
    assert turned[0, 0, 4, 4] < 5


def test_a_drawn_variation_gives_the_same_picture_again() -> None:
    drawn = augment.draw(16, augment.Strength(), CPU, torch.Generator().manual_seed(3))
    again = augment.draw(16, augment.Strength(), CPU, torch.Generator().manual_seed(3))
    assert torch.equal(augment.apply(faces(16), drawn), augment.apply(faces(16), again))


def test_a_mixed_picture_keeps_at_least_half_of_itself() -> None:
    black, white = torch.zeros(1, 1, 48, 48), torch.full((1, 1, 48, 48), 255.0)
    images = torch.cat([black, white] * 16)
    mixed, (targets,) = augment.mix(images, (torch.eye(2).repeat(16, 1),), 1.0, 0.3)
    assert (mixed[0::2] <= 127.6).all()
    assert (mixed[1::2] >= 127.4).all()
    assert torch.allclose(targets.sum(dim=1), torch.ones(32))
    assert (targets[0::2, 0] >= 0.5).all()


def test_a_view_is_made_of_its_number_alone() -> None:
    images = faces(6).to(torch.uint8).squeeze(1)
    strength = augment.Strength()
    assert torch.equal(views.render(images, 0, strength), images)
    assert torch.equal(views.render(images, 3, strength), views.render_all(images, strength, 4)[3])
    assert not torch.equal(views.render(images, 3, strength), views.render(images, 5, strength))


def test_later_views_blend_a_face_with_another_or_join_them() -> None:
    dark, light = (
        torch.full((200, 48, 48), 64, dtype=torch.uint8),
        torch.full((200, 48, 48), 192, dtype=torch.uint8),
    )
    shown = views.render(torch.cat([dark, light]), views.OF_ONE, STILL).float()
    upper, lower = shown[:, 4].mean(dim=1), shown[:, -4].mean(dim=1)
    joined = (upper - lower).abs() > 100.0
    blended = ~joined & ((upper - 128.0).abs() < 50.0)
    # A partner is as often as not of the same shade, and then nothing is to be seen of either
    assert joined.float().mean() == pytest.approx(views.JOINED / 2, abs=0.06)
    assert blended.float().mean() == pytest.approx(views.BLENDED / 2, abs=0.06)
